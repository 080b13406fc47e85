from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import pytest

from core.errors import UnreadablePicture
from core.pictures.text_chunks import LARGEST_TEXT, read_texts

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*chunks: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"".join((PNG, head, *chunks, chunk(b"IDAT", zlib.compress(b"\0\0\0\0")), chunk(b"IEND", b"")))


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "picture"
    path.write_bytes(content)
    return path


def test_all_three_kinds_of_text_are_read(tmp_path: Path) -> None:
    content = png(
        chunk(b"tEXt", b"plain\0caf\xe9"),
        chunk(b"zTXt", b"packed\0\0" + zlib.compress(b"squeezed")),
        chunk(b"iTXt", b"world\0\0\0en\0\0" + "海".encode()),
        chunk(b"iTXt", b"packed world\0\1\0\0\0" + zlib.compress("海辺".encode())),
    )
    assert read_texts(written(tmp_path, content)) == {
        "plain": "café",
        "packed": "squeezed",
        "world": "海",
        "packed world": "海辺",
    }


def test_text_after_the_pixels_is_read(tmp_path: Path) -> None:
    content = png().removesuffix(chunk(b"IEND", b"")) + chunk(b"tEXt", b"late\0text") + chunk(b"IEND", b"")
    assert read_texts(written(tmp_path, content)) == {"late": "text"}


def test_utf8_in_a_latin1_chunk_is_understood(tmp_path: Path) -> None:
    content = png(chunk(b"tEXt", b"parameters\0" + "海".encode()))
    assert read_texts(written(tmp_path, content)) == {"parameters": "海"}


def test_the_first_text_of_a_name_counts(tmp_path: Path) -> None:
    content = png(chunk(b"tEXt", b"a\0first"), chunk(b"tEXt", b"a\0second"))
    assert read_texts(written(tmp_path, content)) == {"a": "first"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a PNG"),
        (b"GIF89a" + bytes(100), "not a PNG"),
        (PNG, "cut off"),
        (png()[:-20], "cut off"),
        (PNG + struct.pack(">I", 2**31) + b"tEXt", "cut off"),
        (PNG + struct.pack(">I", 2**20) + b"tEXt" + b"short", "cut off"),
        (png(chunk(b"tEXt", b"a\0" + bytes(LARGEST_TEXT))), "more than 1.0 MB"),
        (png(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(500 * LARGEST_TEXT)))), "more than 1.0 MB"),
        (png(*[chunk(b"tEXt", b"a\0b")] * 1_001), "more than 1000 parts"),
        (png(*[chunk(b"IDAT", b"")] * 100_001), "parts"),
        (png(chunk(b"zTXt", b"a\0\0not zlib")), "damaged"),
        (b"\xff\xd8\xff\xe1\xff\xff", "cut off"),
        (b"\xff\xd8\xff\xe1\x00\x08Exif\0\0", "damaged"),
        (b"\xff\xd8\xff\xe1\x00\x10Exif\0\0MM\0\x2a\0\0\0\xff", "damaged"),
        (b"\xff\xd8" + b"\xff" * 5_000, "parts"),
        (b"\xff\xd8\xff\x00\x00", "damaged"),
        (b"RIFF\0\0\0\0WEBPEXIF\xff\xff\xff\xff", "more than 17 MB"),
        (b"RIFF\0\0\0\0WEBPEXIF\x04\0\0\0what", "damaged"),
    ],
)
def test_hostile_and_damaged_files_are_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    began = time.process_time()
    with pytest.raises(UnreadablePicture) as refused:
        read_texts(written(tmp_path, content))
    assert reason in refused.value.reason
    assert time.process_time() - began < 20


LARGE = chunk(b"tEXt", b"workflow\0" + bytes(LARGEST_TEXT))


@pytest.mark.parametrize(
    "other",
    [
        LARGE,
        chunk(b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(bytes(3 * LARGEST_TEXT))),
        chunk(b"zTXt", b"workflow\0\0not zlib"),
        chunk(b"eXIf", b"what"),
        LARGE * 50,
    ],
)
def test_a_text_that_is_too_large_or_damaged_costs_only_itself(tmp_path: Path, other: bytes) -> None:
    small = chunk(b"tEXt", b"prompt\0a house")
    for content in (png(other, small), png(small, other)):
        assert read_texts(written(tmp_path, content)) == {"prompt": "a house"}


def test_the_sum_of_all_texts_is_bounded(tmp_path: Path) -> None:
    content = png(*[chunk(b"tEXt", b"%d\0" % i + bytes(LARGEST_TEXT - 10)) for i in range(9)])
    texts = read_texts(written(tmp_path, content))
    assert list(texts) == ["0", "1", "2", "3"]


def test_every_cut_of_a_file_is_answered(tmp_path: Path) -> None:
    content = png(chunk(b"tEXt", b"a\0b"), chunk(b"zTXt", b"a\0\0" + zlib.compress(b"c")))
    for length in range(len(content) - 4):  # the last four bytes are a checksum that nobody reads
        with pytest.raises(UnreadablePicture):
            read_texts(written(tmp_path, content[:length]))


@pytest.mark.parametrize("name", ["missing.png", "."])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadablePicture) as refused:
        read_texts(tmp_path / name)
    assert refused.value.path == tmp_path / name
