"""The facts of a model's training are those of the most trusted place that tells them; what cannot be is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.checkpoints.cache import CheckpointCache
from core.checkpoints.detection import recognise
from core.errors import InvalidRequest, ModelBroken
from core.families import FAMILIES
from core.families.marks import measured
from core.files.safetensors_header import read_safetensors_header
from core.models.catalogue import Catalogue, Model
from core.models.folders import FixedPlaces
from core.request.request import Size
from core.request.traits import (
    PLACES,
    SCHEDULE,
    read_trait,
    read_traits,
    resolve,
    traits_from_text,
    traits_to_text,
)
from tests.core.checkpoints.test_detection import CLIP, OPEN_CLIP, TEXT, UNET, XL, header, unet

SD2 = {**unet(1024), OPEN_CLIP: (49408, 1024)}
V_NAME = f"{UNET}output_blocks.11.1.transformer_blocks.0.norm1.bias"


def file_like(path: Path, tensors: dict[str, tuple[int, ...]], spread: float | None = None, **more: Any) -> Path:
    """A file with tensors of these names whose network reads text of the right width."""
    weights = {name: torch.zeros([min(side, 4) for side in shape]) for name, shape in tensors.items()}
    weights[TEXT] = torch.zeros(1, tensors[TEXT][1])
    if spread is not None:
        weights[V_NAME] = torch.tensor([-spread, spread] * 160).to(more.pop("dtype", torch.float16))
    save_file(weights, path, metadata=more.get("metadata"))
    return path


def told(path: Path, **chosen: str) -> dict[str, tuple[Any, str]]:
    model = read(path, **chosen)
    return {name: (trait.value, trait.place) for name, trait in model.traits.items()}


def read(path: Path, **chosen: str) -> Model:
    places = FixedPlaces((path,), model_traits=chosen)
    return Catalogue(lambda: places).find(str(path))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float8_e4m3fn])
@pytest.mark.parametrize(("spread", "prediction", "px"), [(0.125, "v_prediction", 768), (0.0625, "epsilon", 512)])
def test_stable_diffusion_2_tells_its_prediction_by_its_weights(
    spread: float, prediction: str, px: int, dtype: torch.dtype, tmp_path: Path
) -> None:
    model = read(file_like(tmp_path / "m.safetensors", SD2, spread, dtype=dtype))
    assert (model.traits["prediction_type"].value, model.traits["prediction_type"].place) == (
        prediction,
        "weights",
    )
    assert model.schedule_for()["prediction_type"] == prediction
    assert model.defaults.size == Size(px, px)


def test_without_that_tensor_stable_diffusion_2_predicts_noise_whatever_its_step_says(tmp_path: Path) -> None:
    names = {**SD2, "global_step": (1,)}
    traits = told(file_like(tmp_path / "sd_turbo.safetensors", names))
    assert traits["prediction_type"] == ("epsilon", "family")
    assert traits["size"] == ("512x512", "family")


@pytest.mark.parametrize(
    ("tensors", "metadata", "name", "value", "place"),
    [
        ({"v_pred": (0,)}, {}, "prediction_type", "v_prediction", "marks"),
        ({"v_pred": (0,)}, {"modelspec.prediction_type": "epsilon"}, "prediction_type", "v_prediction", "marks"),
        ({"v_pred": (0,), "ztsnr": (0,)}, {}, "zero_snr", True, "marks"),
        ({}, {"modelspec.prediction_type": "v"}, "prediction_type", "v_prediction", "metadata"),
        ({}, {"modelspec.prediction_type": "V-Prediction"}, "prediction_type", "v_prediction", "metadata"),
        ({}, {"modelspec.predict_key": "v"}, "prediction_type", "v_prediction", "metadata"),
        ({}, {"modelspec.prediction_type": "epsilon"}, "prediction_type", "epsilon", "metadata"),
        ({}, {"modelspec.prediction_type": "strange"}, "prediction_type", "epsilon", "family"),
        ({}, {"ss_v_parameterization": "True"}, "prediction_type", "v_prediction", "metadata"),
        ({"ztsnr": (0,)}, {}, "zero_snr", False, "family"),
        ({"v_pred": (0,)}, {"ss_zero_terminal_snr": "True"}, "zero_snr", True, "metadata"),
        ({}, {"ss_zero_terminal_snr": "None"}, "zero_snr", False, "family"),
        ({}, {"modelspec.resolution": "1344x768"}, "size", "1344x768", "metadata"),
        ({}, {"ss_resolution": "(1024, 1024)"}, "size", "1024x1024", "metadata"),
        ({}, {"modelspec.resolution": "0x99999999"}, "size", "1024x1024", "family"),
        ({}, {"modelspec.encoder_layer": "2"}, "clip_skip", 1, "family"),
    ],
)
def test_marks_and_metadata_of_an_xl_file_are_used(
    tensors: dict[str, tuple[int, ...]],
    metadata: dict[str, str],
    name: str,
    value: Any,
    place: str,
    tmp_path: Path,
) -> None:
    path = file_like(tmp_path / "m.safetensors", {**unet(2048), **XL, **tensors}, metadata=metadata)
    assert told(path)[name] == (value, place)


def test_clip_skip_of_a_stable_diffusion_1_becomes_its_default(tmp_path: Path) -> None:
    metadata = {"modelspec.encoder_layer": "2", "modelspec.resolution": "768"}
    model = read(file_like(tmp_path / "m.safetensors", {**unet(768), CLIP: (77, 768)}, metadata=metadata))
    assert (model.defaults.clip_skip, model.defaults.size) == (2, Size(768, 768))


@pytest.mark.parametrize(
    ("mark", "name"),
    [("edm_mean", r"Playground v2\.5"), ("edm_std", r"Playground v2\.5"), ("edm_vpred.sigma_max", "CosXL")],
)
def test_models_on_another_noise_schedule_are_refused_by_name(mark: str, name: str) -> None:
    with pytest.raises(ModelBroken, match=rf"it is {name}.*\(EDM\): Emulsion cannot use it yet"):
        recognise(header({**unet(2048), **XL, mark: (4,)}))


V_YAML = 'model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    parameterization: "v"\n'
MERGES = "m0: &m0 {x: 1}\n" + "".join(f"m{i + 1}: &m{i + 1} {{<<: [*m{i}, *m{i}]}}\n" for i in range(900))
SGM_V = (
    "model:\n  params:\n    denoiser_config:\n      params:\n        scaling_config:\n"
    "          target: sgm.modules.diffusionmodules.denoiser_scaling.VScaling\n"
)


@pytest.mark.parametrize(
    ("text", "prediction", "place", "px"),
    [
        (
            V_YAML + "    linear_start: 0.00085\n    linear_end: 0.0120\n    timesteps: 1000\n",
            "v_prediction",
            "yaml",
            768,
        ),
        ("{model: {params: {parameterization: v}}}", "v_prediction", "yaml", 768),
        (SGM_V, "v_prediction", "yaml", 768),
        (V_YAML.replace('"v"', "eps"), "epsilon", "yaml", 512),
        (V_YAML.replace('"v"', "[v]"), "epsilon", "weights", 512),
        ("model: &a [*a]\n", "epsilon", "weights", 512),
        ("[" * 5000, "epsilon", "weights", 512),
        ("model: !!python/object/apply:os.system [id]\n", "epsilon", "weights", 512),
        (
            "a: &a {x: 1}\n" + "".join(f"m{i}: &m{i} {{<<: [*a, *a]}}\n" for i in range(900)),
            "epsilon",
            "weights",
            512,
        ),
        ("\0\xff: :", "epsilon", "weights", 512),
        ("", "epsilon", "weights", 512),
    ],
)
def test_the_yaml_beside_a_file_is_read_and_a_hostile_one_costs_nothing(
    text: str, prediction: str, place: str, px: int, tmp_path: Path
) -> None:
    path = file_like(tmp_path / "m.safetensors", SD2, 0.05)
    (tmp_path / "m.yaml").write_text(text, "utf-8")
    model = read(path)
    assert (model.traits["prediction_type"].value, model.traits["prediction_type"].place) == (prediction, place)
    assert model.defaults.size == Size(px, px)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("model: {params: {linear_start: 0.0015}}", r"linear_start 0\.0015"),
        ("model: {params: {timesteps: many}}", "timesteps many"),
        (SGM_V.replace("VScaling", "EDMScaling"), "EDM"),
        (SGM_V.replace("VScaling", "VScalingWithEDMcNoise"), "EDM"),
    ],
)
def test_a_yaml_with_another_noise_schedule_refuses_the_file_by_name(text: str, why: str, tmp_path: Path) -> None:
    path = file_like(tmp_path / "m.safetensors", SD2, 0.05)
    (tmp_path / "m.yaml").write_text(text, "utf-8")
    with pytest.raises(ModelBroken, match=rf"noise schedule \({why}\).*m\.yaml beside it"):
        read(path)


def test_a_choice_counts_most_and_follows_the_file_to_another_name(tmp_path: Path) -> None:
    path = file_like(tmp_path / "m.safetensors", SD2, 0.125)
    (tmp_path / "m.yaml").write_text(V_YAML, "utf-8")
    memory = CheckpointCache()
    sha256 = memory.sha256_of(path)
    chosen = FixedPlaces((path,), model_traits={sha256: "prediction_type=epsilon size=640x512 clip_skip=2"})
    model = Catalogue(lambda: chosen, memory).find(str(path))
    prediction = model.traits["prediction_type"]
    assert (prediction.value, prediction.place) == ("epsilon", "user")
    assert prediction.others == {"yaml": "v_prediction", "weights": "v_prediction"}
    assert (model.defaults.size, model.defaults.clip_skip) == (Size(640, 512), 2)
    renamed = path.rename(tmp_path / "other.safetensors")
    catalogue = Catalogue(lambda: FixedPlaces((renamed,), model_traits=chosen.model_traits), memory)
    assert catalogue.find("other").schedule_for()["prediction_type"] == "epsilon"
    copied = Path(shutil.copyfile(renamed, tmp_path / "copied.safetensors"))
    catalogue = Catalogue(lambda: FixedPlaces((copied,), model_traits=chosen.model_traits), memory)
    assert catalogue.find("copied").traits["prediction_type"].place == "weights"  # its hash is not known yet
    identified = catalogue.identified(catalogue.find("copied"))
    assert (identified.sha256, identified.schedule_for()["prediction_type"]) == (sha256, "epsilon")
    assert catalogue.find("copied").traits == identified.traits


def test_a_choice_for_a_folder_holds_by_the_hash_of_its_network(models: Path) -> None:
    plain = Catalogue((models,))
    sha256 = plain.identified(plain.find("tiny")).sha256
    places = FixedPlaces((models,), model_traits={sha256: "prediction_type=v_prediction zero_snr=yes"})
    model = Catalogue(lambda: places, plain.memory).find("tiny")
    assert model.schedule_for()["prediction_type"] == "v_prediction"
    assert model.schedule_for()["rescale_betas_zero_snr"] is True
    assert model.schedule_for()["timestep_spacing"] == "trailing"
    assert model.traits["prediction_type"].others == {"configuration": "epsilon"}


def test_the_order_of_the_places_is_that_of_the_table() -> None:
    for first, place in enumerate(PLACES):
        said = {other: {"size": other} for other in PLACES[first:]}
        trait = resolve(said)["size"]
        assert (trait.value, trait.place) == (place, place)
        assert list(trait.others) == list(PLACES[first + 1 :])


def test_values_are_read_back_from_text_and_nonsense_is_left_out() -> None:
    values = {"prediction_type": "sample", "zero_snr": False, "shift": 3.5, "size": "768x512", "clip_skip": 2}
    assert traits_from_text(traits_to_text(values)) == values
    assert traits_from_text("prediction_type=strange zero_snr clip_skip=99 other=1 size=640") == {
        "size": "640x640"
    }
    with pytest.raises(InvalidRequest, match="epsilon"):
        read_trait("prediction_type", "both")
    with pytest.raises(InvalidRequest, match="NAME=VALUE, with one of prediction_type"):
        read_traits(["mood=good"], SCHEDULE)


def test_what_an_earlier_version_kept_is_read_again_and_the_hash_stays(tmp_path: Path) -> None:
    path = file_like(tmp_path / "m.safetensors", SD2, 0.125)
    memory = CheckpointCache(tmp_path / "checkpoints.json")
    sha256 = memory.sha256_of(path)
    memory.kind_of(path)
    memory.save()
    entries = json.loads((tmp_path / "checkpoints.json").read_text("utf-8"))
    old = {"layout": "stable_diffusion_2", "family": "stable_diffusion", "prediction_type": "v", "width": 1024}
    entries[str(path)] |= {"kind": old, "families": " ".join(FAMILIES)}
    (tmp_path / "checkpoints.json").write_text(json.dumps(entries), "utf-8")
    later = CheckpointCache(tmp_path / "checkpoints.json")
    assert later.sha256_if_known(path) == sha256
    assert later.kind_of(path) == recognise(read_safetensors_header(path))
    later.save()
    assert CheckpointCache(tmp_path / "checkpoints.json").kind_of(path) == later.kind_of(path)


def test_a_file_with_diffusers_names_is_measured_too(tmp_path: Path) -> None:
    names = {f"{UNET}up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias": torch.tensor([-0.2, 0.2] * 160)}
    save_file(names, tmp_path / "m.safetensors")
    found = measured(read_safetensors_header(tmp_path / "m.safetensors"), UNET)
    assert found == {"prediction_type": "v_prediction"}
