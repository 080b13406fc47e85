"""Source pictures come from anywhere: they are read upright, in RGB, cut to shape, or refused with a reason."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.errors import UnreadablePicture
from core.files.atomic import TEMPORARY_PREFIX, TEMPORARY_SUFFIX
from core.pictures.source import found, keep_sources, read_source
from core.request.request import GenerationRequest, Size, Source

ORIENTATION = 0x0112


def read(path: Path, width: int = 32, height: int = 32) -> np.ndarray:
    return read_source(Source(str(path), 0.5), Size(width, height)).pixels


def halves(width: int, height: int) -> Image.Image:
    """Red on the left, blue on the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (255, 0, 0)
    pixels[:, width // 2 :] = (0, 0, 255)
    return Image.fromarray(pixels)


def test_a_picture_of_the_right_size_is_taken_as_it_is(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    picture = read_source(Source(str(tmp_path / "a.png"), 0.5), Size(32, 24))
    assert np.array_equal(picture.pixels, pixels)
    assert picture.sha256 == hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()


@pytest.mark.parametrize(("width", "height"), [(200, 50), (50, 200), (7, 5), (64, 64)])
def test_the_middle_fills_the_size_without_distortion(tmp_path: Path, width: int, height: int) -> None:
    halves(width, height).save(tmp_path / "a.png")
    pixels = read(tmp_path / "a.png", 48, 32)
    assert pixels.shape == (32, 48, 3)
    assert pixels[16, 2, 0] > 200 > 50 > pixels[16, 2, 2]
    assert pixels[16, -3, 2] > 200 > 50 > pixels[16, -3, 0]


def test_photos_that_were_taken_sideways_are_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # turn clockwise: left becomes top
    halves(32, 32).save(tmp_path / "a.jpg", exif=exif, quality=95)
    pixels = read(tmp_path / "a.jpg")
    assert pixels[2, 16, 0] > 200
    assert pixels[-3, 16, 2] > 200


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colours_becomes_rgb(tmp_path: Path, mode: str) -> None:
    white = Image.new("RGB", (8, 8), "white")
    picture = Image.new("I;16", (8, 8), 65535) if mode == "I;16" else white.convert(mode)
    path = tmp_path / ("a.tiff" if mode == "CMYK" else "a.png")
    picture.save(path)
    assert (read(path) == 255).all()


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (200, 0, 0, 0)).save(tmp_path / "a.png")
    assert (read(tmp_path / "a.png") == 255).all()


def png_header(width: int, height: int) -> bytes:
    """Such a picture, cut off where its pixels begin."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    ihdr = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    ends = (struct.pack(">I", 0) + kind + struct.pack(">I", zlib.crc32(kind)) for kind in (b"IDAT", b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + ihdr + b"".join(ends)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a PNG"),
        (b"no picture", "not a PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not a PNG"),
        (png_header(100, 100), "damaged"),
        (png_header(100, 100)[:-10], "cut off"),
        (png_header(12_000, 12_000), "more than 89 million pixels"),
        (png_header(100_000, 100_000), "more than 89 million pixels"),
        (None, "this file does not exist"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadablePicture, match=reason):
        read(path)


def test_a_text_of_any_size_inside_a_picture_does_not_matter(tmp_path: Path) -> None:
    texts = PngInfo()
    texts.add_text("workflow", "{" + " " * 2**21 + "}")
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png", pnginfo=texts)
    assert np.all(read(tmp_path / "a.png") == (255, 0, 0))


def test_damage_anywhere_in_a_picture_gives_a_picture_or_the_one_error(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    halves(32, 32).save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(whole[: rng.integers(1, len(whole) + 1)])
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            assert read(path).shape == (32, 32, 3)
        except UnreadablePicture as error:
            assert error.path == path


def test_a_file_that_is_no_longer_the_one_of_the_recipe_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    halves(8, 8).save(path)
    source = Source(str(path), 0.5, read_source(Source(str(path), 0.5), Size(8, 8)).sha256)
    assert read_source(source, Size(8, 8)).sha256 == source.sha256
    halves(8, 16).save(path)
    with pytest.raises(UnreadablePicture, match="changed"):
        read_source(source, Size(8, 8))


def test_a_source_is_found_by_name_and_hash(tmp_path: Path) -> None:
    beside, pictures = tmp_path / "beside", tmp_path / "pictures"
    for folder in (beside, pictures):
        folder.mkdir()
    halves(8, 8).save(pictures / "photo.png")
    halves(8, 16).save(beside / "photo.png")
    digest = hashlib.sha256((pictures / "photo.png").read_bytes()).hexdigest()
    folders = (beside, pictures)
    assert found(Source("photo.png", 0.5, digest), folders).path == str(pictures / "photo.png")
    assert found(Source("photo.png", 0.5, digest[:10]), folders).path == str(pictures / "photo.png")
    for name, sha256 in (("photo.png", ""), ("other.png", digest), ("photo.png", "0" * 64), ("", digest)):
        unknown = Source(name, 0.5, sha256)
        assert found(unknown, folders) == unknown


def test_a_copy_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (1, 2, 3)).save(photo := tmp_path / "photo.png")
    sha256 = hashlib.sha256(photo.read_bytes()).hexdigest()
    place = tmp_path / "sources" / sha256[:10]
    place.mkdir(parents=True)
    (place / f"{TEMPORARY_PREFIX}1234{TEMPORARY_SUFFIX}").write_bytes(photo.read_bytes()[:20])
    source = Source(str(photo), 0.5)
    for _ in range(2):
        keep_sources(GenerationRequest("", source=source), tmp_path / "sources")
    photo.unlink()
    assert found(Source("photo.png", 0.5, sha256), (tmp_path / "sources",)).path == str(place / "photo.png")
