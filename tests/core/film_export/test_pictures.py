"""Pictures of the calls of a film without a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.film.film import Film, Latent
from core.film_export.pictures import GAP_PX, PICTURES, caption, export_frames
from core.pictures.pixels import Pixels
from tests import synthetic_film


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
def test_every_picture_has_the_size_of_the_latent(name: str, guidance_scale: float) -> None:
    film = synthetic_film.film(3, shape=(4, 8, 12), guidance_scale=guidance_scale)
    picture = PICTURES[name](film, film.frames[1])
    assert (picture.shape, picture.dtype) == ((8, 12, 3), np.uint8)


def test_captions_tell_step_and_noise_and_call_the_last_one_finished() -> None:
    film = synthetic_film.film(30)
    frame = replace(film.frames[11], sigma=4.1234)
    assert caption(film, frame) == "12/30 · 80 % noise"
    assert caption(film, replace(frame, sigma=np.inf)) == "12/30 · 100 % noise"
    assert caption(film, film.frames[-1]) == "30/30 · finished"


def test_pictures_stand_side_by_side_in_the_size_of_the_finished_one() -> None:
    film = synthetic_film.film(3, shape=(4, 8, 8))
    frames = list(export_frames(film, ["denoised", "noisy", "guidance"]))
    assert len(frames) == 3
    assert frames[0].picture.shape == (64, 3 * 64 + 2 * GAP_PX, 3)


def test_the_true_pictures_are_used_where_there_are_some() -> None:
    film = synthetic_film.film(2, shape=(4, 8, 8), space="ve")
    asked: list[np.ndarray] = []

    def decode(_film: Film, latent: Latent) -> Pixels:
        asked.append(latent)
        return np.full((64, 64, 3), 7, np.uint8)

    frames = list(export_frames(film, ["denoised", "noisy", "predicted_noise"], decode))
    assert (frames[0].picture[:, :64] == 7).all()
    assert not (frames[0].picture[:, -64:] == 7).all()
    np.testing.assert_array_equal(asked[0], film.frames[0].denoised)
    assert asked[1].std() == pytest.approx(1, abs=0.2)  # variance preserving, though the film is not
