"""Recipes in the lowest bits of pixels, as Forge, NovelAI and SwarmUI write them."""

import gzip
import json
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.errors import UnreadablePicture
from core.pictures.metadata import read_recipe
from core.pictures.stealth import read_stealth
from tests.core.recipes.other_programs.pictures import SWARM_UI, novel_ai_texts

TEXT = "a red lighthouse, 海\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42"


def hidden(
    path: Path, content: bytes, mark: bytes, size: tuple[int, int] = (96, 72), bits: int | None = None
) -> Path:
    """A PNG with a content, whose length is told as ``bits``, in alpha or in the colours."""
    length = 8 * len(content) if bits is None else bits
    stream = np.unpackbits(np.frombuffer(mark + struct.pack(">I", length) + content, np.uint8))
    width, height = size
    pixels = np.full((width, height, 4), 200, np.uint8)  # column by column
    channels = slice(0, 3) if b"rgb" in mark else slice(3, 4)
    values = pixels[:, :, channels].reshape(-1) & 254
    values[: len(stream)] |= stream[: len(values)]
    pixels[:, :, channels] = values.reshape(width, height, -1)
    picture = Image.fromarray(pixels.transpose(1, 0, 2))
    (picture.convert("RGB") if b"rgb" in mark else picture).save(path)
    return path


@pytest.mark.parametrize("mark", [b"stealth_pnginfo", b"stealth_pngcomp", b"stealth_rgbinfo", b"stealth_rgbcomp"])
def test_all_four_kinds_are_read(tmp_path: Path, mark: bytes) -> None:
    content = gzip.compress(TEXT.encode()) if mark.endswith(b"comp") else TEXT.encode()
    path = hidden(tmp_path / "a.png", content, mark)
    assert read_stealth(path) == TEXT
    recipe = read_recipe(path)
    assert (recipe.request.prompt, recipe.request.seed, str(recipe.request.size)) == (
        "a red lighthouse, 海",
        42,
        "96x72",
    )


@pytest.mark.parametrize(
    ("text", "prompt"), [(json.dumps(SWARM_UI), "a bridge"), (json.dumps(novel_ai_texts()), "a castle")]
)
def test_json_of_other_programs_is_read_there_too(tmp_path: Path, text: str, prompt: str) -> None:
    path = hidden(tmp_path / "a.png", gzip.compress(text.encode()), b"stealth_pngcomp")
    assert read_recipe(path).request.prompt == prompt


def test_a_text_that_everybody_sees_comes_first(tmp_path: Path) -> None:
    path = hidden(tmp_path / "a.png", TEXT.encode(), b"stealth_pnginfo")
    info = PngInfo()
    info.add_text("parameters", "a shed\nSteps: 3, Sampler: Euler, Seed: 1")
    with Image.open(path) as picture:
        picture.load()
        picture.save(path, pnginfo=info)
    assert read_recipe(path).request.prompt == "a shed"


BOMB = gzip.compress(bytes(200 * 2**20))


@pytest.mark.parametrize(
    ("content", "mark", "bits"),
    [
        (b"", b"stealth_pngcomp", None),
        (b"not gzip", b"stealth_pngcomp", None),
        (gzip.compress(b"cut off", mtime=0)[:-6], b"stealth_pngcomp", None),
        (zlib.compress(b"no head"), b"stealth_pngcomp", None),
        (BOMB, b"stealth_pngcomp", None),
        (b"too long", b"stealth_pngcomp", 2**32 - 1),
        (b"too long", b"stealth_rgbcomp", 8 * 2**20),
        (b"other mark", b"stealth_pngwhat", None),
        (b"holiday", b"stealth_pnginfo", None),
    ],
)
def test_hostile_and_damaged_ones_are_no_recipe(
    tmp_path: Path, content: bytes, mark: bytes, bits: int | None
) -> None:
    size = (800, 800) if content is BOMB else (40, 40)
    path = hidden(tmp_path / "a.png", content, mark, size, bits)
    began = time.process_time()
    with pytest.raises(UnreadablePicture, match="no recipe"):
        read_recipe(path)
    assert time.process_time() - began < 20


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "1", "LA"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5)])
def test_pictures_without_one_are_no_recipe(tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    path = tmp_path / "a.png"
    Image.new(mode, size).save(path)
    assert read_stealth(path) == ""
