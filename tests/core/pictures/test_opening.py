"""Pictures of unknown origin cost little and never crash. ``EMULSION_MUTATIONS=2000`` for the long run."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from core.errors import UnreadablePicture
from core.gallery.marks import NO_MARKS
from core.gallery.record import FileState, read_record
from core.gallery.thumbnails import thumbnail
from core.pictures.opening import open_picture
from core.pictures.saving import save_as
from tests.pictures import generated_image

MUTATIONS = int(os.environ.get("EMULSION_MUTATIONS", "150"))
SUFFIXES = (".png", ".jpg", ".webp")
LARGEST_MEMORY = 200 * 2**20
LONGEST_S = 10.0


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def header(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def pixels(width: int, height: int) -> bytes:
    return chunk(b"IDAT", zlib.compress(bytes((3 * width + 1) * height)))


END = chunk(b"IEND", b"")
BOMBS = {
    "huge dimensions": png(header(60_000, 60_000), chunk(b"IDAT", zlib.compress(bytes(1000))), END),
    "largest dimensions": png(header(2**31 - 1, 2**31 - 1), END),
    "no size": png(header(0, 0), END),
    "grows a thousandfold": png(header(9_000, 9_000), pixels(9_000, 9_000), END),
    "endless part": png(header(8, 8), struct.pack(">I4s", 2**31 - 1, b"tEXt") + b"parameters\0x"),
    "endless pixels": png(header(8, 8), struct.pack(">I4s", 2**31 - 1, b"IDAT") + b"x"),
    "cut off": png(header(8, 8), pixels(8, 8)[:10]),
    "no pixels": png(header(8, 8), END),
    "only a start": png(),
    "too many parts": png(header(8, 8), chunk(b"tIME", b"") * 200_000, pixels(8, 8), END),
    "JPEG of markers": b"\xff\xd8" + b"\xff\xe0\x00\x02" * 100_000,
    "JPEG of filling": b"\xff\xd8" + b"\xff" * 1_000_000,
    "WebP without an end": b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\xff" * 100,
    "AVIF of nothing": b"\0\0\0\x1cftypavif" + b"ispe" * 1000,
}


def mutated(content: bytes, dice: random.Random) -> bytes:
    """The content with one kind of damage."""
    data = bytearray(content)
    match dice.randrange(4):
        case 0:
            del data[dice.randrange(len(data)) :]
        case 1:
            for _ in range(dice.randrange(1, 20)):
                data[dice.randrange(len(data))] = dice.randrange(256)
        case 2:
            start = dice.randrange(len(data))
            data[start : start + dice.randrange(1, 64)] = dice.randbytes(dice.randrange(64))
        case _:
            start = dice.randrange(len(data))
            data[start:start] = data[: dice.randrange(1, 200)]
    return bytes(data)


def read_everything(path: Path) -> None:
    """Opens a picture in every way of the gallery; anything but a typed error fails the test."""
    status = path.stat()
    read_record(path, FileState("", path.name, status.st_size, status.st_mtime_ns), NO_MARKS)
    try:
        thumbnail(path, 256)
    except UnreadablePicture as error:
        assert error.reason


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_pictures_neither_crash_nor_take_long(tmp_path: Path, suffix: str) -> None:
    dice = random.Random(20)
    save_as(generated_image("a house, 家 🦊"), tmp_path / f"whole{suffix}")
    whole = (tmp_path / f"whole{suffix}").read_bytes()
    path = tmp_path / f"mutated{suffix}"
    for _ in range(MUTATIONS // len(SUFFIXES)):
        path.write_bytes(mutated(whole, dice))
        began = time.process_time()
        read_everything(path)
        assert time.process_time() - began < LONGEST_S


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_they_cost_anything(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(BOMBS[name])
    began = time.process_time()
    read_everything(path)
    with pytest.raises(UnreadablePicture):
        open_picture(path)
    assert time.process_time() - began < LONGEST_S


MEASURE = """
import resource, sys
from pathlib import Path
from tests.core.pictures.test_opening import read_everything

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[1:]:
    read_everything(Path(name))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


if sys.platform != "win32":  # which does not tell

    def test_neither_bombs_nor_the_largest_flat_picture_take_much_memory(tmp_path: Path) -> None:
        paths = [tmp_path / f"{number}.png" for number in range(len(BOMBS) + 1)]
        for path, content in zip(paths, BOMBS.values(), strict=False):
            path.write_bytes(content)
        paths[-1].write_bytes(png(header(4_700, 4_700), pixels(4_700, 4_700), END))
        assert thumbnail(paths[-1], 256).size == (256, 256)
        root = Path(__file__).parents[3]
        process = subprocess.run(
            [sys.executable, "-c", MEASURE, *map(str, paths)], cwd=root, capture_output=True, text=True, check=True
        )
        kibibytes = int(process.stdout) / (1024 if sys.platform == "darwin" else 1)
        assert kibibytes * 1024 < LARGEST_MEMORY


def test_huge_texts_are_no_reason_not_to_show_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    bomb = chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(300 * 2**20)))
    long = chunk(b"tEXt", b"prompt\0" + b"x" * 3 * 2**20)
    path.write_bytes(png(header(8, 8), bomb, long, pixels(8, 8), END))
    assert thumbnail(path, 256).size == (8, 8)
    record = read_record(path, FileState("", path.name, 1, 1), NO_MARKS)
    assert record.problem == ""
    assert record.size.width == 8


def test_large_pictures_that_are_what_they_seem_are_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.effect_noise((6000, 4000), 60).convert("RGB").save(path, quality=60)
    assert thumbnail(path, 256).size == (256, 171)
