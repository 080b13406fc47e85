"""Each operation of the table ends with a result, can be stopped, and tells when memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.engine import Engine
from core.engine.operations import OPERATIONS
from core.errors import OutOfMemory
from core.film.film import Film
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.film_export.pictures import ExportFrame, captioned
from core.grid.operation import MakeGrid
from core.grid.planning import plan
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size, Source, Upscaler
from core.runs.branch import Branch
from core.runs.enlargement import Enlarge, EnlargeFiles, picture_of
from core.runs.events import Finished, ImageReady, Stepped
from core.runs.operations import (
    BranchPoint,
    CompareSchedules,
    Decode,
    EncodePicture,
    Generate,
    GenerateBranch,
    OpenFilm,
    Operation,
    PredictOnce,
    PreviewFilm,
    RecordAttention,
    RenderFrame,
    ReportMemory,
    Resume,
    result_of,
)
from core.upscalers.library import OF_STARTER
from tests.apple import apple_gpu

REQUEST = GenerationRequest("a house", model="tiny", size=Size(32, 32), steps=2, sampler="euler", seed=1)


@dataclass(frozen=True, slots=True)
class Made:
    """A film, its file, and a request that begins with a picture."""

    film: Film
    path: Path
    with_picture: GenerationRequest


EXAMPLES: Mapping[type[Operation[Any]], Callable[[Engine, Made], Operation[Any]]] = {
    Generate: lambda _, made: Generate(made.film.request),
    GenerateBranch: lambda _, made: GenerateBranch(Branch(made.film, 1, made.film.request)),
    Decode: lambda _, made: Decode(made.film, made.film.frames[0].denoised),
    RenderFrame: lambda _, made: RenderFrame(made.film, made.film.frames[0], "noisy"),
    OpenFilm: lambda _, made: OpenFilm(made.path),
    PreviewFilm: lambda _, made: PreviewFilm(made.path),
    EncodePicture: lambda _, made: EncodePicture(made.with_picture),
    PredictOnce: lambda engine, made: PredictOnce(
        made.film.request, result_of(engine, EncodePicture(made.with_picture)).trip, made.film.frames[0].noisy, 500
    ),
    CompareSchedules: lambda _, made: CompareSchedules(made.film),
    RecordAttention: lambda _, made: RecordAttention(made.film),
    Resume: lambda _, made: Resume(made.path, made.film.request),
    ReportMemory: lambda _, _made: ReportMemory(),
    ExportFrame: lambda _, made: ExportFrame(
        made.film, made.film.frames[0], ("denoised", "noisy"), is_decoded=True
    ),
    MakeGrid: lambda _, made: MakeGrid(plan(made.film.request, [("seed", "1,2")]), made.path.parent, (1,)),
    Enlarge: lambda _, made: Enlarge(picture_of(made.path.parent / "house.png"), Upscaler(OF_STARTER)),
    EnlargeFiles: lambda _, made: EnlargeFiles((made.path.parent / "house.png",), Upscaler(OF_STARTER)),
}


@pytest.fixture(scope="module")
def engine(models: Path) -> Engine:
    return Engine(Catalogue((models,)), "cpu", "float32")


@pytest.fixture(scope="module")
def made(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_in(tmp_path_factory.mktemp("made"), engine, REQUEST)


def made_in(folder: Path, engine: Engine, request: GenerationRequest) -> Made:
    *_, ready = engine.run(Generate(request))
    assert isinstance(ready, ImageReady)
    with FilmWriter(folder / f"house{SUFFIX}", ready.film) as writer:
        for frame in ready.film.frames:
            writer.write(frame)
        writer.finish()
    Image.fromarray(ready.image.pixels).save(folder / "house.png")
    source = Source(str(folder / "house.png"), 1.0)
    request = GenerationRequest("a house", model="tiny", size=Size(32, 32), steps=2, seed=1, source=source)
    return Made(ready.film, folder / f"house{SUFFIX}", request)


def test_every_operation_has_an_example() -> None:
    assert set(EXAMPLES) == set(OPERATIONS)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_it_ends_with_a_picture_or_a_result_and_can_be_stopped_before(
    kind: type[Operation[Any]], engine: Engine, made: Made
) -> None:
    operation = EXAMPLES[kind](engine, made)
    assert operation.title
    stopped = engine.run(operation)
    next(stopped)
    stopped.close()
    engine.close()
    *_, last = engine.run(operation)
    assert isinstance(last, Finished | ImageReady)


def at_another_noise_level(_: Engine, made: Made) -> GenerateBranch:
    return GenerateBranch(Branch(made.film, 1, replace(made.film.request, sampler="heun")))


@pytest.mark.parametrize("example", [*EXAMPLES.values(), at_another_noise_level])
def test_it_ends_so_on_a_gpu_without_float64(
    example: Callable[[Engine, Made], Operation[Any]], models: Path, made: Made
) -> None:
    with apple_gpu():
        engine = Engine(Catalogue((models,)), "mps", "float32")
        *_, last = engine.run(example(engine, made))
    assert isinstance(last, Finished | ImageReady)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_memory_that_runs_out_while_it_works_is_told(
    kind: type[Operation[Any]], engine: Engine, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = EXAMPLES[kind](engine, made)

    def failing(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setitem(cast("dict[object, object]", OPERATIONS), kind, failing)
    with pytest.raises(OutOfMemory):
        list(engine.run(operation))


def test_previews_of_a_film_are_its_linear_pictures(engine: Engine, made: Made) -> None:
    previews = result_of(engine, PreviewFilm(made.path))
    expected = [made.film.latent_rgb.picture(frame.denoised) for frame in made.film.frames]
    assert all(np.array_equal(one, other) for one, other in zip(previews, expected, strict=True))


@pytest.mark.parametrize("is_decoded", [False, True])
def test_an_exported_frame_is_decoded_where_that_is_wished(engine: Engine, made: Made, is_decoded: bool) -> None:
    film, frame = made.film, made.film.frames[0]
    picture = result_of(engine, ExportFrame(film, frame, ("denoised",), is_decoded)).picture
    true = result_of(engine, Decode(film, frame.denoised))
    linear = captioned(film, frame, ("denoised",)).picture
    assert np.array_equal(picture, true if is_decoded else linear)


def test_a_run_that_was_cut_off_goes_on_from_the_disk_to_the_same_picture(
    engine: Engine, made: Made, tmp_path: Path
) -> None:
    *_, whole = engine.run(Generate(REQUEST))
    with FilmWriter(tmp_path / f"cut{SUFFIX}", made.film) as writer:
        writer.write(made.film.frames[0])
    events = list(engine.run(Resume(writer.part_path, made.film.request)))
    assert isinstance(whole, ImageReady)
    assert isinstance(events[-1], ImageReady)
    assert (events[-1].image.pixels == whole.image.pixels).all()
    assert len([event for event in events if isinstance(event, Stepped)]) == 1


def test_a_branch_from_the_disk_is_the_branch_from_memory(engine: Engine, made: Made) -> None:
    changed = replace(made.film.request, prompt="a blue boat")
    branch = Branch(made.film, 1, changed, fresh_noise=0.25, noise_seed=3)
    *_, expected = engine.run(GenerateBranch(branch))
    *_, found = engine.run(Resume(made.path, changed, branch_at=BranchPoint(1, None, 0.25, 3)))
    assert isinstance(expected, ImageReady)
    assert isinstance(found, ImageReady)
    assert np.array_equal(found.image.pixels, expected.image.pixels)
    assert found.image.recipe.parent is not None
    assert found.image.recipe.parent == expected.image.recipe.parent
