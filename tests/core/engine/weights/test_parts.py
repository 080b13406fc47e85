"""A network in a file of its own finds its text encoder and its autoencoder, which are files, too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from safetensors.torch import save_file

from core.engine.engine import Engine
from core.engine.weights.components import identity_of
from core.errors import ModelBroken
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from core.models.parameter_count import weights_in
from core.models.parts import weights_at
from core.pictures.pixels import Pixels
from core.recipes.parameters import to_parameters
from core.recipes.recipe import recipe_from_text, recipe_to_json
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate
from tests import original_names, tiny
from tests.weight_files import Place, of_folder, picture


@pytest.fixture
def apart(z: Place, tmp_path: Path) -> Path:
    """Z-Image as ComfyUI has it: three files in three folders, and nothing installed."""
    models = tmp_path / "models"
    for folder in ("diffusion_models", "text_encoders/qwen", "vae"):
        (models / folder).mkdir(parents=True)
    save_file(z.plain, models / "diffusion_models" / "z_image_turbo_bf16.safetensors")
    encoder = models / "text_encoders" / "qwen" / "qwen_3_4b.safetensors"
    save_file(of_folder(z, "text_encoder", "model."), encoder)
    vae = AutoencoderKL.from_pretrained(z.whole / "vae")
    original_names.autoencoder(vae, models / "vae" / "ae.safetensors", prefix="")
    layout = tmp_path / "layouts" / "z_image"
    shutil.copytree(z.whole, layout, ignore=shutil.ignore_patterns("*.safetensors"))
    return models


def catalogue(models: Path, **chosen: str) -> Catalogue:
    parts = {f"z_image_turbo_bf16/{part}": path for part, path in chosen.items()}
    places = FixedPlaces((models,), model_parts=parts)
    return Catalogue(lambda: places, layouts=models.parent / "layouts")


def test_three_files_give_the_picture_of_the_whole_model(apart: Path, z: Place, right: dict[int, Pixels]) -> None:
    found = catalogue(apart)
    (model,) = (model for model in found.models() if model.family == "z_image")
    assert {part: path.name for part, path in model.parts.places.items()} == {
        "text_encoder": "qwen_3_4b.safetensors",
        "vae": "ae.safetensors",
    }
    assert model.defaults.steps == 8  # its name says turbo
    assert np.array_equal(picture(found, model.place)[0], right[id(z)])
    assert weights_in(model.folder, model.file, model.parts.places) == weights_in(z.whole)


def test_the_recipe_and_the_film_have_the_hash_of_each_part(apart: Path) -> None:
    found = catalogue(apart)
    request = GenerationRequest(
        "a", model="z_image_turbo_bf16", size=Size(256, 256), sampler="euler", steps=1, seed=5
    )
    ready = list(Engine(found, "cpu", "float32").run(Generate(request)))[-1]
    assert isinstance(ready, ImageReady)
    encoder = found.memory.sha256_if_known(apart / "text_encoders" / "qwen" / "qwen_3_4b.safetensors")
    recipe = ready.image.recipe
    told = recipe.model.parts
    assert ready.film.model.parts == told
    assert told["text_encoder"] == f"qwen_3_4b {encoder[:10]}"
    assert told["vae"].startswith("ae ")
    assert recipe_from_text(json.dumps(recipe_to_json(recipe))).model == recipe.model
    assert "Module 1: qwen_3_4b, Module 2: ae" in to_parameters(recipe)


def test_the_recipe_names_the_model_that_lends_a_part(apart: Path, z: Place) -> None:
    shutil.rmtree(apart / "text_encoders")
    shutil.copytree(z.whole, apart / "Lender")
    found = catalogue(apart)
    model = found.find("z_image_turbo_bf16")
    place = model.parts.places["text_encoder"]
    assert place == apart / "Lender" / "text_encoder"
    sha256 = found.memory.sha256_of(weights_at(place))
    assert identity_of(found.find("z_image_turbo_bf16")).parts["text_encoder"] == f"Lender {sha256[:10]}"


def test_of_several_parts_the_chosen_one_is_used(apart: Path, z: Place, right: dict[int, Pixels]) -> None:
    other = original_names.autoencoder(tiny.autoencoder(), apart / "vae" / "other.safetensors", prefix="")
    wrong = original_names.autoencoder(
        tiny.autoencoder(latent_channels=8), apart / "vae" / "eight.safetensors", prefix=""
    )
    model = catalogue(apart).find("z_image_turbo_bf16")
    assert {path.name for path in model.parts.choices["vae"]} == {"ae.safetensors", "other.safetensors"}
    found = catalogue(apart, vae=str(other))
    assert found.find("z_image_turbo_bf16").parts.places["vae"] == other
    assert catalogue(apart, vae=str(wrong)).find("z_image_turbo_bf16").parts.places["vae"].name == "ae.safetensors"


def test_a_missing_part_is_told_by_its_name(apart: Path) -> None:
    shutil.rmtree(apart / "text_encoders")
    with pytest.raises(ModelBroken, match=r"its transformer is here; missing: Qwen3 of width 32 \(text encoder\)"):
        catalogue(apart).find("z_image_turbo_bf16")
