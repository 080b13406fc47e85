"""Guidance: its identity, and where it acts."""

from __future__ import annotations

import numpy as np

from core.measures.guidance_map import guidance_map, guided
from tests import synthetic_film


def test_the_map_is_the_norm_over_the_channels() -> None:
    uncond = np.zeros((2, 2, 3), np.float16)
    cond = uncond.copy()
    cond[:, 1, 2] = [3, 4]
    np.testing.assert_array_equal(guidance_map(cond, uncond), [[0, 0, 0], [0, 0, 5]])


def test_every_frame_obeys_the_guidance_identity() -> None:
    film = synthetic_film.film(6, guidance_scale=5.5)
    for frame in film.frames:
        assert frame.cond is not None
        assert frame.uncond is not None
        np.testing.assert_allclose(guided(frame.cond, frame.uncond, 5.5), frame.guided, atol=1e-4)


def test_a_scale_of_one_is_the_prompt_alone_and_zero_is_none() -> None:
    rng = np.random.default_rng(0)
    cond, uncond = rng.standard_normal((2, 4, 4, 4)).astype(np.float32)
    np.testing.assert_allclose(guided(cond, uncond, 1), cond, atol=1e-6)
    np.testing.assert_array_equal(guided(cond, uncond, 0), uncond)
