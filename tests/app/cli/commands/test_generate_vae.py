"""An autoencoder named on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.pictures.metadata import read_recipe
from tests import tiny
from tests.app.cli.commands.conftest import Run


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vaes")
    torch.manual_seed(9)
    tiny.autoencoder().save_pretrained(folder / "soft")
    tiny.autoencoder(latent_channels=16).save_pretrained(folder / "wide")
    return folder


def test_a_folder_decodes_the_picture_and_is_in_its_recipe(
    run: Run, model: Path, others: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.png"
    answer = run(
        "generate", "abc", "--model", model, "--size", "64x64", "--steps", 1, "--vae", others / "soft", "-o", path
    )
    assert answer.code == 0
    used = read_recipe(path).request.autoencoder
    assert used is not None
    assert (used.name, len(used.sha256)) == ("soft", 64)


@pytest.mark.parametrize(("name", "words"), [("wide", "16 latent channels"), ("nowhere", "no autoencoder (VAE)")])
def test_one_that_cannot_be_used_is_refused_before_anything_is_loaded(
    run: Run, model: Path, others: Path, name: str, words: str
) -> None:
    chosen = others / name if name == "wide" else name
    answer = run("generate", "abc", "--model", model, "--size", "64x64", "--vae", chosen)
    assert answer.code == 2
    assert words in answer.errors
