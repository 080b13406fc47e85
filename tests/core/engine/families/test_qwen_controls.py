"""ControlNets for Qwen-Image give the latents of diffusers' own pipeline, bit for bit.

It draws around the autoencoder's mean for a map, where we take the mean: here it does so, too.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.controlnets.controlnet_qwenimage import (
    QwenImageControlNetModel,
    QwenImageMultiControlNetModel,
)
from diffusers.pipelines.qwenimage import pipeline_qwenimage_controlnet
from diffusers.pipelines.qwenimage.pipeline_qwenimage_controlnet import QwenImageControlNetPipeline
from PIL import Image
from safetensors.torch import load_file, save_file

from core.control.file import read_control
from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.guides import Guide
from core.engine.networks.joined_places import tokens_in
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.tensors import to_model_range
from core.engine.weights.control_files import read_network
from core.errors import ControlBroken
from core.models.reading import read_model
from core.pictures.pixels import Pixels
from core.request.control import Control
from core.request.request import GenerationRequest, Size
from tests import tiny_block_controls, tiny_controls
from tests.core.engine.families.test_flux_controls import maps_take_the_mean, one_of
from tests.parity import our_steps, stock_pipeline
from tests.parity_flows import stock_flow_latents

SIZE = Size(16, 24)
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=SIZE, sampler="euler", steps=5, guidance_scale=4.0, seed=7
)
PLAN = plan("cpu", "float32")


class Both:
    """A tiny model, loaded by us, with a ControlNet and pictures for it."""

    def __init__(self, folder: Path, **kind: Any) -> None:
        self.model = tiny_block_controls.qwen_image(folder / "tiny", **kind)
        self.family: Family = families.load(read_model(self.model, "tiny"), PLAN)
        self.net = tiny_block_controls.qwen_controlnet(self.model)
        self.file = tiny_block_controls.save_lone(self.net, folder, "union")
        self.pictures = [tiny_controls.picture(folder, SIZE, seed, f"{seed}.png") for seed in (1, 2)]

    def controls(self, *how: tuple[float, float, float]) -> tuple[Control, ...]:
        pairs = zip(self.pictures, how, strict=False)
        return tuple(Control("union", str(path), weight=w, start=s, end=e) for path, (w, s, e) in pairs)

    def guides(self, controls: tuple[Control, ...]) -> list[Guide]:
        network = read_network(read_control(self.file), self.family.network(), PLAN)
        shown: list[Pixels] = [np.asarray(Image.open(one.path)) for one in controls]
        return [
            Guide(one, lambda: network, is_adapter=False, picture=pixels, latents=self._latents(pixels))
            for one, pixels in zip(controls, shown, strict=True)
        ]

    def _latents(self, pixels: Pixels) -> torch.Tensor:
        return self.family.encode_map(to_model_range(pixels))

    @torch.inference_mode()
    def ours(self, request: GenerationRequest) -> torch.Tensor:
        def read(text: GenerationRequest) -> Predict:
            return self.family.read_prompt(text, 1, self.guides(text.controls))

        return tokens_in(our_steps(self.family, request, read)[0][-1])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
@pytest.mark.parametrize("how", [((0.8, 0.0, 1.0),), ((0.6, 0.2, 0.7),), ((0.7, 0.0, 0.6), (0.5, 0.3, 1.0))])
def test_latents_equal_those_of_the_stock_pipeline(
    how: tuple[tuple[float, float, float], ...],
    guidance_scale: float,
    both: Both,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = replace(REQUEST, guidance_scale=guidance_scale, controls=both.controls(*how))
    net: Any = both.net if len(how) == 1 else QwenImageMultiControlNetModel([both.net])
    pipe = stock_pipeline(QwenImageControlNetPipeline, both.model, controlnet=net)
    maps_take_the_mean(pipeline_qwenimage_controlnet, len(how), monkeypatch)
    stock = stock_flow_latents(
        pipe,
        pipeline_qwenimage_controlnet,
        both.family,
        request,
        monkeypatch,
        true_cfg_scale=guidance_scale,
        negative_prompt=request.negative_prompt,
        control_image=one_of(*(Image.open(one.path) for one in request.controls)),
        controlnet_conditioning_scale=one_of(*(one.weight for one in request.controls)),
        control_guidance_start=[one.start for one in request.controls],
        control_guidance_end=[one.end for one in request.controls],
    )
    ours = both.ours(request)
    assert torch.isfinite(ours).all()
    assert torch.equal(ours, stock)
    assert not torch.equal(ours, both.ours(replace(request, controls=()))), "the control acts"


def test_only_the_picture_that_is_made_is_guided_not_the_ones_beside_it(tmp_path: Path) -> None:
    both = Both(tmp_path, pipeline="QwenImageEditPlusPipeline", zero_cond_t=True)
    (guide,) = both.guides(both.controls((0.8, 0.0, 1.0)))
    seen: list[list[torch.Tensor]] = []

    def see(_network: Any, _args: Any, given: dict[str, Any]) -> None:
        seen.append(given["controlnet_block_samples"])

    handle = both.family.network().register_forward_pre_hook(see, with_kwargs=True)
    texts = both.family.encoded(REQUEST)
    arithmetic: Any = both.family._arithmetic  # pyright: ignore[reportPrivateUsage]
    x = torch.randn(1, *both.family.latent_shape(SIZE))
    reference = torch.randn_like(x)
    try:
        with torch.inference_mode():
            predict: Predict = arithmetic.predict(REQUEST, 1, texts, [reference], [guide])
            made = predict(x, Timestep(torch.tensor(500.0), 500.0))
    finally:
        handle.remove()
    assert made.cond.shape == x.shape and torch.isfinite(made.cond).all()
    count = tokens_in(x).shape[1]
    for samples in seen:
        for one in samples:
            assert one.shape[1] == 2 * count
            assert one[:, :count].any() and not one[:, count:].any()


def test_each_form_of_a_file_has_the_same_weights_and_one_for_inpainting_is_told(
    both: Both, tmp_path: Path
) -> None:
    both.net.save_pretrained(tmp_path / "folder")
    for path in (both.file, tmp_path / "folder"):
        file = read_control(path)
        assert (file.made_for, file.types) == ("Qwen-Image", ())
        made = read_network(file, both.family.network(), PLAN)
        assert isinstance(made, QwenImageControlNetModel)
        assert all(torch.equal(value, made.state_dict()[name]) for name, value in both.net.state_dict().items())
    weights, seen = load_file(both.file), "controlnet_x_embedder.weight"
    weights[seen] = torch.cat([weights[seen], weights[seen][:, :4]], dim=1)  # InstantX's sees a mask, too
    save_file(weights, tmp_path / "inpaint.safetensors")
    with pytest.raises(ControlBroken, match="inpainting"):
        read_control(tmp_path / "inpaint.safetensors")
