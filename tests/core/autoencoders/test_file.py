"""The facts in an autoencoder's file or folder, and the places of such files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.autoencoders.file import AutoencoderLibrary, read_autoencoder
from core.autoencoders.latent_space import LatentSpace, own_space
from core.checkpoints.cache import CheckpointCache
from core.errors import InvalidRequest, ModelBroken, WrongAutoencoder
from core.models.compatibility import check_autoencoder
from core.models.reading import read_model
from core.paths import resources
from core.request.settings.autoencoder import folder_of, parse_autoencoder
from tests import original_names, tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_diffusion(tmp_path_factory.mktemp("models") / "tiny")


def test_a_lone_file_tells_channels_and_size_but_no_scale(tmp_path: Path) -> None:
    file = read_autoencoder(original_names.autoencoder(tiny.autoencoder(), tmp_path / "ft-mse.safetensors"))
    assert (file.name, file.space) == ("ft-mse", LatentSpace(4, 4))
    assert file.weights == file.path


def test_a_folder_tells_everything_also_when_its_weights_are_chosen(tmp_path: Path) -> None:
    tiny.autoencoder(scaling_factor=0.36, shift_factor=0.12).save_pretrained(tmp_path / "mine")
    weights = tmp_path / "mine" / "diffusion_pytorch_model.safetensors"
    for path in (tmp_path / "mine", weights):
        file = read_autoencoder(path)
        assert (file.path, file.name, file.space) == (tmp_path / "mine", "mine", LatentSpace(4, 4, 0.36, 0.12))
        assert file.weights == weights
    assert folder_of(tmp_path / "elsewhere.safetensors") is None


def test_what_is_no_autoencoder_is_refused_with_what_it_is(model: Path, tmp_path: Path) -> None:
    whole = original_names.stable_diffusion_1(model, tmp_path / "whole.safetensors")
    with pytest.raises(ModelBroken, match="a whole model"):
        read_autoencoder(whole)
    with pytest.raises(ModelBroken, match="it is a UNet2DConditionModel"):
        read_autoencoder(model / "unet")
    save_file({"decoder.1.weight": torch.zeros(2)}, tmp_path / "tiny.safetensors")
    with pytest.raises(ModelBroken, match="not an autoencoder"):
        read_autoencoder(tmp_path / "tiny.safetensors")
    (tmp_path / "page.safetensors").write_text("<html>not found</html>")
    with pytest.raises(ModelBroken, match="web page"):
        read_autoencoder(tmp_path / "page.safetensors")


def test_a_folder_whose_weights_are_of_another_one_is_refused(tmp_path: Path) -> None:
    tiny.autoencoder().save_pretrained(tmp_path / "mixed")
    other = tiny.autoencoder(latent_channels=8)
    save_file(dict(other.state_dict()), tmp_path / "mixed" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(ModelBroken, match="do not fit its configuration"):
        read_autoencoder(tmp_path / "mixed")


def test_those_of_the_users_folders_are_found_by_name(model: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(model, models / "tiny")  # its own autoencoder is not one to choose
    original_names.autoencoder(tiny.autoencoder(), models / "Loose.safetensors")
    original_names.autoencoder(tiny.autoencoder(), models / "VAE" / "below" / "deep.safetensors")
    tiny.autoencoder().save_pretrained(tmp_path / "vae" / "beside")
    save_file({"x": torch.zeros(1)}, models / "VAE" / "nothing.safetensors")
    library = AutoencoderLibrary((models,), CheckpointCache())
    assert [file.name for file in library.files()] == ["beside", "deep", "Loose"]


def test_the_families_are_told_apart_by_their_scale() -> None:
    first, xl = LatentSpace(4, 8, 0.18215), LatentSpace(4, 8, 0.13025)
    assert not first.fits(xl)
    assert first.describe() == "Stable Diffusion 1.x and 2.x (4 latent channels, scale 0.18215)"
    assert xl.describe() == "Stable Diffusion XL (4 latent channels, scale 0.13025)"
    assert LatentSpace(4, 8).fits(xl)
    assert LatentSpace(16, 8).describe() == "Stable Diffusion 3 or Z-Image or FLUX.1 (16 latent channels)"


def test_the_configurations_that_ship_are_of_the_known_kinds() -> None:
    families = resources() / "families"
    names = {folder.name: own_space(folder).name for folder in families.iterdir() if folder.is_dir()}
    assert names == {
        "stable_diffusion_1": "Stable Diffusion 1.x and 2.x",
        "stable_diffusion_2": "Stable Diffusion 1.x and 2.x",
        "stable_diffusion_xl": "Stable Diffusion XL",
        "stable_diffusion_3": "Stable Diffusion 3",
        "z_image": "Z-Image or FLUX.1",
        "flux1": "Z-Image or FLUX.1",
        "chroma": "Z-Image or FLUX.1",
        "flux2_klein": "FLUX.2",
        "qwen_image": "Qwen-Image",
        "krea2": "Qwen-Image",
    }


def test_one_of_another_kind_is_refused_by_its_configuration_alone(model: Path, tmp_path: Path) -> None:
    tiny.autoencoder(scaling_factor=0.13025).save_pretrained(tmp_path / "sdxl-vae")
    with pytest.raises(WrongAutoencoder):
        check_autoencoder(read_autoencoder(tmp_path / "sdxl-vae"), read_model(model, "tiny"))


def test_a_name_stays_a_name_and_a_file_becomes_its_full_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.autoencoder().save_pretrained(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert parse_autoencoder("nowhere").name == "nowhere"
    assert parse_autoencoder("x" * 5000).name == "x" * 5000
    assert parse_autoencoder("mine").name == str(tmp_path / "mine")
    weights = parse_autoencoder("mine/diffusion_pytorch_model.safetensors")
    assert (weights.name, weights.key) == (str(tmp_path / "mine"), "mine")
    with pytest.raises(InvalidRequest):
        parse_autoencoder(" ")
