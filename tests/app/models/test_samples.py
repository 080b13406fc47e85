"""Sample pictures on cards: the user's own, the best first, else the one beside the model's file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.models.samples import Sampled, Samples
from app.session.background import BackgroundTasks
from core.gallery.finder import Finder
from core.gallery.gallery import Gallery, gallery_folder
from core.gallery.marks import MarkChange
from core.gallery.query import Query
from core.paths import Folders, resources
from core.pictures.saving import save_in
from core.request.request import STARTER_MODEL, GenerationRequest, Lora
from tests import fakes
from tests.app.saved_pictures import save_picture

__all__ = ["save_picture"]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))


def saved(folders: Folders, grey: int, **settings: object) -> Path:
    """Saves a finished picture of one grey."""
    request = replace(GenerationRequest("a house", seed=grey, steps=4), **settings)  # pyright: ignore[reportArgumentType]
    image = fakes.image(fakes.film(request), "final", request.steps)
    recipe = replace(image.recipe, model=replace(image.recipe.model, name=request.model))
    return save_in(replace(image, pixels=image.pixels * 0 + grey, recipe=recipe), folders.pictures)


def scanned(folders: Folders, best: Path | None = None) -> None:
    folders.pictures.mkdir(exist_ok=True)
    gallery = Gallery(folders, folders.pictures)
    list(gallery.scan())
    if best is not None:
        finder = Finder(gallery.folder)
        picture = finder.picture_at(best)
        assert picture is not None
        gallery.mark((picture.id,), MarkChange(rating=5))
        assert finder.count(Query(smallest_rating=5)) == 1
        finder.close()
    gallery.close()


def greys(folders: Folders, wanted: list[Sampled], background: BackgroundTasks, qtbot: QtBot) -> dict[str, int]:
    samples = Samples(gallery_folder(folders), background, background)
    samples.look(wanted)
    qtbot.waitUntil(lambda: len(samples.images) == len(wanted))
    return {key: image.pixelColor(0, 0).red() for key, image in samples.images.items()}


def test_the_best_picture_with_a_model_or_a_lora_is_its_sample(
    folders: Folders, background: BackgroundTasks, qtbot: QtBot
) -> None:
    best = saved(folders, 200, model="mine")
    saved(folders, 100, model="mine")
    saved(folders, 60, model="other", loras=(Lora("ink"),))
    scanned(folders, best)
    wanted = [Sampled("a", Path("a"), "model", "mine"), Sampled("b", Path("b"), "loras", "ink")]
    assert greys(folders, wanted, background, qtbot) == {"a": 200, "b": 60}


@pytest.mark.parametrize("name", ["dreams.preview.png", "dreams.png", "dreams.jpg"])
@pytest.mark.parametrize("has_index", [False, True])
def test_else_the_picture_that_lies_beside_the_file(
    name: str, has_index: bool, folders: Folders, background: BackgroundTasks, tmp_path: Path, qtbot: QtBot
) -> None:
    if has_index:
        scanned(folders)
    Image.new("RGB", (64, 64), (80, 80, 80)).save(tmp_path / name)
    wanted = [Sampled("a", tmp_path / "dreams.safetensors", "model", "dreams")]
    assert greys(folders, wanted, background, qtbot) == {"a": 80}


def test_the_starter_model_brings_one(folders: Folders, background: BackgroundTasks, qtbot: QtBot) -> None:
    wanted = [Sampled("a", resources() / STARTER_MODEL, "model", STARTER_MODEL)]
    assert list(greys(folders, wanted, background, qtbot)) == ["a"]
