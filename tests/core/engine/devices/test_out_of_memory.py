"""A run that runs out of memory ends in a picture, or in a clear sentence with its film kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.engine import Engine
from core.engine.families import Family
from core.errors import OutOfMemory
from core.film.reader import read_recording
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size, Source
from core.runs.events import Event, ImageReady, PreviewMode, Stepped
from core.runs.operations import Generate
from core.runs.recorder import FilmRecorder

REQUEST = GenerationRequest(
    "abc", negative_prompt="d", model="tiny", size=Size(64, 64), sampler="ddim", steps=4, seed=5
)

SITES: dict[str, tuple[str, str]] = {
    "prompt": ("text_encoder", "forward"),
    "picture": ("vae", "encode"),
    "denoise": ("unet", "forward"),
    "decode": ("vae", "decode"),
}


@pytest.fixture
def request_with_picture(tmp_path: Path) -> GenerationRequest:
    path = tmp_path / "source.png"
    Image.linear_gradient("L").convert("RGB").resize((64, 64)).save(path)
    return GenerationRequest(
        "new words",
        model="tiny",
        size=Size(64, 64),
        sampler="ddim",
        steps=4,
        seed=5,
        source=Source(str(path), 0.75),
    )


@pytest.fixture
def engine(models: Path) -> Engine:
    engine = Engine(Catalogue((models,)), "cpu", "float32")
    list(engine.run(Generate(REQUEST)))
    return engine


def family_of(engine: Engine) -> Family:
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    return loaded.family


def break_site(engine: Engine, site: str, fails: Callable[[int], bool]) -> list[int]:
    """Lets a part run out of memory in the calls that ``fails`` says, counted from 0; the list counts them."""
    part_name, method = SITES[site]
    part = family_of(engine).parts()[part_name]
    work = getattr(part, method)
    calls: list[int] = []

    def failing(*args: Any, **kwargs: Any) -> Any:
        calls.append(len(calls))
        if fails(calls[-1]):
            torch.empty(1 << 50)  # more than any processor can address: fails as a full memory does
        return work(*args, **kwargs)

    setattr(part, method, failing)
    return calls


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("first_failure", [0, 1])
def test_one_failure_anywhere_still_ends_in_the_picture(
    models: Path,
    engine: Engine,
    request_with_picture: GenerationRequest,
    expected_warnings: list[str],
    site: str,
    first_failure: int,
) -> None:
    *_, whole = Engine(Catalogue((models,)), "cpu", "float32").run(
        Generate(request_with_picture, PreviewMode.linear)
    )
    assert isinstance(whole, ImageReady)
    calls = break_site(engine, site, lambda call: call == first_failure)
    *_, last = engine.run(Generate(request_with_picture, PreviewMode.linear))
    assert isinstance(last, ImageReady)
    if site == "decode" and first_failure == 0:
        expected_warnings.append("out of memory while decoding")
        assert last.image.recipe.note == "decoded in tiles"
    assert len(calls) > 1 or site in ("decode", "picture")
    assert np.abs(last.image.pixels.astype(int) - whole.image.pixels).max() <= 1


@pytest.mark.parametrize(("site", "frames"), [("prompt", 0), ("picture", 0), ("denoise", 2), ("decode", 3)])
def test_memory_that_is_never_enough_is_told_and_the_film_is_kept(
    engine: Engine,
    request_with_picture: GenerationRequest,
    expected_warnings: list[str],
    tmp_path: Path,
    site: str,
    frames: int,
) -> None:
    break_site(engine, site, lambda call: site != "denoise" or call >= 2)
    if site == "decode":
        expected_warnings.append("out of memory while decoding")
    recorder = FilmRecorder(lambda: tmp_path / "films")
    stepped: list[Stepped] = []
    with pytest.raises(OutOfMemory) as told:
        stepped.extend(
            event
            for event in recorder.record(engine.run(Generate(request_with_picture, PreviewMode.linear)))
            if isinstance(event, Stepped)
        )
    assert told.value.needed is not None
    assert told.value.free is not None
    films = list((tmp_path / "films").glob("*.film*"))
    assert len(films) == bool(frames)
    if films:
        assert len(read_recording(films[0]).calls) == frames


def test_a_preview_that_finds_no_memory_costs_only_itself(engine: Engine, expected_warnings: list[str]) -> None:
    expected_warnings.append("out of memory while decoding")
    break_site(engine, "decode", lambda call: call < 4)
    events = list(engine.run(Generate(REQUEST, PreviewMode.every_step)))
    previews = [event.preview for event in events if isinstance(event, Stepped)]
    assert [preview.is_decoded for preview in previews if preview is not None] == [False, True, True, True]
    assert isinstance(events[-1], ImageReady)


def test_the_next_run_is_as_if_nothing_had_happened(engine: Engine) -> None:
    before = pictures(engine.run(Generate(REQUEST)))
    break_site(engine, "denoise", lambda call: call == 1)
    assert np.array_equal(pictures(engine.run(Generate(REQUEST))), before)
    assert np.array_equal(pictures(engine.run(Generate(REQUEST))), before)


def pictures(events: Iterator[Event]) -> Any:
    *_, last = events
    assert isinstance(last, ImageReady)
    return last.image.pixels
