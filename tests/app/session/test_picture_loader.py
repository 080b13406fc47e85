from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QThread
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.background import BackgroundTasks
from app.session.failed_run import picture_of_failure
from app.session.picture_loader import (
    BADGE,
    THUMBNAIL_PX,
    OpenedPicture,
    PictureLoader,
    newest_pictures,
    thumbnail,
)
from core.pictures.metadata import read_recipe
from core.pictures.saving import save_as
from core.recipes.recipe import Parent, Recipe, Stage
from core.request.request import GenerationRequest, Source, Upscaler
from tests.app.saved_pictures import SavePicture
from tests.app.session.test_progress_text import of_two_passes
from tests.fake_films import film, frame_of
from tests.pictures import generated_image


def test_the_newest_pictures_come_first_across_day_folders(tmp_path: Path, save_picture: SavePicture) -> None:
    old = save_picture("old", tmp_path / "2026-11-19", age=300)
    new = save_picture("new", tmp_path / "2026-11-21", age=100)
    loose = save_picture("loose", tmp_path, age=200)
    assert newest_pictures(tmp_path, 60) == (new, loose, old)


def test_only_as_many_folders_are_read_as_are_needed(tmp_path: Path, save_picture: SavePicture) -> None:
    new = [save_picture(f"picture {number}", tmp_path / "2026-11-21", age=number) for number in range(5)]
    save_picture("older day", tmp_path / "2026-11-20", age=-50)
    assert newest_pictures(tmp_path, 3) == tuple(new[:3])


def test_other_files_and_hidden_ones_are_left_out(tmp_path: Path, save_picture: SavePicture) -> None:
    picture = save_picture()
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".emulsion-1234.part").write_bytes(b"")
    (tmp_path / ".hidden.png").write_bytes(b"")
    assert newest_pictures(tmp_path, 60) == (picture,)


def test_a_folder_that_is_not_there_has_no_pictures(tmp_path: Path) -> None:
    assert newest_pictures(tmp_path / "unplugged drive", 60) == ()


