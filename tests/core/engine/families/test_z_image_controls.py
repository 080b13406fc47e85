"""ControlNets for Z-Image of each version give the latents of diffusers' own pipeline, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.controlnets.controlnet_z_image import ZImageControlNetModel
from diffusers.pipelines.z_image.pipeline_z_image_controlnet import ZImageControlNetPipeline
from PIL import Image

from core.control.file import read_control
from core.control.maps import map_key, read_maps
from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.block_guides import sees_latents, share_layers
from core.engine.networks.guides import Guide
from core.engine.sampling.denoising import Predict
from core.engine.sampling.schedulers import build
from core.engine.sampling.tensors import to_model_range
from core.engine.weights.control_files import read_network
from core.errors import ControlBroken
from core.models.reading import read_model
from core.request.control import Control
from core.request.request import GenerationRequest, Size
from tests import tiny_block_controls, tiny_controls
from tests.parity import our_steps, stock_pipeline

SIZE = Size(48, 32)
REQUEST = GenerationRequest(
    "a red house",
    negative_prompt="fog",
    model="tiny",
    size=SIZE,
    sampler="euler",
    steps=4,
    guidance_scale=4.0,
    seed=7,
)
PLAN = plan("cpu", "float32")
VERSIONS: dict[str, tuple[str | None, tuple[int, ...]]] = {
    "1": (None, (0, 2)),
    "2.0": ("control_layers", (0, 1, 2, 3)),
    "2.1": ("control_noise_refiner", (0, 2)),
    "2.1 lite": ("control_noise_refiner", (0,)),
}


class Both:
    """A tiny model, loaded by us, with ControlNets of each version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = tiny_block_controls.z_image(folder / "tiny")
        self.family: Family = families.load(read_model(self.model, "tiny"), PLAN)
        made = tiny_block_controls.z_image_controlnet
        self.nets = {name: made(self.model, *version) for name, version in VERSIONS.items()}
        for name, net in self.nets.items():
            tiny_block_controls.save_z_image(net, self.nets["2.1"], folder, name)
        self.picture = tiny_controls.picture(folder, SIZE)

    def control(self, name: str, weight: float = 0.8, **how: Any) -> Control:
        return Control(name, str(self.picture), weight=weight, **how)

    @torch.inference_mode()
    def ours(self, request: GenerationRequest) -> list[torch.Tensor]:
        maps, controls = read_maps(request, (), {})
        transformer = self.family.network()
        networks = {
            one.name: read_network(read_control(self.folder / f"{one.name}.safetensors"), transformer, PLAN)
            for one in controls
        }
        for network in networks.values():
            share_layers(network, transformer)

        def guide(one: Control) -> Guide:
            network, picture = networks[one.name], maps[map_key(one)]
            assert sees_latents(network)
            latents = self.family.encode_map(to_model_range(picture))
            return Guide(one, lambda: network, is_adapter=False, picture=picture, latents=latents)

        def read(text: GenerationRequest) -> Predict:
            return self.family.read_prompt(text, 1, [guide(one) for one in text.controls])

        return our_steps(self.family, replace(request, controls=controls), read)[0]

    @torch.inference_mode()
    def stock(self, request: GenerationRequest, net: Any) -> list[torch.Tensor]:
        pipe = stock_pipeline(ZImageControlNetPipeline, self.model, controlnet=net)
        pipe.scheduler = build(request.sampler, self.family.scheduler_config_for(request), request.steps).scheduler
        seen: list[torch.Tensor] = []

        def remember(_pipe: Any, _step: int, _t: Any, state: dict[str, Any]) -> dict[str, Any]:
            seen.append(state["latents"])
            return state

        (control,) = request.controls
        pipe(
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            width=SIZE.width,
            height=SIZE.height,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale - 1,
            generator=torch.Generator("cpu").manual_seed(request.seed or 0),
            control_image=Image.open(control.path),
            controlnet_conditioning_scale=control.weight,
            output_type="latent",
            callback_on_step_end=remember,
        )
        return seen


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
@pytest.mark.parametrize("version", VERSIONS)
def test_latents_equal_those_of_the_stock_pipeline(version: str, guidance_scale: float, both: Both) -> None:
    request = replace(REQUEST, guidance_scale=guidance_scale, controls=(both.control(version),))
    ours, stock = both.ours(request), both.stock(request, both.nets[version])
    assert len(ours) == len(stock) == REQUEST.steps
    for mine, theirs in zip(ours, stock, strict=True):
        assert torch.isfinite(mine).all()
        assert torch.equal(mine, theirs)
    assert not torch.equal(ours[-1], both.ours(replace(request, controls=()))[-1]), "the control acts"


