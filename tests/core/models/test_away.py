"""Models on a drive that is not connected are told as such, and are back when it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.checkpoints.cache import CheckpointCache
from core.errors import ModelBroken
from core.models.catalogue import Catalogue
from tests.core.models.known_files import FILES
from tests.core.models.made_files import safetensors


@pytest.fixture
def drive(models: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    safetensors(folder / "checkpoints" / "dreams.safetensors", FILES["sd_xl_base"][0])
    safetensors(folder / "loras" / "ink.safetensors", FILES["ink-lora"][0])
    shutil.copytree(models / "tiny", folder / "tiny")
    return folder


def test_models_of_a_drive_that_has_gone_are_told_and_are_back_with_it(drive: Path, tmp_path: Path) -> None:
    facts = tmp_path / "cache" / "checkpoints.json"
    catalogue = Catalogue((drive,), CheckpointCache(facts))
    found = catalogue.find_all()
    assert {"dreams", "tiny"} <= {model.key for model in found.models}
    catalogue.identified(catalogue.find("tiny"))  # as its first run does
    drive.rename(tmp_path / "taken out")
    later = Catalogue((drive,), CheckpointCache(facts))
    gone = later.find_all()
    assert {one.path.name for one in gone.refused if one.is_away} == {"dreams.safetensors", "tiny"}
    assert all(str(drive) in one.reason for one in gone.refused if one.is_away)
    assert not {"dreams", "tiny"} & {model.key for model in gone.models}
    for key in ("dreams", "tiny"):
        with pytest.raises(ModelBroken, match="connect its drive"):
            later.find(key)
    assert later.remembered()[0].refused == gone.refused
    (tmp_path / "taken out").rename(drive)
    assert later.find_all() == catalogue.find_all()


def test_a_file_that_was_deleted_is_not_away(drive: Path) -> None:
    catalogue = Catalogue((drive,))
    catalogue.find_all()
    (drive / "checkpoints" / "dreams.safetensors").unlink()
    assert not [one for one in catalogue.find_all().refused if one.is_away]
