"""A finished run is not lost at its last moment."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.engine import families
from core.engine.decoding import decoding
from core.engine.devices.device import plan
from core.errors import NotANumberPicture
from core.models.reading import read_model

Decode = Callable[..., Any]


@pytest.fixture
def family(models: Path) -> families.Family:
    return families.load(read_model(models / "tiny", "tiny"), plan("cpu", "bfloat16"))


@pytest.fixture
def latents() -> torch.Tensor:
    return torch.randn((1, 4, 6, 8), generator=torch.Generator().manual_seed(3))


def break_decode(family: families.Family, fails: Callable[[Any, torch.Tensor], bool], error: bool) -> None:
    vae = family.autoencoder()
    decode: Decode = vae.decode

    def failing(latents: torch.Tensor, **options: Any) -> Any:
        if not fails(vae, latents):
            return decode(latents, **options)
        if error:
            raise torch.OutOfMemoryError
        return (decode(latents, **options)[0] * float("nan"),)

    vae.decode = failing


def test_a_good_decode_needs_no_note(family: families.Family, latents: torch.Tensor) -> None:
    pixels, note = decoding.decode(family, latents)
    assert pixels.shape == (24, 32, 3)
    assert note == ""


def test_nan_in_16_bit_is_decoded_again_in_float32(
    family: families.Family, latents: torch.Tensor, expected_warnings: list[str]
) -> None:
    expected_warnings.append("not numbers")
    before = decoding.decode(family, latents)[0]
    break_decode(family, lambda _, x: x.dtype is not torch.float32, error=False)
    pixels, note = decoding.decode(family, latents)
    assert note == "decoded in float32"
    assert np.abs(pixels.astype(int) - before).mean() < 4
    assert family.autoencoder().dtype is torch.bfloat16


def test_out_of_memory_is_decoded_in_tiles(
    family: families.Family, latents: torch.Tensor, expected_warnings: list[str]
) -> None:
    expected_warnings.append("out of memory")
    break_decode(family, lambda vae, _: not vae.use_tiling, error=True)
    _, note = decoding.decode(family, latents)
    assert note == "decoded in tiles"
    assert not family.autoencoder().use_tiling


def test_the_whole_picture_is_kept_where_room_can_be_made(
    family: families.Family, latents: torch.Tensor, expected_warnings: list[str]
) -> None:
    expected_warnings.append("out of memory")
    whole, _ = decoding.decode(family, latents)
    told: list[str] = []

    @contextmanager
    def alone(name: str) -> Generator[None]:
        told.append(name)
        yield
        told.append("back")

    break_decode(family, lambda _vae, _latents: not told, error=True)
    pixels, note = decoding.decode(family, latents, alone)
    assert (note, told) == ("", ["vae", "back"])
    np.testing.assert_array_equal(pixels, whole)


def test_tiles_are_not_tried_against_values_that_are_not_numbers(
    family: families.Family, latents: torch.Tensor, expected_warnings: list[str]
) -> None:
    expected_warnings.append("not numbers")
    tried: list[tuple[bool, torch.dtype]] = []

    def never(vae: Any, x: torch.Tensor) -> bool:
        tried.append((vae.use_tiling, x.dtype))
        return True

    break_decode(family, never, error=False)
    with pytest.raises(NotANumberPicture):
        decoding.decode(family, latents)
    assert tried == [(False, torch.bfloat16), (False, torch.float32), (False, torch.float32)]


def test_values_that_are_never_numbers_are_told(
    family: families.Family, latents: torch.Tensor, expected_warnings: list[str]
) -> None:
    expected_warnings.append("not numbers")
    break_decode(family, lambda _, __: True, error=False)
    with pytest.raises(NotANumberPicture):
        decoding.decode(family, latents)


def test_memory_that_is_never_enough_is_told(
    family: families.Family, latents: torch.Tensor, expected_warnings: list[str]
) -> None:
    expected_warnings.append("out of memory")
    tried: list[tuple[bool, torch.dtype]] = []

    def never(vae: Any, x: torch.Tensor) -> bool:
        tried.append((vae.use_tiling, x.dtype))
        return True

    break_decode(family, never, error=True)
    with pytest.raises(torch.OutOfMemoryError):
        decoding.decode(family, latents)
    assert tried == [(False, torch.bfloat16), (True, torch.bfloat16), (False, torch.float32)]  # at last on the CPU
