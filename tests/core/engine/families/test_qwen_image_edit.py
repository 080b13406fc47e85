"""Our loop and diffusers' pipelines that edit by instruction with Qwen-Image give the same latents."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit, pipeline_qwenimage_edit_plus
from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit import QwenImageEditPipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import QwenImageEditPlusPipeline
from PIL import Image
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.loading.references import encoded_references
from core.engine.networks.joined_places import tokens_in
from core.families.qwen_image import SPEC
from core.models.reading import read_model
from core.request.request import GenerationRequest, Reference, Size
from tests import tiny_qwen
from tests.parity import CPU, our_latents, stock_pipeline
from tests.parity_flows import stock_flow_latents

SIZE = Size(64, 96)
REQUEST = GenerationRequest(
    "make it winter",
    negative_prompt="fog",
    model="",
    size=SIZE,
    sampler="euler",
    steps=4,
    guidance_scale=4.0,
    seed=7,
)


class Both:
    """A tiny model that edits, loaded by us and by diffusers."""

    def __init__(self, folder: Path, kind: Any, module: ModuleType, *, zero_cond_t: bool = False) -> None:
        tiny_qwen.qwen_image(folder, pipeline=kind.__name__, zero_cond_t=zero_cond_t)
        self.family: Family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
        self.module = module
        processor = object.__new__(Qwen2VLProcessor)  # its check of parts wants torchvision, for films
        self.pipe: Any = stock_pipeline(kind, folder, processor=processor)
        processor.tokenizer = self.pipe.tokenizer
        processor.image_processor = Qwen2VLImageProcessorPil(
            size={"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 16384}
        )
        processor.image_token = "<|image_pad|>"
        processor.image_token_id = self.pipe.text_encoder.config.image_token_id
        self.processor = processor

    def stock(
        self, request: GenerationRequest, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
    ) -> torch.Tensor:
        """Lets the pipeline tell places in two dimensions, and take pictures in the size that they have."""
        see = Qwen2_5_VLForConditionalGeneration.forward

        def seeing(encoder: Any, input_ids: Any, **told: Any) -> Any:
            kinds = (input_ids == encoder.config.image_token_id).int()
            return see(encoder, input_ids, mm_token_type_ids=kinds, **told)

        monkeypatch.setattr(Qwen2_5_VLForConditionalGeneration, "forward", seeing)
        dimensions = self.module.calculate_dimensions  # pyright: ignore[reportAttributeAccessIssue]

        def in_its_size(area: int, ratio: float) -> tuple[Any, ...]:
            own = next(one.size for one in pictures if math.isclose(one.size[0] / one.size[1], ratio))
            return dimensions(area, ratio) if area == 384 * 384 else (*own, None)[: len(dimensions(area, ratio))]

        monkeypatch.setattr(self.module, "calculate_dimensions", in_its_size)
        preprocess = self.pipe.image_processor.preprocess

        def in_order(*arguments: Any, **options: Any) -> torch.Tensor:
            return preprocess(*arguments, **options).contiguous()  # convolutions round by the order in memory

        monkeypatch.setattr(self.pipe.image_processor, "preprocess", in_order)
        return stock_flow_latents(
            self.pipe,
            self.module,
            self.family,
            request,
            monkeypatch,
            true_cfg_scale=request.guidance_scale,
            negative_prompt=request.negative_prompt,
            image=pictures if len(pictures) > 1 else pictures[0],
        )


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Both]:
    plus = QwenImageEditPlusPipeline, pipeline_qwenimage_edit_plus
    return {
        "edit": Both(tmp_path_factory.mktemp("edit"), QwenImageEditPipeline, pipeline_qwenimage_edit),
        "edit_2509": Both(tmp_path_factory.mktemp("2509"), *plus),
        "edit_2511": Both(tmp_path_factory.mktemp("2511"), *plus, zero_cond_t=True),
    }


def pictures_in(folder: Path, count: int) -> tuple[list[Image.Image], tuple[Reference, ...]]:
    rng = np.random.default_rng(3)
    sizes = ((64, 96), (96, 64), (64, 64))[:count]
    pictures = [Image.fromarray(rng.integers(0, 256, (high, wide, 3), dtype=np.uint8)) for wide, high in sizes]
    for number, picture in enumerate(pictures):
        picture.save(folder / f"{number}.png")
    return pictures, tuple(Reference(str(folder / f"{number}.png")) for number in range(count))


@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
@pytest.mark.parametrize("sampler", SPEC.samplers)
@pytest.mark.parametrize(("name", "count"), [("edit", 1), ("edit_2509", 1), ("edit_2509", 3), ("edit_2511", 2)])
def test_latents_equal_those_of_the_stock_pipeline(
    name: str,
    count: int,
    sampler: str,
    guidance_scale: float,
    models: dict[str, Both],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = models[name]
    assert both.family.model.variant == name
    pictures, references = pictures_in(tmp_path, count)
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale, references=references)
    with torch.inference_mode():
        known = encoded_references(both.family, request, CPU)
    ours = our_latents(both.family, known, 1)
    assert torch.isfinite(ours).all()
    both.pipe.processor = both.processor
    stock = both.stock(request, pictures, monkeypatch)
    assert torch.equal(tokens_in(ours), stock)
