"""Each operation names its model and its files, whatever holds the settings in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.remote.far_engine import files_of
from core.request.request import GenerationRequest, Source
from core.runs.needed import needed_by
from core.runs.operations import CompareSchedules, Decode, EncodePicture, Generate, OpenFilm, RenderFrame
from tests.synthetic_film import film as synthetic_film

REQUEST = GenerationRequest("a house", model="far")


def test_the_model_is_that_of_request_or_film() -> None:
    film = synthetic_film()
    for operation in (Generate(REQUEST), EncodePicture(REQUEST)):
        assert needed_by(operation) == REQUEST
    for operation in (Decode(film, film.frames[0].denoised), RenderFrame(film, film.frames[0], "denoised")):
        assert needed_by(operation) == film.request
    assert needed_by(CompareSchedules(film)) is None
    assert needed_by(OpenFilm(Path("a.film.safetensors"))) is None


def test_an_experiment_takes_its_picture_along(tmp_path: Path) -> None:
    (picture := tmp_path / "a.png").write_bytes(b"")
    request = replace(REQUEST, source=Source(str(picture), 0.5))
    assert files_of(EncodePicture(request)) == [picture]
