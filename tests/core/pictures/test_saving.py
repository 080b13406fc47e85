from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import SaveFailed, UnreadablePicture
from core.files.atomic import FileSystem
from core.pictures.metadata import read_recipe
from core.pictures.saving import PictureFormat, SavingRules, save, save_as, save_in
from tests.pictures import generated_image

NOW = datetime(2026, 11, 21, 14, 25, 30, tzinfo=UTC)


class FullDisk(FileSystem):
    """Takes the first bytes and then no more."""

    def __init__(self, room: int) -> None:
        self._room = room

    def write(self, descriptor: int, content: memoryview) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(descriptor, content[: self._room])
        self._room -= written
        return written


def test_a_picture_goes_to_the_folder_of_its_day(tmp_path: Path) -> None:
    path = save(generated_image(), tmp_path / "Pictures", NOW)
    assert path == tmp_path / "Pictures" / "2026-11-21" / "142530-7-a-red-house-by-the-sea.png"
    assert read_recipe(path).request == generated_image().request


def test_equal_names_never_overwrite(tmp_path: Path) -> None:
    paths = [save_in(generated_image(guidance_scale=float(scale)), tmp_path, NOW) for scale in range(4)]
    assert [path.stem.removeprefix("142530-7-a-red-house-by-the-sea") for path in paths] == ["", "-2", "-3", "-4"]
    assert [read_recipe(path).request.guidance_scale for path in paths] == [0, 1, 2, 3]


def test_a_named_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "house.webp"
    for seed in (1, 2):
        save_as(generated_image(seed=seed), path, NOW)
    assert read_recipe(path).request.seed == 2


@pytest.mark.parametrize("room", [0, 100])
def test_a_full_disk_is_told_in_its_own_words_and_leaves_nothing(tmp_path: Path, room: int) -> None:
    with pytest.raises(SaveFailed) as failed:
        save(generated_image(), tmp_path, NOW, FullDisk(room))
    assert failed.value.reason == os.strerror(errno.ENOSPC)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_full_disk_keeps_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "house.png"
    save_as(generated_image(seed=1), path, NOW)
    with pytest.raises(SaveFailed):
        save_as(generated_image(seed=2), path, NOW, FullDisk(100))
    assert read_recipe(path).request.seed == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveFailed) as failed:
        save(generated_image(), tmp_path / "file", NOW)
    assert failed.value.path.is_relative_to(tmp_path / "file")


@pytest.mark.parametrize("picture_format", PictureFormat)
def test_finished_pictures_have_the_chosen_format_and_keep_their_recipe(
    tmp_path: Path, picture_format: PictureFormat
) -> None:
    path = save_in(generated_image(), tmp_path, NOW, rules=SavingRules(picture_format, "{prompt}"))
    assert path.name == f"a-red-house-by-the-sea{picture_format.value}"
    assert read_recipe(path).request == generated_image().request


def test_a_prompt_for_which_jpeg_has_no_room_becomes_a_png_file(tmp_path: Path) -> None:
    image = generated_image(prompt="house " * 20_000)
    path = save_in(image, tmp_path, NOW, rules=SavingRules(PictureFormat.jpeg))
    assert path.suffix == ".png"
    assert read_recipe(path).request == image.request


@pytest.mark.parametrize("picture_format", PictureFormat)
def test_a_shared_copy_carries_no_recipe(tmp_path: Path, picture_format: PictureFormat) -> None:
    path = tmp_path / f"copy{picture_format.value}"
    save_as(generated_image(), path, NOW, has_recipe=False)
    assert b"red house" not in path.read_bytes()
    with pytest.raises(UnreadablePicture):
        read_recipe(path)