def test_several_add_up_where_each_acts(both: Both) -> None:
    seen: list[dict[int, torch.Tensor]] = []

    def see(_network: Any, _args: Any, given: dict[str, Any]) -> None:
        seen.append(given["controlnet_block_samples"])

    first, second = both.control("1"), both.control("2.0", 0.3)
    handle = both.family.network().register_forward_pre_hook(see, with_kwargs=True)
    try:
        for controls in ((first,), (second,), (first, second)):
            both.ours(replace(REQUEST, steps=1, controls=controls))
    finally:
        handle.remove()
    one, other, together = seen
    assert list(together) == [0, 2, 1, 3]
    for block, values in together.items():
        expected = one[block] + other[block] if block in one else other[block]
        assert torch.equal(values, expected)


@pytest.mark.parametrize("version", VERSIONS)
def test_each_form_of_a_file_has_the_same_weights(version: str, both: Both, tmp_path: Path) -> None:
    network = both.nets[version]
    own: Any = ZImageControlNetModel.from_config(network.config)
    own.load_state_dict({name: value for name, value in network.state_dict().items() if name in own.state_dict()})
    own.save_pretrained(tmp_path / "folder")
    comfy = tiny_block_controls.save_z_image(own, both.nets["2.1"], tmp_path, "comfy", comfy=True)
    for path in (both.folder / f"{version}.safetensors", tmp_path / "folder", comfy):
        file = read_control(path)
        assert (file.made_for, file.types) == ("Z-Image", ())
        made = read_network(file, both.family.network(), PLAN)
        assert made.config["control_layers_places"] == list(VERSIONS[version][1])
        assert made.config["add_control_noise_refiner"] == VERSIONS[version][0]
        assert made.state_dict().keys() == own.state_dict().keys()
        assert all(torch.equal(value, made.state_dict()[name]) for name, value in own.state_dict().items())


def _other_width(model: Path) -> Any:
    wide = tiny_block_controls.z_image_controlnet(model)
    config = {**wide.config, "dim": 2 * wide.config["dim"]}
    return ZImageControlNetModel.from_config(config)


def _too_many_layers(model: Path) -> Any:
    return tiny_block_controls.z_image_controlnet(model, places=tuple(range(5)))


@pytest.mark.parametrize("make", [_other_width, _too_many_layers])
def test_one_for_another_transformer_is_refused(make: Callable[[Path], Any], both: Both, tmp_path: Path) -> None:
    path = tiny_block_controls.save_lone(make(both.model), tmp_path, "other")
    with pytest.raises(ControlBroken, match="other layers"):
        read_network(read_control(path), both.family.network(), PLAN)


@pytest.mark.parametrize("places", [[0, 99], [1, 2], [0], "x", [0, "x"], [10**9, 0], None])
def test_a_configuration_of_a_folder_is_believed_only_where_it_fits(
    places: object, both: Both, tmp_path: Path
) -> None:
    network: Any = tiny_block_controls.z_image_controlnet(both.model, places=(0, 3))
    network.save_pretrained(tmp_path / "net")
    config = tmp_path / "net" / "config.json"
    read = lambda: read_network(read_control(tmp_path / "net"), both.family.network(), PLAN)  # noqa: E731
    assert read().config["control_layers_places"] == [0, 3], "which no shape tells"
    told: dict[str, Any] = {**json.loads(config.read_text("utf-8")), "dim": 10**7, "n_refiner_layers": 10**6}
    config.write_text(json.dumps({**told, "control_layers_places": places}), "utf-8")
    if isinstance(places, list) and all(type(place) is int for place in places) and places == sorted(places):
        with pytest.raises(ControlBroken, match="other layers"):
            read()
    else:
        assert read().config["control_layers_places"] == [0, 2], "as the shapes have it"
