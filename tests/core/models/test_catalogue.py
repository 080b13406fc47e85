"""Models are described from their small files; what cannot be used is named with the reason."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from core.downloads.listing import is_repository, is_safe_path
from core.errors import ModelBroken, ModelMissing
from core.families import FAMILIES
from core.models.catalogue import Catalogue
from core.models.downloadable import PREVIEWS, known_models, known_parts
from core.models.reading import read_model
from core.request.request import STARTER_MODEL, Size
from tests import tiny


@pytest.fixture
def folder(models: Path, tmp_path: Path) -> Path:
    """A copy of the model ``tiny``, to be damaged."""
    shutil.copytree(models / "tiny", tmp_path / "models" / "tiny")
    return tmp_path / "models" / "tiny"


def test_the_starter_model_comes_first_with_its_own_defaults(models: Path) -> None:
    keys = [model.key for model in Catalogue((models,)).models()]
    assert keys == [STARTER_MODEL, "tiny", "tiny-v"]
    starter = Catalogue(()).find(STARTER_MODEL)
    assert starter.defaults.size == Size(128, 128)
    assert starter.defaults.prompt
    assert starter.about


def test_an_unknown_checkpoint_is_described_by_its_own_configuration(models: Path) -> None:
    tiny = Catalogue((models,)).find("tiny")
    assert (tiny.family, tiny.defaults.size) == ("stable_diffusion", Size(64, 64))
    assert (tiny.limits.size_step, tiny.max_tokens) == (4, 16)


def test_a_folder_elsewhere_is_found_by_its_path(folder: Path) -> None:
    assert Catalogue(()).find(str(folder)).folder == folder


def test_a_missing_model_is_told_with_those_that_are_there(models: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        Catalogue((models,)).find("sd-1.5")
    assert caught.value.known == (STARTER_MODEL, "tiny", "tiny-v")


def test_a_model_folder_that_is_away_is_no_error(tmp_path: Path) -> None:
    assert [model.key for model in Catalogue((tmp_path / "drive",)).models()] == [STARTER_MODEL]


def test_another_kind_of_pipeline_is_named(folder: Path) -> None:
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "HunyuanDiTPipeline"}), "utf-8")
    with pytest.raises(ModelBroken, match="HunyuanDiTPipeline"):
        Catalogue((folder.parent,)).find("tiny")
    found = Catalogue((folder.parent,)).find_all()
    assert [model.key for model in found.models] == [STARTER_MODEL]
    assert [(one.path, "HunyuanDiTPipeline" in one.reason) for one in found.refused] == [(folder, True)]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        *(("model_index.json", content) for content in ("{", "[]", '{"_class_name": ["x"]}', "[" * 100_000)),
        ("unet/config.json", '{"sample_size": "large"}'),
        ("unet/config.json", '{"sample_size": [64, "x"]}'),
        ("unet/config.json", '{"sample_size": -64}'),
        ("unet/config.json", '{"sample_size": 1e400}'),
        ("vae/config.json", '{"block_out_channels": 4}'),
        ("vae/config.json", '{"block_out_channels": []}'),
        ("text_encoder/config.json", '{"max_position_embeddings": "77"}'),
        ("text_encoder/config.json", '{"max_position_embeddings": {"a": 1}}'),
    ],
)
def test_whatever_is_in_a_folder_the_others_are_found_and_it_is_named(
    folder: Path, file: str, content: str
) -> None:
    (folder / file).write_text(content, "utf-8")
    found = Catalogue((folder.parent,)).find_all()
    assert [model.key for model in found.models] == [STARTER_MODEL]
    assert [one.path for one in found.refused] == [folder]


def test_an_addition_beside_the_models_is_no_model_that_fails(folder: Path) -> None:
    tiny.lora(folder.parent / "ink.safetensors", tiny.unet(), "unet")
    (folder.parent / "cut.safetensors").write_bytes(b"\0" * 9)
    assert [one.path.name for one in Catalogue((folder.parent,)).find_all().refused] == ["cut.safetensors"]


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_damaged_configuration_is_named(folder: Path, content: str) -> None:
    (folder / "unet" / "config.json").write_text(content, "utf-8")
    with pytest.raises(ModelBroken) as caught:
        Catalogue((folder.parent,)).find("tiny")
    assert caught.value.path == folder / "unet" / "config.json"


def test_a_missing_part_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "vae")
    with pytest.raises(ModelBroken, match="missing"):
        Catalogue((folder.parent,)).find("tiny")


@pytest.mark.parametrize(
    ("folder", "steps", "guidance_scale", "sampler"),
    [("stable-diffusion-xl-base-1.0", 30, 5.0, "dpmpp_2m_karras"), ("sdxl-turbo", 4, 1.0, "euler_a")],
)
def test_known_models_of_the_xl_kind_have_their_own_defaults(
    tmp_path: Path, folder: str, steps: int, guidance_scale: float, sampler: str
) -> None:
    found = read_model(tiny.stable_diffusion_xl(tmp_path / folder), folder)
    assert found.family == "stable_diffusion_xl"
    assert (found.defaults.steps, found.defaults.guidance_scale, found.defaults.sampler) == (
        steps,
        guidance_scale,
        sampler,
    )


def test_each_known_network_names_parts_that_fit_it_and_each_part_has_a_place() -> None:
    networks = [model for model in known_models() if model.files]
    assert networks
    for model in networks:
        family = FAMILIES[model.family]
        assert {one.fits[model.family] for one in model.parts} == set(family.roles), model.key
        assert model.licence == "Apache-2.0"
        for one in (model, *model.parts):
            assert is_repository(one.repository)
            assert all(is_safe_path(file) for file in one.files)
            assert Path(one.files[0]).stem == one.key
    for part in known_parts().values():
        for key, name in part.fits.items():
            assert name in FAMILIES[key].roles or name == PREVIEWS
