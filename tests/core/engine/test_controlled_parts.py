"""Controls of runs that begin with a picture or change a part of one, also when they are branched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.control.maps import EXTRA
from core.engine.engine import Engine
from core.film_export.pictures import acting_in
from core.request.request import GenerationRequest, Mask, Size, Source
from core.runs.branch import Branch
from core.runs.events import FirstFrameTaken
from core.runs.operations import Generate, GenerateBranch, RecordAttention, result_of
from tests import tiny_controls
from tests.core.engine.test_branching import assert_same_frames, ready
from tests.core.engine.test_controlled_runs import SIZE, engine, guided, library, picture

__all__ = ["engine", "library"]


def of_part(tmp_path: Path) -> GenerationRequest:
    photo = tiny_controls.picture(tmp_path, Size(64, 48), 8, "photo.png")
    mask = np.zeros((48, 64), np.uint8)
    mask[4:20, 4:20] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    part = Mask(str(tmp_path / "mask.png"), area="close", padding=0, softness=0.0)
    return replace(guided(tmp_path), source=Source(str(photo), 0.9), mask=part)


def test_a_run_from_a_picture_counts_its_own_calls_also_when_it_is_taken_up(
    engine: Engine, tmp_path: Path
) -> None:
    """Of three calls the first acts with an end of 0.5, as in diffusers; of all five steps it would be two."""
    photo = tiny_controls.picture(tmp_path, SIZE, 8, "photo.png")
    request = replace(guided(tmp_path, end=0.5), source=Source(str(photo), 0.6))
    whole = ready(list(engine.run(Generate(request))))
    assert [len(acting_in(whole.film, frame)) for frame in whole.film.frames] == [1, 0, 0]
    for call in range(4):
        again = ready(list(engine.run(GenerateBranch(Branch(whole.film, call, whole.film.request)))))
        assert np.array_equal(again.image.pixels, whole.image.pixels)


def test_only_the_part_of_the_picture_under_the_mask_guides_it(engine: Engine, tmp_path: Path) -> None:
    request = of_part(tmp_path)
    drawing = np.zeros((48, 64, 3), np.uint8)
    Image.fromarray(drawing).save(request.controls[0].path)
    black = picture(engine, request)
    drawing[24:, 32:] = 255  # far from the mask
    Image.fromarray(drawing).save(request.controls[0].path)
    assert np.array_equal(picture(engine, request), black)


def test_a_branch_of_a_masked_part_makes_the_map_of_that_part_anew(engine: Engine, tmp_path: Path) -> None:
    request = of_part(tmp_path)
    (tmp_path / "other").mkdir()
    other = replace(request, controls=(replace(request.controls[0], preprocessor="invert"),))
    first, wanted = (ready(list(engine.run(Generate(one)))).film for one in (request, other))
    changed = replace(first.request, controls=other.controls)
    branched = ready(list(engine.run(GenerateBranch(Branch(first, 2, changed))))).film
    assert np.array_equal(branched.extras[f"{EXTRA}0"], wanted.extras[f"{EXTRA}0"])
    Image.fromarray(np.full((24, 32, 3), 77, np.uint8)).save(tmp_path / "map.png")
    named = replace(other.controls[0], path=str((tmp_path / "map.png").rename(tmp_path / "other" / "drawing.png")))
    renamed = replace(first.request, controls=(replace(named, preprocessor="none"),))
    assert ready(list(engine.run(GenerateBranch(Branch(first, 2, renamed))))).film.run != first.run
    bare = replace(first, extras={name: one for name, one in first.extras.items() if not name.startswith(EXTRA)})
    again = ready(list(engine.run(GenerateBranch(Branch(bare, 2, first.request))))).film
    assert_same_frames(again, first)
    assert result_of(engine, RecordAttention(bare)) is not None


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
@pytest.mark.parametrize("use", ["control", "source"])
def test_a_moving_picture_is_told_and_its_first_frame_used(
    suffix: str, use: str, engine: Engine, tmp_path: Path
) -> None:
    frames = [Image.new("RGB", (48, 36), colour) for colour in ("red", "blue", "green")]
    moving, still = tmp_path / f"moving{suffix}", tmp_path / "still.png"
    frames[0].save(moving, save_all=True, append_images=frames[1:], duration=100, lossless=True)
    with Image.open(moving) as first:
        first.convert("RGB").save(still)
    made: list[np.ndarray] = []
    for path in (moving, still):
        request = guided(tmp_path)
        if use == "control":
            request = replace(request, controls=(replace(request.controls[0], path=str(path)),))
        else:
            request = replace(request, controls=(), source=Source(str(path), 0.6))
        events = list(engine.run(Generate(request)))
        told = [event.path for event in events if isinstance(event, FirstFrameTaken)]
        assert told == ([moving] if path == moving else [])
        made.append(ready(events).image.pixels)
    assert np.array_equal(made[0], made[1])