def test_thumbnails_are_small_and_keep_the_aspect(tmp_path: Path, qtbot: QtBot) -> None:
    wide = QImage(1024, 256, QImage.Format.Format_RGB888)
    wide.fill(0)
    wide.save(str(tmp_path / "wide.png"))
    small = thumbnail(tmp_path / "wide.png")
    assert (small.width(), small.height()) == (THUMBNAIL_PX, THUMBNAIL_PX // 4)


def test_a_damaged_file_gives_a_null_thumbnail(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    assert thumbnail(tmp_path / "broken.png").isNull()


@pytest.mark.parametrize(
    ("stage", "parent", "badge"),
    [
        ("final", None, ""),
        ("denoised", None, "step 8"),
        ("final", Parent("a", 4, "prompt"), "branch"),
        ("final", Parent("a", 4, ""), ""),  # only taken up again
    ],
)
def test_thumbnails_tell_kept_steps_and_branches(
    tmp_path: Path, stage: Stage, parent: Parent | None, badge: str
) -> None:
    image = generated_image(stage=stage, step=8)
    image = replace(image, recipe=replace(image.recipe, parent=parent))
    save_as(image, tmp_path / "one.png", datetime.now().astimezone())
    assert thumbnail(tmp_path / "one.png").text(BADGE) == badge


def test_thumbnails_tell_what_an_upscaler_enlarged(tmp_path: Path) -> None:
    save_as(generated_image(upscaler=Upscaler("fine", 4.0)), tmp_path / "one.png", datetime.now().astimezone())
    assert thumbnail(tmp_path / "one.png").text(BADGE) == "×4"


def test_the_picture_of_a_run_that_failed_is_told_apart(tmp_path: Path) -> None:
    made = film(GenerationRequest("a house", steps=20))
    made = replace(made, frames=tuple(frame_of(made, call) for call in range(19)))
    operation = picture_of_failure(made, Message("Not enough memory", ""))
    assert operation is not None
    image = generated_image(stage=operation.stage, step=19)
    image = replace(image, recipe=replace(image.recipe, note=operation.note))
    save_as(image, tmp_path / "one.png", datetime.now().astimezone())
    assert thumbnail(tmp_path / "one.png").text(BADGE) == "failed at 19"


@pytest.mark.parametrize(("frames", "kept"), [(5, None), (8, 7), (9, 8), (10, 9), (12, 11)])
def test_of_a_run_that_failed_in_its_second_pass_the_first_one_is_kept(frames: int, kept: int | None) -> None:
    made = of_two_passes(film(GenerationRequest("a house", steps=12)))
    made = replace(made, frames=tuple(frame_of(made, call) for call in range(frames)))
    operation = picture_of_failure(made, Message("Not enough memory", ""))
    assert (operation.frame.call if operation is not None else None) == kept


def test_results_arrive_in_the_thread_of_the_loader(
    loader: PictureLoader, save_picture: SavePicture, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save_picture()
    with qtbot.waitSignal(loader.found) as found:
        loader.find(tmp_path)
    assert found.args is not None
    assert found.args[0] == (path,)
    with qtbot.waitSignal(loader.thumbnail_loaded) as loaded:
        assert loader.thumbnail(path) is None
    assert QThread.currentThread() is loader.thread()
    assert loaded.args is not None
    assert loaded.args[0] == path
    image = loader.thumbnail(path)
    assert image is not None
    assert not image.isNull()


def test_an_opened_picture_has_its_recipe_and_can_be_saved_again_as_it_was(
    loader: PictureLoader, background: BackgroundTasks, save_picture: SavePicture, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save_picture("a lighthouse", seed=12)
    with qtbot.waitSignal(loader.opened) as done:
        loader.open(path)
    assert done.args is not None
    opened = done.args[0]
    assert isinstance(opened, OpenedPicture)
    assert opened.recipe is not None
    assert opened.recipe.request.seed == 12
    generated = opened.generated
    assert generated is not None
    loader.save_as(generated, tmp_path / "copy.webp")
    background.close()
    assert read_recipe(tmp_path / "copy.webp").request == opened.recipe.request


def test_a_picture_without_a_recipe_can_be_looked_at(loader: PictureLoader, tmp_path: Path, qtbot: QtBot) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB888)
    image.fill(0)
    image.save(str(tmp_path / "plain.png"))
    with qtbot.waitSignal(loader.opened) as done:
        loader.open(tmp_path / "plain.png")
    assert done.args is not None
    assert done.args[0].recipe is None
    assert done.args[0].generated is None


def test_a_recipe_is_read_and_its_absence_told_in_a_sentence(
    loader: PictureLoader, save_picture: SavePicture, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save_picture("a balloon")
    with qtbot.waitSignal(loader.recipe_loaded) as done:
        loader.load_recipe(path)
    assert done.args is not None
    assert isinstance(done.args[1], Recipe)
    assert done.args[1].request.prompt == "a balloon"
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    with qtbot.waitSignal(loader.failed) as failed:
        loader.load_recipe(tmp_path / "broken.jpg")
    assert failed.args is not None
    message = failed.args[0]
    assert isinstance(message, Message)
    assert message.title == "No settings in this picture"
    assert "broken.jpg" in message.sentence


def test_a_picture_that_is_gone_is_told(loader: PictureLoader, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(loader.failed) as failed:
        loader.open(tmp_path / "gone.png")
    assert failed.args is not None
    assert "gone.png" in failed.args[0].sentence


def test_a_save_as_that_fails_is_told(
    loader: PictureLoader, save_picture: SavePicture, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(loader.opened) as done:
        loader.open(save_picture())
    assert done.args is not None
    with qtbot.waitSignal(loader.failed) as failed:
        loader.save_as(done.args[0].generated, tmp_path / "picture.bmp")
    assert failed.args is not None
    assert "picture.bmp" in failed.args[0].sentence


def test_the_source_picture_of_a_recipe_is_found_again_in_the_pictures_folder(
    loader: PictureLoader, qtbot: QtBot, tmp_path: Path, save_picture: SavePicture
) -> None:
    source = save_picture("a sketch", tmp_path / "2026-11-19")
    elsewhere = tmp_path / "elsewhere"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    made = save_picture("a house", elsewhere, source=Source(f"/home/somebody/{source.name}", 0.5, digest))
    lost = save_picture("a boat", elsewhere, source=Source(f"/home/somebody/{source.name}", 0.5, "0" * 64))
    with qtbot.waitSignal(loader.found):
        loader.find(tmp_path)
    for picture, path in ((made, str(source)), (lost, source.name)):
        with qtbot.waitSignal(loader.recipe_loaded) as heard:
            loader.load_recipe(picture)
        assert heard.args is not None
        _, recipe = heard.args
        assert isinstance(recipe, Recipe)
        assert recipe.request.source is not None
        assert recipe.request.source.path == path


def test_a_picture_that_would_fill_the_memory_is_refused(
    loader: PictureLoader, tmp_path: Path, qtbot: QtBot
) -> None:
    Image.new("1", (6000, 6000)).save(tmp_path / "bomb.png")
    with qtbot.waitSignal(loader.failed) as failed:
        loader.open(tmp_path / "bomb.png")
    assert failed.args is not None
    assert "unpack" in failed.args[0].sentence


def test_found_pictures_of_one_request_stand_by_their_numbers(tmp_path: Path) -> None:
    for at_s, seed in enumerate((8, 7, 9)):
        image = generated_image(seed=seed)
        path = tmp_path / f"{seed}.png"
        save_as(replace(image, recipe=replace(image.recipe, batch="one", parent=None)), path)
        os.utime(path, (1000 + at_s, 1000 + at_s))
    assert [path.stem for path in newest_pictures(tmp_path, 60)] == ["9", "8", "7"]
