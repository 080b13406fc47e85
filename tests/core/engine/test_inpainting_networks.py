"""Networks that were trained with masks: rebuilt, resumed, branched and asked once; also without a mask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.runs.branch import Branch
from core.runs.events import ImageReady, MaskMissing
from core.runs.operations import (
    EncodePicture,
    Generate,
    GenerateBranch,
    OpenFilm,
    PredictOnce,
    RecordAttention,
    result_of,
)
from tests import tiny
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready
from tests.core.engine.test_inpainting import asked, far_from_house, photo_of


@pytest.fixture(scope="module")
def inpainting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose network sees mask and picture, in a folder of models."""
    folder = tmp_path_factory.mktemp("models")
    tiny.stable_diffusion(folder / "inpainting", in_channels=9)
    return folder


@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_a_network_for_inpainting_is_rebuilt_resumed_and_branched(
    strength: float, inpainting: Path, tmp_path: Path
) -> None:
    engine = Engine(Catalogue((inpainting,)), "cpu", "float32", collect=lambda: None)
    request = asked(tmp_path, replace(REQUEST, model="inpainting", sampler="euler_a"), strength, softness=2.0)
    whole = ready(list(engine.run(Generate(request))))
    far = far_from_house(6)
    assert np.array_equal(whole.image.pixels[far], photo_of(request)[far])
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    for call in (0, 2):
        again = ready(list(engine.run(GenerateBranch(Branch(film, call, film.request)))))
        assert np.array_equal(again.image.pixels, whole.image.pixels)
    record = result_of(engine, RecordAttention(film))
    assert record is not None
    engine.close()


def test_such_a_network_is_asked_once_about_noise_as_the_loop_asks_it(inpainting: Path, tmp_path: Path) -> None:
    engine = Engine(Catalogue((inpainting,)), "cpu", "float32", collect=lambda: None)
    request = replace(REQUEST, model="inpainting", sampler="ddim")
    frame = ready(list(engine.run(Generate(request)))).film.frames[1]
    source = asked(tmp_path, request).source
    trip = result_of(engine, EncodePicture(replace(request, source=source))).trip
    found = result_of(engine, PredictOnce(request, trip, frame.noisy, int(frame.timestep)))
    # the loop sees a sample of the empty picture, the page its mean
    assert np.corrcoef(found.latent.ravel(), frame.denoised.ravel())[0, 1] > 0.99
    engine.close()


def test_without_a_mask_such_a_network_makes_all_of_the_picture_and_says_so(
    inpainting: Path, tmp_path: Path
) -> None:
    engine = Engine(Catalogue((inpainting,)), "cpu", "float32", collect=lambda: None)
    events = list(engine.run(Generate(replace(REQUEST, model="inpainting"))))
    assert [event.model for event in events if isinstance(event, MaskMissing)] == ["inpainting"]
    whole = ready(events)
    assert whole.image.pixels.std() > 0
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    again = ready(list(engine.run(GenerateBranch(Branch(film, 2, film.request)))))
    assert isinstance(again, ImageReady)
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    engine.close()
