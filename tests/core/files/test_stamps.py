"""A file that was replaced under its name has another stamp, also in a model's folder."""

from pathlib import Path

import pytest

from core.files.stamps import stamp_of, stamps_of_model


def model(place: Path) -> tuple[Path, Path]:
    """A folder with a part, and a single file beside it."""
    (place / "model" / "unet").mkdir(parents=True)
    for name in ("model/model_index.json", "model/unet/weights.safetensors", "single.safetensors"):
        (place / name).write_text("as it was")
    return place / "model", place / "single.safetensors"


@pytest.mark.parametrize(
    "name",
    [
        "model/unet/weights.safetensors",
        "model/model_index.json",
        "single.safetensors",
        "model/unet/more.safetensors",
    ],
)
def test_each_change_of_a_models_files_is_seen(tmp_path: Path, name: str) -> None:
    folder, file = model(tmp_path)
    before = stamps_of_model(folder, file)
    assert stamps_of_model(folder, file) == before
    (tmp_path / name).write_text("trained on")
    changed = stamps_of_model(folder, file)
    (tmp_path / name).unlink()
    assert len({before, changed, stamps_of_model(folder, file)}) == 2 + (name != "model/unet/more.safetensors")


@pytest.mark.parametrize("name", ["model/README.md", "model/unet/preview.png", "other.safetensors"])
def test_what_lies_beside_a_model_changes_nothing(tmp_path: Path, name: str) -> None:
    folder, file = model(tmp_path)
    before = stamps_of_model(folder, file)
    (tmp_path / name).write_text("new")
    assert stamps_of_model(folder, file) == before


def test_a_file_that_is_not_there_has_no_stamp(tmp_path: Path) -> None:
    assert stamp_of(tmp_path / "missing") == (0, 0)
