"""Refining with controls: each tile is guided by its own part of the map of the whole picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.control.picture import read_map
from core.engine.engine import Engine
from core.engine.networks import guides
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Timestep
from core.engine.sampling.guidance import combine
from core.engine.sampling.tensors import to_model_range
from core.pictures.picture import GeneratedImage
from core.recipes.refinement import Refinement
from core.request.control import Control
from core.request.request import GenerationRequest, Size
from core.runs.enlargement import Enlarge
from core.runs.events import ControlLeftOut
from core.runs.operations import result_of
from core.runs.refining import Refining
from tests import tiny_controls
from tests.core.engine.operations.test_refine import drained, image
from tests.core.engine.test_controlled_runs import engine, library

__all__ = ["engine", "library"]

REQUEST = GenerationRequest("a red house", model="tiny", size=Size(64, 64), steps=4, seed=5, guidance_scale=3.0)


def guided(tmp_path: Path, width: int, height: int, **how: float) -> GeneratedImage:
    drawing = tiny_controls.picture(tmp_path, Size(300, 180))
    control = Control("lone", str(drawing), preprocessor="canny", **how)  # pyright: ignore[reportArgumentType]
    return image(replace(REQUEST, controls=(control,)), width, height)


def test_one_tile_is_image_to_image_with_its_control(engine: Engine, tmp_path: Path) -> None:
    before = guided(tmp_path, 64, 64, start=0.6)
    after = result_of(engine, Enlarge(before, None, Refining(Refinement(0.5))))
    assert after.recipe.request.controls[0].network
    context, request = engine._context, before.recipe.request  # pyright: ignore[reportPrivateUsage]
    with torch.inference_mode():
        model = drained(context.prepare(request))
        calls = drained(context.read_prompt(model, model.request, 2))
        sampling = schedulers.build(request.sampler, model.family.scheduler_config_for(request), 4, 2)
        x0 = model.family.encode(to_model_range(before.pixels), None)
        x = sampling.noised(x0, torch.randn(x0.shape, generator=torch.Generator().manual_seed(5)))
        for number, t in enumerate(sampling.timesteps):
            prediction = calls.at(number)(sampling.scale(x, t), Timestep(t, float(t)))
            guided_by = combine(prediction, request.guidance_scale)
            x = sampling.step(guided_by, t, x, [torch.Generator().manual_seed(5)])
        plain = model.decode(x)[0]
    assert np.array_equal(after.pixels, plain)
    bare = replace(before, recipe=replace(before.recipe, request=replace(request, controls=())))
    assert not np.array_equal(result_of(engine, Enlarge(bare, None, Refining(Refinement(0.5)))).pixels, plain)


def test_each_tile_sees_its_own_part_of_the_map(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, seen = guided(tmp_path, 150, 90), list[np.ndarray]()
    made = guides.Guide.__init__

    def remember(self: guides.Guide, *values: object, **named: object) -> None:
        made(self, *values, **named)  # pyright: ignore[reportArgumentType]
        seen.append(self.picture)

    monkeypatch.setattr(guides.Guide, "__init__", remember)
    result_of(engine, Enlarge(before, None, Refining(Refinement(0.25, 64))))
    whole, _ = read_map(before.recipe.request.controls[0], Size(150, 90))
    full = np.pad(whole, ((0, 2), (0, 2), (0, 0)), mode="edge")
    tiles = seen[1:]  # the first reads the prompt
    assert len(tiles) > 3
    places = [place for tile in tiles for place in _places(full, tile)]
    assert len({*places}) == len(tiles)


def _places(whole: np.ndarray, part: np.ndarray) -> Iterator[tuple[int, int]]:
    height, width = part.shape[:2]
    for top in range(whole.shape[0] - height + 1):
        for left in range(whole.shape[1] - width + 1):
            if np.array_equal(whole[top : top + height, left : left + width], part):
                yield top, left


@pytest.mark.parametrize("gone", ["picture", "network"])
def test_a_control_that_is_gone_is_left_out_and_told(gone: str, engine: Engine, tmp_path: Path) -> None:
    before = guided(tmp_path, 64, 64)
    (control,) = before.recipe.request.controls
    if gone == "picture":
        Path(control.path).unlink()
    else:
        asked = replace(before.recipe.request, controls=(replace(control, name="nowhere"),))
        before = replace(before, recipe=replace(before.recipe, request=asked))
    events = list(engine.run(Enlarge(before, None, Refining(Refinement(0.5)))))
    assert [event.name for event in events if isinstance(event, ControlLeftOut)] == [
        "lone" if gone == "picture" else "nowhere"
    ]
    assert events[-1].result.recipe.request.controls == ()  # pyright: ignore[reportAttributeAccessIssue]
