"""Maps that are made of pictures, against plain second computations and figures whose edges are known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from transformers import CLIPImageProcessorPil

from core.control.preprocessors import MAKERS, blurred, map_of
from core.pictures.pixels import Pixels
from core.request.control import IMAGE_PROMPTS, PREPROCESSORS, Control


def noise(height: int = 37, width: int = 53, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def made(picture: Pixels, name: str, *values: float) -> Pixels:
    return map_of(picture, Control("net", "", preprocessor=name, values=values))


def square(dark: int = 0, light: int = 255) -> Pixels:
    picture = np.full((40, 50, 3), light, np.uint8)
    picture[10:30, 15:35] = dark
    return picture


def test_each_has_a_maker() -> None:
    assert MAKERS.keys() == PREPROCESSORS.keys()


@pytest.mark.parametrize("name", [name for name in PREPROCESSORS if name not in IMAGE_PROMPTS])
@pytest.mark.parametrize("size", [(1, 1), (1, 64), (37, 53), (64, 64)])
def test_a_map_has_the_size_of_its_picture(name: str, size: tuple[int, int]) -> None:
    picture = noise(*size)
    before = picture.copy()
    found = made(picture, name)
    assert (found.shape, found.dtype) == (picture.shape, np.uint8)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("size", [(1, 1), (5, 400), (400, 399), (224, 224)])
def test_an_ip_adapter_sees_what_clip_is_shown(size: tuple[int, int]) -> None:
    picture = noise(*size)
    plain = CLIPImageProcessorPil(do_rescale=False, do_normalize=False)(Image.fromarray(picture)).pixel_values[0]
    for name in IMAGE_PROMPTS:
        assert np.array_equal(made(picture, name), np.asarray(plain).transpose(1, 2, 0))


def test_edges_lie_around_a_square_in_one_closed_line() -> None:
    found = made(square(), "canny")
    assert set(np.unique(found)) == {0, 255}
    line = found[..., 0] > 0
    assert not line[:8].any()
    assert not line[32:].any()
    assert not line[13:27, 18:32].any()
    assert not line[:, :13].any()
    for row in range(12, 28):
        assert np.count_nonzero(line[row]) == 2, "a line is one pixel wide"


def plain_growth(seeds: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Returns the same by filling from each seed, place by place."""
    grown, waiting = np.zeros_like(within), [tuple(place) for place in np.argwhere(seeds & within)]
    while waiting:
        y, x = waiting.pop()
        if grown[y, x]:
            continue
        grown[y, x] = True
        around = [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        waiting += [
            place
            for place in around
            if 0 <= place[0] < within.shape[0] and 0 <= place[1] < within.shape[1] and within[place]
        ]
    return grown


@pytest.mark.parametrize("seed", range(5))
def test_weak_edges_stay_where_they_hang_together_with_strong_ones(seed: int) -> None:
    picture = noise(60, 80, seed)
    weak, strong = made(picture, "canny", 150, 150)[..., 0] > 0, made(picture, "canny", 255, 255)[..., 0] > 0
    both = made(picture, "canny", 150, 255)[..., 0] > 0
    assert np.array_equal(both, plain_growth(strong, weak))


def test_a_long_winding_edge_is_followed_to_its_end() -> None:
    picture = np.zeros((201, 201, 3), np.uint8)
    for ring in range(0, 90, 8):
        picture[ring : 201 - ring, ring : 201 - ring] = 30 if (ring // 8) % 2 else 0
    picture[:4, :4] = 255
    assert made(picture, "canny", 20, 250).any()


def test_lines_are_white_where_a_drawing_is_dark() -> None:
    drawing = np.full((60, 60, 3), 240, np.uint8)
    drawing[30, 10:50] = 20
    for name in ("lineart", "scribble"):
        found = made(drawing, name)[..., 0]
        assert found[30, 20:40].min() > 100
        assert found[:10].max() == 0


def test_black_and_white_by_each_pixels_darkest_colour() -> None:
    picture = np.array([[[127, 255, 255], [128, 255, 255], [0, 0, 0]]], np.uint8)
    assert made(picture, "threshold")[0, :, 0].tolist() == [0, 255, 0]
    assert made(picture, "threshold", 100)[0, :, 0].tolist() == [255, 255, 0]


def test_grey_is_the_lightness() -> None:
    colours = np.array([[[0, 0, 0], [255, 255, 255], [119, 119, 119], [255, 0, 0], [0, 255, 0]]], np.uint8)
    assert made(colours, "grey")[0, :, 0].tolist() == [0, 255, 128, 136, 224], "L* of 0, 100, 50, 53.2 and 87.7"


def test_inverting_twice_gives_the_picture_back() -> None:
    assert np.array_equal(made(made(noise(), "invert"), "invert"), noise())


def test_a_blur_keeps_the_mean_and_agrees_with_a_plain_sum() -> None:
    picture = noise(20, 24).astype(np.float32)
    sigma, radius = 1.5, 6
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(picture, ((radius, radius), (radius, radius), (0, 0)), mode="reflect")
    expected = sum(kernel[i] * kernel[j] * padded[i : i + 20, j : j + 24] for i in range(13) for j in range(13))
    assert np.abs(blurred(picture, sigma) - expected).max() < 1e-3


def test_without_detail_small_things_are_gone_and_large_ones_stay() -> None:
    fine = np.zeros((64, 64, 3), np.uint8)
    fine[:, ::2] = 255
    assert np.ptp(made(fine, "tile").astype(int)) < 30
    halves = np.zeros((64, 64, 3), np.uint8)
    halves[:, 32:] = 255
    found = made(halves, "tile", 4)
    assert found[:, :24].max() == 0
    assert found[:, 40:].min() == 255
