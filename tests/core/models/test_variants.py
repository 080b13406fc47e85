"""The variant of a model is told by its configuration, by its file, by its name, or by the user, who is right."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from tests import original_flows, tiny, tiny_qwen
from tests.original_names import z_image


def with_mark(file: Path) -> Path:
    """Adds the mark of ComfyUI's files of Edit 2511."""
    weights = load_file(file)
    save_file({**weights, "model.diffusion_model.__index_timestep_zero__": torch.zeros(1)}, file)
    return file


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Makes an installed 2511, which lends configurations to files of other variants."""
    folder = tmp_path_factory.mktemp("models") / "lender"
    return tiny_qwen.qwen_image(folder, pipeline="QwenImageEditPlusPipeline", zero_cond_t=True)


@pytest.mark.parametrize(
    ("name", "is_marked", "variant", "place", "most", "clean"),
    [
        ("qwen_image_fp8_e4m3fn", False, "text_to_image", "name", 0, False),
        ("qwen_image_edit_fp8_e4m3fn", False, "edit", "name", 1, False),
        ("Qwen-Image-Edit-2509-Q4_K_M", False, "edit_2509", "name", 3, False),
        ("Qwen-Image-Edit-2511-Q4_K_M", False, "edit_2511", "name", 3, True),
        ("renamed", True, "edit_2511", "configuration", 3, True),
        ("renamed", False, "text_to_image", "family", 0, False),
    ],
)
def test_a_file_of_qwen_image_tells_its_variant(
    name: str, is_marked: bool, variant: str, place: str, most: int, clean: bool, lender: Path, tmp_path: Path
) -> None:
    file = original_flows.as_it_is(lender, tmp_path / f"{name}.safetensors")
    model = Catalogue((lender.parent, with_mark(file) if is_marked else file)).find(name)
    assert (model.variant, model.traits["variant"].place) == (variant, place)
    assert bool(most) == ("references" in model.limits.optional_settings)
    assert model.limits.references == most
    assert model.kind is not None
    assert model.kind.built["zero_cond_t"] is clean
    assert bool(model.undecided) == (place == "family")


def test_the_users_word_counts_most_and_is_kept_by_the_hash(lender: Path, tmp_path: Path) -> None:
    file = original_flows.as_it_is(lender, tmp_path / "renamed.safetensors")
    chosen: dict[str, str] = {}
    catalogue = Catalogue(lambda: FixedPlaces((lender.parent, file), model_traits=chosen))
    found = catalogue.identified(catalogue.find("renamed"))
    chosen[found.sha256] = "variant=edit_2509"
    model = catalogue.find("renamed")
    assert (model.variant, model.traits["variant"].place, model.limits.references) == ("edit_2509", "user", 3)
    assert (model.defaults.steps, model.undecided) == (40, ())
    chosen[found.sha256] = "variant=edit_2511"
    kind = catalogue.find("renamed").kind
    assert kind is not None
    assert kind.built["zero_cond_t"] is True


def test_turbo_or_base_is_asked_only_where_nothing_tells(tmp_path: Path) -> None:
    lender = tiny.z_image(tmp_path / "models" / "base")
    for name in ("dreams", "z_image_turbo", "z_image_base"):
        z_image(lender, tmp_path / "models" / f"{name}.safetensors")
    found = {model.key: model for model in Catalogue((lender.parent,)).models()}
    assert found["dreams"].undecided == ("base", "turbo")
    assert not found["z_image_turbo"].undecided
    assert not found["z_image_base"].undecided
    assert (found["z_image_turbo"].variant, found["z_image_base"].variant) == ("turbo", "base")
