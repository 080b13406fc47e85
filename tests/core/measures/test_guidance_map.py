"""Guidance: its identity, and where it acts."""

from __future__ import annotations

import numpy as np

from core.measures.guidance_map import guidance_map
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
        cond, uncond = frame.cond.astype(np.float32), frame.uncond.astype(np.float32)
        np.testing.assert_allclose(uncond + 5.5 * (cond - uncond), frame.guided, atol=1e-4)
