"""ControlNets for FLUX.1 give the latents of diffusers' own pipelines, bit for bit.

Those draw around the autoencoder's mean for a map, where we take the mean: here they do so, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel, FluxMultiControlNetModel
from diffusers.pipelines.flux import pipeline_flux_controlnet, pipeline_flux_controlnet_image_to_image
from diffusers.pipelines.flux.pipeline_flux_controlnet import FluxControlNetPipeline
from diffusers.pipelines.flux.pipeline_flux_controlnet_image_to_image import FluxControlNetImg2ImgPipeline
from PIL import Image

from core.control.file import read_control
from core.control.maps import map_key, read_maps
from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.block_guides import sees_latents
from core.engine.networks.guides import Guide
from core.engine.networks.joined_places import tokens_in
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Predict
from core.engine.sampling.tensors import to_model_range
from core.engine.weights.control_files import read_network
from core.models.reading import read_model
from core.request.control import Control
from core.request.request import GenerationRequest, Size, Source
from tests import tiny_block_controls, tiny_controls
from tests.parity import our_steps, stock_pipeline
from tests.parity_flows import always, stock_flow_latents, unit_range

SIZE = Size(48, 32)
REQUEST = GenerationRequest(
    "a red house", model="tiny", size=SIZE, sampler="euler", steps=5, guidance_scale=3.5, seed=7
)
PLAN = plan("cpu", "float32")
NETS: dict[str, dict[str, Any]] = {  # as InstantX, Shakker-Labs and others have them
    "lines": {},
    "plain": {"seed": 4, "guidance_embeds": False, "num_single_layers": 0},
    "union": {"seed": 5, "num_mode": 7},
    "few": {"seed": 6, "num_layers": 1, "num_single_layers": 3},
}


class Both:
    """A tiny model, loaded by us and by diffusers, with ControlNets and pictures for it."""

    def __init__(self, folder: Path, *, is_guided: bool) -> None:
        self.folder = folder
        tiny_block_controls.flux1(folder / "tiny", is_guided=is_guided)
        self.family: Family = families.load(read_model(folder / "tiny", "tiny"), PLAN)
        self.nets = {
            name: tiny_block_controls.flux_controlnet(folder / "tiny", **changes) for name, changes in NETS.items()
        }
        self.nets["xlabs"] = tiny_block_controls.xlabs_controlnet(folder / "tiny")
        for seed, (name, net) in enumerate(self.nets.items()):
            tiny_block_controls.save_lone(net, folder, name, xlabs=name == "xlabs")
            tiny_controls.picture(folder, SIZE, seed, f"{name}.png")

    def control(self, name: str, *how: float, kind: str = "") -> Control:
        weight, start, end = (*how, *(1.0, 0.0, 1.0)[len(how) :])
        path = str(self.folder / f"{name}.png")
        return Control(name, path, weight=weight, start=start, end=end, type=kind)

    @torch.inference_mode()
    def ours(self, request: GenerationRequest) -> torch.Tensor:
        """Returns the last latents as the pipelines hold them."""
        maps, controls = read_maps(request, (), {})
        unet = self.family.network()
        made = {one.name: self.folder / f"{one.name}.safetensors" for one in controls}
        networks = {name: read_network(read_control(path), unet, PLAN) for name, path in made.items()}

        def guide(one: Control) -> Guide:
            network, picture = networks[one.name], maps[map_key(one)]
            latents = self.family.encode_map(to_model_range(picture)) if sees_latents(network) else None
            return Guide(one, lambda: network, is_adapter=False, picture=picture, latents=latents)

        def read(text: GenerationRequest) -> Predict:
            return self.family.read_prompt(text, 1, [guide(one) for one in text.controls])

        return tokens_in(our_steps(self.family, replace(request, controls=controls), read)[0][-1])

    def stock(
        self,
        request: GenerationRequest,
        monkeypatch: pytest.MonkeyPatch,
        net: Any,
        kind: Any = FluxControlNetPipeline,
        module: ModuleType = pipeline_flux_controlnet,
        **asked: Any,
    ) -> torch.Tensor:
        pipe = stock_pipeline(kind, self.folder / "tiny", controlnet=net)
        encoded = [one for one in request.controls if sees_latents(self.nets[one.name])]
        maps_take_the_mean(module, len(encoded), monkeypatch)
        shown: Sequence[Image.Image] = [Image.open(one.path) for one in request.controls]
        if request.source is not None:
            config = self.family.scheduler_config_for(request)
            kept = schedulers.build("euler", config, request.steps, asked["skipped_steps"]).timesteps
            monkeypatch.setattr(pipe, "get_timesteps", always((kept, len(kept))))
        return stock_flow_latents(
            pipe,
            module,
            self.family,
            request,
            monkeypatch,
            guidance_scale=request.guidance_scale,
            control_image=one_of(*shown),
            controlnet_conditioning_scale=one_of(*(one.weight for one in request.controls)),
            control_guidance_start=[one.start for one in request.controls],
            control_guidance_end=[one.end for one in request.controls],
            **asked,
        )


def one_of(*values: Any) -> Any:
    return values[0] if len(values) == 1 else [*values]


def maps_take_the_mean(module: ModuleType, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has a stock pipeline take the mean for its maps, which it encodes before all else."""
    retrieve, taken = module.retrieve_latents, list[str]()

    def mean_first(output: Any, generator: Any = None, sample_mode: str = "sample") -> torch.Tensor:
        taken.append(sample_mode)
        return retrieve(output, generator, "argmax" if len(taken) <= count else sample_mode)

    monkeypatch.setattr(module, "retrieve_latents", mean_first)


