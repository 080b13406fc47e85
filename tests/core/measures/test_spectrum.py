"""The spectrum keeps the power (Parseval) and puts waves into the band of their frequency."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.spectrum import Spectrum, settled_bands, spectrum


def wave(height: int, width: int, rows: int, columns: int) -> np.ndarray:
    """A cosine with so many cycles per picture; its mean square is 1/2."""
    y, x = np.mgrid[:height, :width]
    return np.cos(2 * np.pi * (rows * y / height + columns * x / width)).astype(np.float32)[None]


@pytest.mark.parametrize("shape", [(4, 16, 16), (4, 64, 64), (3, 12, 40), (1, 1, 8), (2, 9, 7)])
def test_bands_add_up_to_the_mean_square(shape: tuple[int, int, int]) -> None:
    latent = np.random.default_rng(3).normal(0.4, 1.3, shape).astype(np.float32)
    measured = spectrum(latent)
    assert measured.power.sum() + measured.mean_power == pytest.approx(np.mean(latent.astype(np.float64) ** 2))


@pytest.mark.parametrize(
    ("cycles", "band"), [((0, 1), 0), ((1, 1), 0), ((2, 0), 1), ((0, 3), 1), ((4, 4), 2), ((0, 16), 4)]
)
def test_a_wave_lies_in_the_octave_of_its_frequency(cycles: tuple[int, int], band: int) -> None:
    measured = spectrum(wave(64, 64, *cycles))
    assert measured.edges[band] <= np.hypot(*cycles) < measured.edges[band + 1]
    assert measured.power[band] == pytest.approx(0.5)
    assert measured.power.sum() == pytest.approx(0.5)


def test_frequencies_of_an_oblong_picture_are_counted_along_its_longer_side() -> None:
    measured = spectrum(wave(16, 64, 2, 0))  # two cycles in 16 rows are eight in 64
    assert measured.power[3] == pytest.approx(0.5)


def test_a_constant_has_no_frequency() -> None:
    measured = spectrum(np.full((4, 8, 8), 3.0, np.float16))
    assert measured.mean_power == pytest.approx(9)
    assert measured.power.sum() == pytest.approx(0, abs=1e-9)


def test_white_noise_has_as_much_power_at_each_frequency() -> None:
    noise = np.random.default_rng(4).standard_normal((64, 64, 64)).astype(np.float32)
    measured = spectrum(noise)
    cycles = np.fft.fftfreq(64, 1 / 64)
    counts, _ = np.histogram(np.hypot(cycles[:, None], cycles), measured.edges)
    np.testing.assert_allclose(measured.power / counts, 1 / 64**2, rtol=0.15)


def test_bands_settle_at_the_call_from_which_their_power_stays_near_the_last() -> None:
    edges = np.array([1.0, 2.0, 4.0])
    powers = [(0.1, 2.0), (0.9, 2.0), (0.5, 1.1), (1.1, 0.9), (1.0, 1.0)]
    spectra = [Spectrum(edges, np.array(power), 0.0) for power in powers]
    assert settled_bands(spectra) == [3, 2]
    assert settled_bands(spectra[-1:]) == [0, 0]
