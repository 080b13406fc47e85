"""Keys and buttons act on chosen pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.canvas.picture_actions import PictureAction, open_menu
from app.gallery import commands
from app.gallery.filters import active_filters
from app.session.run import SavedPicture
from core.film.reader import film_path
from core.gallery.marks import MarkChange
from core.request.settings.controls import CONTROLS
from tests.app.gallery.conftest import OpenGallery
from tests.pictures import generated_image

AddPicture = Callable[..., Path]


def value(gallery: OpenGallery, name: str) -> str:
    label = gallery.page.inspector.findChild(QLabel, name)
    return label.text() if label is not None else ""


def test_numbers_rate_and_f_makes_a_favourite(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    gallery.press("4")
    gallery.wait_for(lambda: gallery.known(0).rating == 4)
    gallery.press("F")
    gallery.wait_for(lambda: gallery.known(0).is_favourite)
    gallery.press("0")
    gallery.wait_for(lambda: gallery.known(0).rating == 0)


def test_rating_many_at_once_can_be_undone(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png")
    add_picture("b.png", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0, 1)
    gallery.press("5")
    gallery.wait_for(lambda: [gallery.known(row).rating for row in (0, 1)] == [5, 5])
    gallery.wait_for(lambda: "marked" in gallery.page.messages.subjects())
    gallery.click("undoMarksButton")
    gallery.wait_for(lambda: [gallery.known(row).rating for row in (0, 1)] == [0, 0])


def test_delete_goes_to_the_trash_and_undo_brings_it_back_with_its_rating(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    path = add_picture("a.png")
    add_picture("b.png", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(1)
    gallery.press("3")
    gallery.wait_for(lambda: gallery.known(1).rating == 3)
    gallery.press("Del")
    gallery.wait_for_rows(1)
    assert not path.exists()
    gallery.wait_for(lambda: gallery.page.grid.selected_rows() == [0])
    gallery.click("undoDeleteButton")
    gallery.wait_for_rows(2)
    assert path.exists()
    assert gallery.known(1).rating == 3


def test_the_inspector_shows_the_recipe_and_gives_it_back(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png", "a green house", seed=99)
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    gallery.wait_for(lambda: value(gallery, "promptValue") == "a green house")
    assert value(gallery, "seedValue") == "99"
    gallery.click("seedUseButton")
    assert gallery.session.draft.seed == 99
    assert gallery.session.draft.prompt != "a green house"
    gallery.click("useAllSettingsButton")
    assert gallery.session.draft.prompt == "a green house"
    gallery.session.draft_editor.undo()
    assert gallery.session.draft.prompt != "a green house"


def test_copy_gives_the_pixels_and_the_file(gallery: OpenGallery, add_picture: AddPicture) -> None:
    path = add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    QGuiApplication.clipboard().setText("")
    gallery.press("Ctrl+C")
    gallery.wait_for(lambda: QGuiApplication.clipboard().mimeData().hasImage())
    assert [Path(url.toLocalFile()) for url in QGuiApplication.clipboard().mimeData().urls()] == [path]


def test_too_many_pictures_are_refused_in_words_that_also_hold_for_enlarging(
    gallery: OpenGallery, add_picture: AddPicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_TAKEN", 1)
    for day, name in enumerate(("a.png", "b.png")):
        add_picture(name, day=day)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0, 1)
    gallery.commands.do(PictureAction.enlarge)
    words = " ".join(label.text() for label in gallery.page.messages.findChildren(QLabel))
    assert "Up to 1 pictures can be copied or enlarged at once." in words


def test_all_pictures_are_copied_also_right_after_they_were_chosen(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    paths = {add_picture(name, day=day) for day, name in enumerate(("a.png", "b.png", "c.png"))}
    gallery.open()
    gallery.wait_for_rows(3)
    QGuiApplication.clipboard().setText("something else")
    gallery.page.pictures._known.clear()  # pyright: ignore[reportPrivateUsage]
    gallery.choose(0, 1, 2)
    gallery.commands.do(PictureAction.copy_picture)

    def copied() -> set[Path]:
        return {Path(url.toLocalFile()) for url in QGuiApplication.clipboard().mimeData().urls()}

    gallery.wait_for(lambda: copied() == paths)


def test_copying_the_recipe_gives_text(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png", "a red house")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    gallery.wait_for(lambda: value(gallery, "promptValue") != "")
    gallery.commands.do(PictureAction.copy_recipe)
    assert "Prompt: a red house" in QGuiApplication.clipboard().text()


def test_using_it_as_source_begins_the_draft_with_it(
    gallery: OpenGallery, add_picture: AddPicture, qtbot: QtBot
) -> None:
    path = add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    with qtbot.waitSignal(gallery.commands.create_asked):
        gallery.commands.do(PictureAction.use_as_source)
    assert gallery.session.draft.source is not None
    assert gallery.session.draft.source.path == str(path)
    gallery.commands.do(PictureAction.guide_by)
    has_controls = CONTROLS.is_had_by(gallery.session.draft_editor.limits)
    assert [one.path for one in gallery.session.draft.controls] == [str(path)] * has_controls


def test_tags_and_notes_are_kept_and_found(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png")
    add_picture("b.png", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0)
    gallery.wait_for(lambda: value(gallery, "promptValue") != "")
    gallery.page.inspector.marks.changed.emit(MarkChange(add_tags=("harbour",)))
    gallery.page.inspector.marks.note.setPlainText("the best of all")
    gallery.page.inspector.marks.save_note()
    gallery.wait_for(lambda: gallery.known(0).note == "the best of all")
    gallery.page.show_name("tag", "harbour")
    gallery.wait_for_rows(1)
    assert gallery.known(0).note == "the best of all"


def test_two_pictures_are_laid_against_each_other(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png", "a red house", seed=1)
    add_picture("b.png", "a blue house", seed=2, day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0, 1)
    gallery.press("C")
    gallery.wait_for(gallery.page.comparison.isVisible)
    assert [picture.name for picture in gallery.page.comparison.pictures] == ["a blue house", "a red house"]
    gallery.page.comparison.closed.emit()
    assert gallery.page.grid.isVisible()


def test_the_viewer_shows_a_picture_and_the_next_one(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png", "a red house")
    add_picture("b.png", "a blue boat", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.choose(0)
    gallery.press("Return")
    viewer = gallery.commands.viewer
    gallery.wait_for(lambda: viewer.isVisible() and viewer.canvas.shown is not None)
    viewer.step(1)
    gallery.wait_for(lambda: viewer.canvas.shown is not None and viewer.canvas.shown.description == "a red house")
    viewer.close()
    assert gallery.page.grid.currentIndex().row() == 1


def test_a_picture_that_was_just_saved_is_there(gallery: OpenGallery, add_picture: AddPicture) -> None:
    gallery.open()
    path = add_picture("a.png")
    gallery.session.picture_saved.emit(SavedPicture(path, generated_image()))
    gallery.wait_for_rows(1)


def test_a_picture_can_be_taken_to_the_noise(gallery: OpenGallery, add_picture: AddPicture, qtbot: QtBot) -> None:
    path = add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    with qtbot.waitSignal(gallery.commands.noise_asked) as asked:
        gallery.commands.do(PictureAction.add_noise)
    assert asked.args == [path]


def test_a_film_that_cannot_be_branched_from_is_told_on_the_page(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    film_path(add_picture("a.png")).write_bytes(b"damaged")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    gallery.commands.do(PictureAction.branch)
    gallery.wait_for(lambda: "failed" in gallery.page.messages.subjects())


def test_every_action_does_something(gallery: OpenGallery) -> None:
    assert set(gallery.commands.handlers) == set(PictureAction) - {PictureAction.compare_shown}


def test_the_menu_offers_what_fits_the_number_of_pictures(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    one = ["View in full screen", "Use all settings", "Use its seed", "Generate again with a new seed"]
    one += ["Start from this image", "Paint a mask…", "Add noise to this picture…", "Copy picture", "Copy recipe"]
    one[7:7] = ["Show what changed", "Find similar pictures"]
    one += [
        "Save picture as…",
        "Open in another program",
        "Show in folder",
        "Rename…",
        "Move to folder…",
        "Export…",
    ]
    one[6:6] = ["Widen…"]
    one.insert(8, "Enlarge or refine…")
    one.insert(5, "Guide by this picture")
    several = ["Copy pictures", "Rename…", "Move to folder…", "Export…"]
    of_all = gallery.commands.handlers.keys() - {PictureAction.open_grid}  # of pictures in any folder
    for count, words in (
        (1, one),
        (3, ["Enlarge or refine…", "Compare", *several]),
        (9, ["Enlarge or refine…", *several]),
    ):
        open_menu(gallery.window, QPoint(), dict.fromkeys(of_all, print), None, count, has_film=False)
        menu = gallery.window.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
        entries = [entry for entry in menu.actions() if isinstance(entry.data(), PictureAction)]
        assert [entry.text().partition("\t")[0] for entry in entries] == [*words, "Move to trash"]
        menu.hide()


def test_every_button_in_the_inspector_shows_its_icon(gallery: OpenGallery) -> None:
    buttons = gallery.page.inspector.action_buttons.findChildren(QPushButton)
    assert buttons
    assert not [button.text() for button in buttons if button.icon().isNull()]


def test_similar_pictures_are_found_and_the_filter_can_be_taken_away(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    for number, name in enumerate(("a.png", "b.png")):
        add_picture(name, day=number)
    other = add_picture("c.png", day=2)
    Image.new("RGB", (32, 24)).save(other)
    gallery.open()
    gallery.wait_for_rows(3)
    gallery.choose(1)
    gallery.commands.do(PictureAction.find_similar)
    gallery.wait_for_rows(2)
    assert {gallery.known(row).path.name for row in range(2)} == {"a.png", "b.png"}
    (chip,) = active_filters(gallery.page.filters.query)
    gallery.page.filters.set_query(chip.without)
    gallery.wait_for_rows(3)
