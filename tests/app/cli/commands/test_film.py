from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import Image

from core.engine.engine import Engine
from core.film.reader import SUFFIX
from core.models.catalogue import Catalogue
from core.pictures.saving import save_as
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate
from core.runs.recorder import FilmRecorder
from tests.app.cli.commands.conftest import Answer

Run = Callable[..., Answer]

STEPS = 3


@pytest.fixture(scope="module")
def picture(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture with its film, made by the real engine with the tiny model."""
    folder = tmp_path_factory.mktemp("pictures")
    request = GenerationRequest("a house", model=str(model), size=Size(64, 64), steps=STEPS, seed=1)
    recorder = FilmRecorder(lambda: folder / ".unfinished")
    engine = Engine(Catalogue(()), "cpu", "float32")
    *_, ready = recorder.record(engine.run(Generate(request)))
    assert isinstance(ready, ImageReady)
    save_as(ready.image, folder / "house.png")
    recorder.put_beside(ready.image.recipe.run, folder / "house.png")
    return folder / "house.png"


def test_a_film_is_summed_up_as_json(run: Run, picture: Path) -> None:
    answer = run("film", picture)
    summary = json.loads(answer.output)
    assert (answer.code, summary["calls"], summary["is_complete"]) == (0, STEPS, True)
    assert summary == json.loads(run("film", picture.with_name(f"house{SUFFIX}")).output)


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".apng"])
def test_an_animation_has_a_picture_for_each_call(run: Run, picture: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"film{suffix}"
    answer = run("film", picture, "--export", target, "--views", "denoised,noisy")
    assert (answer.code, answer.output.strip()) == (0, str(target))
    with Image.open(target) as animation:
        assert getattr(animation, "n_frames", 1) == STEPS
        assert animation.width > 2 * 64


def test_a_video_plays(run: Run, picture: Path, tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    assert run("film", picture, "--export", target, "--linear").code == 0
    with av.open(str(target)) as video:
        assert len(list(video.decode(video=0))) >= STEPS


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--export", "film.avi"), "a file ending in"),
        (("--export", "film.mp4", "--views", "magic"), "denoised"),
        (("--export", "film.mp4", "--frame-ms", "0"), "a whole number"),
        (("--export", "film.mp4", "--width", "wide"), "a whole number"),
    ],
)
def test_mistakes_are_one_line_and_code_2(run: Run, picture: Path, options: tuple[str, ...], words: str) -> None:
    answer = run("film", picture, *options)
    assert (answer.code, len(answer.errors.splitlines())) == (2, 1)
    assert words in answer.errors


def test_the_picture_itself_is_never_replaced_by_its_export(run: Run, picture: Path) -> None:
    before = picture.read_bytes()
    answer = run("film", picture, "--export", picture)
    assert (answer.code, picture.read_bytes()) == (2, before)
    assert "another file" in answer.errors


def test_a_picture_without_a_film_is_told(run: Run, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    answer = run("film", tmp_path / "a.png")
    assert (answer.code, len(answer.errors.splitlines())) == (2, 1)
    assert "no film beside it" in answer.errors


def test_a_damaged_film_is_told(run: Run, picture: Path, tmp_path: Path) -> None:
    film = picture.with_name(f"house{SUFFIX}").read_bytes()
    (tmp_path / f"cut{SUFFIX}").write_bytes(film[: len(film) // 3])
    answer = run("film", tmp_path / f"cut{SUFFIX}")
    assert answer.code == 1
    assert len(answer.errors.splitlines()) == 1