@pytest.fixture(scope="module", params=[True, False], ids=["dev", "schnell"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("models"), is_guided=request.param)


def assert_same(both: Both, request: GenerationRequest, stock: torch.Tensor) -> None:
    ours = both.ours(request)
    assert torch.isfinite(ours).all()
    assert torch.equal(ours, stock)
    assert not torch.equal(ours, both.ours(replace(request, controls=()))), "the control acts"


@pytest.mark.parametrize("how", [(1.0,), (0.6, 0.2, 0.7)])
@pytest.mark.parametrize("name", [*NETS, "xlabs"])
def test_one_controlnet(name: str, how: tuple[float, ...], both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    request = replace(REQUEST, controls=(both.control(name, *how, kind="pose" if name == "union" else ""),))
    mode: dict[str, Any] = {"control_mode": 4} if name == "union" else {}
    assert_same(both, request, both.stock(request, monkeypatch, both.nets[name], **mode))


@pytest.mark.parametrize("names", [("lines", "union"), ("union", "union"), ("plain", "plain")])
def test_two_controlnets(names: tuple[str, str], both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("depth", "canny")
    controls = (both.control(names[0], 0.8, 0.0, 0.6), both.control(names[1], 0.5, 0.3, 1.0))
    controls = tuple(replace(one, type=kind) for one, kind in zip(controls, kinds, strict=True))
    request = replace(REQUEST, controls=controls)
    nets = FluxMultiControlNetModel([both.nets[name] for name in names])
    assert_same(both, request, both.stock(request, monkeypatch, nets, control_mode=[2, 0]))


@pytest.mark.parametrize("name", ["lines", "xlabs"])
def test_a_run_that_begins_with_a_picture(
    name: str, both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tiny_controls.picture(tmp_path, SIZE, 12, "photo.png")
    source = Source(str(photo), 0.6)
    request = replace(REQUEST, source=source, controls=(both.control(name, 0.9, 0.0, 0.7),))
    begins: dict[str, Any] = {
        "skipped_steps": 2,
        "image": unit_range(np.asarray(Image.open(photo))),
        "strength": 0.6,
        "kind": FluxControlNetImg2ImgPipeline,
        "module": pipeline_flux_controlnet_image_to_image,
    }
    assert_same(both, request, both.stock(request, monkeypatch, both.nets[name], **begins))


def test_networks_with_unlike_blocks_are_added_where_each_acts(both: Both) -> None:
    """diffusers adds them as far as the shorter list goes, and forgets where its values belong."""
    few, lines = both.control("few", 0.7), both.control("lines", 0.4)
    transformer, seen = both.family.network(), list[dict[str, Any]]()

    def see(_network: Any, _args: Any, given: dict[str, Any]) -> None:
        seen.append(given)

    handle = transformer.register_forward_pre_hook(see, with_kwargs=True)
    request = replace(REQUEST, steps=1)
    try:
        for controls in ((few,), (lines,), (few, lines), (lines, both.control("xlabs"))):
            both.ours(replace(request, controls=controls))
    finally:
        handle.remove()
    alone, other, together, repeated = (given["controlnet_block_samples"] for given in seen)
    assert [len(one) for one in (alone, other, together, repeated)] == [1, 2, 3, 3]
    for block, samples in enumerate(together):
        assert torch.equal(samples, alone[0] + other[block // 2])
    assert "controlnet_blocks_repeat" not in seen[3]
    assert len(seen[2]["controlnet_single_block_samples"]) == 4


@pytest.mark.parametrize("name", [*NETS, "xlabs"])
def test_each_form_of_a_file_has_the_same_weights(name: str, both: Both, tmp_path: Path) -> None:
    network, unet = both.nets[name], both.family.network()
    network.save_pretrained(tmp_path / name)
    forms = [both.folder / f"{name}.safetensors", tmp_path / name]
    if name != "xlabs":
        forms.append(tiny_block_controls.save_lone(network, tmp_path, "resaved", xlabs=True))
    for path in forms:
        file = read_control(path)
        assert (file.made_for, file.kind) == ("FLUX.1", "control_flux")
        assert bool(file.types) is (name == "union")
        made = read_network(file, unet, PLAN)
        assert isinstance(made, FluxControlNetModel)
        assert made.state_dict().keys() == network.state_dict().keys()
        assert all(torch.equal(value, made.state_dict()[key]) for key, value in network.state_dict().items())
