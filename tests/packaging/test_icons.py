from __future__ import annotations

import icons
import numpy as np
import pytest
from PIL import Image
from PIL.IcoImagePlugin import IcoImageFile


def test_every_size_is_there_and_square(drawn: icons.Icons) -> None:
    assert set(drawn.pngs) == {16, 22, 24, 32, 48, 64, 96, 128, 256, 512}
    for size, path in drawn.pngs.items():
        with Image.open(path) as png:
            assert png.size == (size, size)


@pytest.mark.parametrize("size", [16, 32, 256])
def test_the_sun_is_bright_the_sea_is_dark_and_a_corner_is_clear(drawn: icons.Icons, size: int) -> None:
    with Image.open(drawn.pngs[size]) as png:
        pixels = np.asarray(png.convert("RGBA")).astype(int)
    at = {name: pixels[int(y * size), int(x * size)] for name, (x, y) in PLACES.items()}
    assert at["sun"][:3].min() > 180
    assert at["sea"][:3].max() < 130
    assert at["corner"][3] == 0


PLACES = {"sun": (0.6, 0.55), "sea": (0.2, 0.9), "corner": (0.99, 0.99)}


def test_the_small_sizes_show_grains_of_many_colours(drawn: icons.Icons) -> None:
    with Image.open(drawn.pngs[16]) as png:
        grains = np.asarray(png.convert("RGB"))[1:6, 1:6].reshape(-1, 3)
    assert len(np.unique(grains // 32, axis=0)) > 8


def test_the_icon_of_windows_has_its_sizes_and_each_is_drawn_by_itself(drawn: icons.Icons) -> None:
    with Image.open(drawn.ico) as ico:
        assert {size for size, _ in ico.info["sizes"]} == set(icons.ICO_SIZES_PX)
        assert isinstance(ico, IcoImageFile)
        small = np.asarray(ico.ico.getimage((16, 16)).convert("RGBA"))
    with Image.open(drawn.pngs[16]) as png:
        assert np.array_equal(small, np.asarray(png))


def test_the_icon_of_macos_has_a_margin(drawn: icons.Icons) -> None:
    with Image.open(drawn.icns) as icns:
        icns.load()
        assert icns.size == (1024, 1024)
        left, top, right, bottom = icns.convert("RGBA").getchannel("A").getbbox() or (0, 0, 0, 0)
    assert 90 <= left <= 110
    assert 90 <= top <= 110
    assert 914 <= right <= 934
    assert 914 <= bottom <= 934
