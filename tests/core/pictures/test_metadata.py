from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.errors import SaveFailed, UnreadablePicture
from core.pictures.metadata import encode_for, encode_png, read_recipe
from core.pictures.saving import save_as
from core.recipes.recipe import signed
from tests.pictures import generated_image

CREATED = datetime(2026, 11, 21, 14, 25, 30, tzinfo=UTC)
PROMPTS = (
    "a red house",
    'café: "two"\nlines, 海 😀 Ã©',
    "\0 \udcff ÿ\x7f",
    "Negative prompt: none\nSteps: 1, a: b, c: d",
)


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".webp"])
def test_the_recipe_comes_back_from_every_format(tmp_path: Path, suffix: str, prompt: str) -> None:
    image = generated_image(prompt)
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(encode_for(path, image, CREATED))
    assert read_recipe(path) == signed(image.recipe, CREATED)


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_pixels_are_kept_exactly(tmp_path: Path, suffix: str) -> None:
    image = generated_image()
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(encode_for(path, image, CREATED))
    with Image.open(path) as opened:
        assert np.array_equal(np.asarray(opened), image.pixels)


def test_other_programs_find_both_texts_before_the_pixels(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    save_as(generated_image("海"), path)
    content = path.read_bytes()
    assert content.index(b"parameters") < content.index(b"emulsion") < content.index(b"IDAT")
    with Image.open(path) as opened:
        assert opened.info["parameters"].startswith("海\nNegative prompt: blurry\nSteps: 20, Sampler: DDIM")
        assert json.loads(opened.info["emulsion"])["request"]["seed"] == 7


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_other_programs_find_the_comment_in_exif(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(encode_for(path, generated_image("海"), CREATED))
    with Image.open(path) as opened:
        comment = opened.getexif().get_ifd(0x8769)[0x9286]
    assert comment[:8] == b"UNICODE\0"
    assert comment[8:].decode("utf-16-be").startswith("海\nNegative prompt: blurry\nSteps: 20")


def test_a_recipe_of_another_program_is_read(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("parameters", "a castle\nSteps: 9, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 64x64")
    path = tmp_path / "picture.png"
    Image.new("RGB", (8, 8)).save(path, pnginfo=info)
    assert (read_recipe(path).request.prompt, read_recipe(path).request.sampler) == ("a castle", "euler_a")


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({}, "no recipe"),
        ({"parameters": "a caption"}, "not a recipe"),
        ({"emulsion": "{"}, "damaged"),
        ({"emulsion": '{"format": 99}'}, "newer Emulsion"),
    ],
)
def test_why_there_is_no_recipe_is_told(tmp_path: Path, texts: dict[str, str], reason: str) -> None:
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    path = tmp_path / "picture.png"
    Image.new("RGB", (8, 8)).save(path, pnginfo=info)
    with pytest.raises(UnreadablePicture) as refused:
        read_recipe(path)
    assert reason in refused.value.reason


def test_very_long_prompts_fit_into_png_and_webp_but_not_jpeg(tmp_path: Path) -> None:
    image = generated_image("house " * 20_000)
    for suffix in (".png", ".webp"):
        path = tmp_path / f"picture{suffix}"
        path.write_bytes(encode_for(path, image, CREATED))
        assert read_recipe(path).request == image.request
    with pytest.raises(SaveFailed):
        encode_for(tmp_path / "picture.jpg", image, CREATED)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(SaveFailed):
        encode_for(Path("picture.bmp"), generated_image(), CREATED)


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert encode_png(generated_image(), CREATED) == encode_png(generated_image(), CREATED)
