"""Cards say how a model would run on a machine: by its device, the memory that is free, and the model's plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.models.fit import Level, fit_of
from app.session.device import ChosenDevice
from core.models.downloadable import KnownModel, known_models
from core.models.memory_plan import GIB, DeviceMemory

KNOWN = {model.key: model for model in known_models()}
SD15, SDXL = KNOWN["stable-diffusion-v1-5"], KNOWN["stable-diffusion-xl-base-1.0"]
Z_IMAGE = replace(KNOWN["Z-Image-Turbo"], weights=None)
COMPUTER = DeviceMemory("cpu", 32 * GIB, 24 * GIB)


def card(free_gib: float, dtype: str = "bfloat16") -> ChosenDevice:
    """A graphics card, of which a little is always in use."""
    memory = DeviceMemory("cuda", int(free_gib * 1.1 * GIB), int(free_gib * GIB))
    return ChosenDevice("cuda", "Example 4060", dtype, "", memory)


@pytest.mark.parametrize(
    ("model", "free_gib", "level", "words"),
    [
        (SD15, 3.6, Level.fits, "Runs fast: needs about"),
        (SD15, 7.3, Level.fits, "Runs fast: needs about 2.9 GB of memory, 7.8 GB free."),
        (SDXL, 3.6, Level.with_offloading, "a few layers on the device at a time"),
        (SDXL, 7.3, Level.fits, "text encoder unloaded after use, decoded in tiles"),
        (SDXL, 22.5, Level.fits, "Runs fast: needs about 10.2 GB of memory, 24.2 GB free."),
        (Z_IMAGE, 7.3, Level.with_offloading, "With offloading, slower, if at all: needs about 16.0 GB"),
        (Z_IMAGE, 22.5, Level.fits, "Runs fast: needs about 16.0 GB"),
    ],
)
def test_graphics_cards_of_4_8_and_24_gb(model: KnownModel, free_gib: float, level: Level, words: str) -> None:
    fit = fit_of(model, card(free_gib), COMPUTER)
    assert fit.level is level
    assert words in fit.sentence


def test_an_apple_gpu_with_16_gb_of_shared_memory() -> None:
    memory = DeviceMemory("mps", int(10.7 * GIB), int(9.5 * GIB))
    mac = ChosenDevice("mps", "Apple GPU", "float16", "", memory)
    assert fit_of(SD15, mac, COMPUTER).level is Level.fits
    fit = fit_of(SDXL, mac, COMPUTER)
    assert fit.level is Level.fits
    assert "decoded in tiles" in fit.sentence


@pytest.mark.parametrize(
    ("model", "level", "words"),
    [
        (SD15, Level.fits, "Fits, but slow without a GPU: needs about 5.9 GB"),
        (SDXL, Level.will_not_fit, "6.4 GB free. With weights in 8 bit (Preferences, Memory) it would."),
        (Z_IMAGE, Level.will_not_fit, "Too large: needs about 32.0 GB of memory"),
    ],
)
def test_a_computer_with_8_gb_and_no_graphics_card(model: KnownModel, level: Level, words: str) -> None:
    processor = ChosenDevice("cpu", "Example 7", "float32", "")
    fit = fit_of(model, processor, DeviceMemory("cpu", 8 * GIB, 6 * GIB))
    assert fit.level is level
    assert words in fit.sentence


def test_a_card_that_nothing_fits_says_so_with_its_figures() -> None:
    fit = fit_of(SDXL, card(0.4), COMPUTER)
    assert fit.level is Level.will_not_fit
    assert fit.sentence == "Too large: needs about 1.6 GB of memory, 429 MB free."


def test_a_model_that_would_fill_the_memory_to_the_brim_does_not_fit_and_says_why() -> None:
    processor = ChosenDevice("cpu", "Example 7", "bfloat16", "")
    fit = fit_of(Z_IMAGE, processor, DeviceMemory("cpu", 24 * GIB, int(15.6 * GIB)))
    assert fit.level is Level.will_not_fit
    assert fit.sentence.endswith("needs about 16.0 GB of memory, 16.8 GB free, 8% of it kept in reserve.")


def test_before_a_device_is_known_nothing_is_promised() -> None:
    fit = fit_of(SDXL, None, COMPUTER)
    assert fit.level is Level.unknown
    assert "It needs 8.0 GB of graphics memory." in fit.sentence
    nameless = ChosenDevice("xpu", "", "float16", "")
    assert fit_of(SDXL, nameless, COMPUTER).level is Level.unknown
