"""Files with packed weights make the pictures of the weights that they mean, and stay packed in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.engine import families
from core.engine.devices.device import plan as device_plan
from core.engine.engine import Engine
from core.engine.weights.packed_layers import Packed
from core.families import FAMILIES
from core.models.catalogue import Catalogue, Model
from core.models.memory_plan import GIB, DeviceMemory, Placement, plan_memory
from core.models.parameter_count import weights_in
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest, Lora, Size
from core.runs.branch import Branch
from core.runs.events import ImageReady
from core.runs.operations import Generate, GenerateBranch
from tests import packed_weights, tiny
from tests.packed_weights import FORMS, GGUF_TYPES
from tests.weight_files import UNET, Place, Weights, z_whole

ALL = (*FORMS, *GGUF_TYPES)


@dataclass(frozen=True)
class Pair:
    """A file with packed weights, one with the weights that they mean, and the models that they are."""

    catalogue: Catalogue
    packed: Model
    meant: Model

    def request(self, model: Model, **changes: Any) -> GenerationRequest:
        side = model.limits.snap(32)
        sampler = "euler" if model.family == "z_image" else "ddim"
        request = GenerationRequest("abc", "d", model.key, Size(side, side), sampler, 3, 3.0, 5)
        return replace(request, **changes)


def pair(place: Place, weights: Weights, form: str) -> Pair:
    suffix = "gguf" if form in GGUF_TYPES else "safetensors"
    path = place.files / f"packed.{suffix}"
    meant = packed_weights.write(path, weights, form)
    return Pair(place.catalogue, place.catalogue.find(str(path)), place.catalogue.find(str(place.write(meant))))


def finished(engine: Engine, request: GenerationRequest) -> ImageReady:
    *_, last = engine.run(Generate(request))
    assert isinstance(last, ImageReady)
    return last


def networks(model: Model, dtype: str = "float32") -> dict[str, Any]:
    return families.load(model, device_plan("cpu", dtype)).parts()


def weights_of(place: Place, which: str) -> Weights:
    return z_whole(place) if which == "z" else place.plain


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize("which", ["sd", "z"])
def test_a_packed_file_makes_the_picture_of_what_it_means_and_branches_exactly(
    which: str, form: str, request: pytest.FixtureRequest
) -> None:
    place: Place = request.getfixturevalue(which)
    both = pair(place, weights_of(place, which), form)
    engine = Engine(both.catalogue, "cpu", "float32")
    ready, meant = (finished(engine, both.request(model)) for model in (both.packed, both.meant))
    *_, again = engine.run(GenerateBranch(Branch(ready.film, 1, ready.film.request)))
    assert isinstance(again, ImageReady)
    assert np.array_equal(again.image.pixels, ready.image.pixels)
    hashes = {ready.image.recipe.model.hash, meant.image.recipe.model.hash}
    assert len(hashes) == 2 and "" not in hashes
    one, other = ready.image.pixels, meant.image.pixels
    if form.startswith("int8 ConvRot"):  # the rotation adds up in another order
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 1
    else:
        assert np.array_equal(one, other)
    assert one.std() > 0


@pytest.mark.parametrize("form", ["int8 ConvRot", "Q4_0"])
def test_every_placement_gives_the_same_picture(form: str, z: Place) -> None:
    both = pair(z, z_whole(z), form)
    request = both.request(both.packed)
    expected = finished(Engine(both.catalogue, "cpu", "float32"), request).image.pixels
    for placement in Placement:
        found = finished(Engine(both.catalogue, "cpu", "float32", placement), request).image.pixels
        assert np.array_equal(found, expected), placement


@pytest.mark.parametrize("form", ALL)
def test_weights_stay_packed_in_memory_as_the_plan_says(form: str, z: Place) -> None:
    both = pair(z, z_whole(z), form)
    model = both.packed
    loaded = networks(model)
    layers = [layer for name in ("text_encoder", "transformer") for layer in loaded[name].modules()]
    assert sum(isinstance(layer, Packed) for layer in layers) > 20
    held = sum(value.nbytes for part in loaded.values() for value in part.parameters())
    device = DeviceMemory("cuda", GIB, GIB)
    weights = weights_in(model.folder, model.file)
    planned = plan_memory(FAMILIES[model.family], weights, "float32", Size(64, 64), device)
    assert planned.weights == pytest.approx(held, rel=0.05)
    assert held < sum(value.nbytes for part in networks(both.meant).values() for value in part.parameters())


@pytest.mark.parametrize("form", ALL)
def test_a_lora_acts_on_packed_layers_as_on_what_they_mean(form: str, sd: Place) -> None:
    both = pair(sd, sd.plain, form)
    tiny.lora(sd.whole.parent / "loras" / "ink.safetensors", tiny.unet(), "unet")
    engine = Engine(sd.catalogue, "cpu", "float32")
    pictures: dict[str, Pixels] = {}
    for model in (both.packed, both.meant):
        request = both.request(model, loras=(Lora("ink", 0.7),))
        pictures[model.key] = finished(engine, request).image.pixels
        without_it = finished(engine, replace(request, loras=())).image.pixels
        assert not np.array_equal(pictures[model.key], without_it)
    one, other = pictures.values()
    assert np.abs(one.astype(int) - other.astype(int)).max() <= (1 if form.startswith("int8 ConvRot") else 0)


def test_layers_that_diffusers_divides_keep_their_rows_packed(z: Place) -> None:
    loaded = networks(pair(z, z_whole(z), "Q8_0").packed)
    attention = loaded["transformer"].layers[0].attention
    assert all(isinstance(layer, Packed) for layer in (attention.to_q, attention.to_k, attention.to_v))


def test_the_metadata_of_a_file_tells_forms_as_notes_do(z: Place) -> None:
    tensors, meant = packed_weights.packed(z_whole(z), "int8 ConvRot of 4")
    notes = {name: value for name, value in tensors.items() if name.endswith("comfy_quant")}
    layers = {
        name.removesuffix(".comfy_quant"): json.loads(bytes(value.tolist())) for name, value in notes.items()
    }
    path = z.files / "told.safetensors"
    kept = {name: value.contiguous() for name, value in tensors.items() if name not in notes}
    told = json.dumps({"format_version": "1.0", "layers": layers})
    save_file(kept, path, metadata={"_quantization_metadata": told})
    assert len(layers) > 10
    network = networks(z.catalogue.find(str(path)))["transformer"]
    weight = network.layers[0].feed_forward.w1.weight
    torch.testing.assert_close(weight, meant[f"{UNET}layers.0.feed_forward.w1.weight"], rtol=1e-5, atol=1e-6)
