from __future__ import annotations

import errno
import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadablePicture
from core.files.atomic import FileSystem
from core.gallery.thumbnails import Thumbnails, thumbnail


def picture(path: Path, size: tuple[int, int] = (600, 300), mode: str = "RGB") -> Path:
    Image.new(mode, size, "red").save(path)
    return path


class FullDisk(FileSystem):
    def write(self, descriptor: int, content: memoryview) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_is_small_and_keeps_the_shape(tmp_path: Path) -> None:
    made = Thumbnails(tmp_path / "kept").make(picture(tmp_path / "a.png"), 1, 128)
    with Image.open(BytesIO(made)) as small:
        assert small.size == (128, 64)
        assert np.allclose(np.asarray(small)[30, 60], (255, 0, 0), atol=4)


def test_small_pictures_are_not_enlarged(tmp_path: Path) -> None:
    assert thumbnail(picture(tmp_path / "a.png", (40, 20)), 128).size == (40, 20)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert thumbnail(tmp_path / "a.png", 128).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_kind_of_png_has_one(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (40, 20)).save(tmp_path / "a.png")
    assert thumbnail(tmp_path / "a.png", 128).mode == "RGB"


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif"])
def test_other_formats_have_one(tmp_path: Path, suffix: str) -> None:
    assert thumbnail(picture(tmp_path / f"a{suffix}"), 128).size == (128, 64)


def test_turned_photographs_stand_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 30)).save(tmp_path / "a.jpg", exif=exif)
    assert thumbnail(tmp_path / "a.jpg", 128).size == (30, 60)


def test_is_kept_also_when_the_picture_has_gone(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    thumbnails = Thumbnails(tmp_path / "kept")
    assert thumbnails.kept(path, 1, 128) is None
    made = thumbnails.make(path, 1, 128)
    path.unlink()
    kept = thumbnails.kept(path, 1, 128)
    assert kept is not None
    assert Path(kept).read_bytes() == made
    assert thumbnails.kept(path, 2, 128) is None  # the picture has changed since
    with pytest.raises(UnreadablePicture):
        thumbnails.make(path, 2, 128)


def test_a_full_disk_shows_it_all_the_same_and_leaves_nothing(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "kept", disk=FullDisk())
    assert thumbnails.make(picture(tmp_path / "a.png"), 1, 128)
    assert [found for found in (tmp_path / "kept").rglob("*") if found.is_file()] == []


def test_those_shown_last_stay_when_room_is_made(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    kept = Thumbnails(tmp_path / "kept")
    for stamp in range(10):
        kept.make(path, stamp, 128)
    files = [found for found in (tmp_path / "kept").rglob("*") if found.is_file()]
    for file in files:
        os.utime(file, (1_000_000, 1_000_000))
    assert kept.kept(path, 3, 128)  # shown again
    size = files[0].stat().st_size
    assert not kept.may_be_full
    kept.limit_bytes = 5 * size
    assert kept.may_be_full
    assert kept.trim() == 6 * size
    assert not kept.may_be_full
    assert kept.kept(path, 3, 128) is not None
    assert kept.trim() == 0
