"""The switch marks what an edit changed, and a button puts the rest back, as a new picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.canvas.current import CurrentView
from app.canvas.view import Canvas
from app.create.edit_changes import CHANGES, EditChanges
from app.session.picture_loader import read_picture
from app.widgets.message_bar import MessageArea
from app.widgets.theme import LIGHT
from core.pictures.metadata import read_recipe
from core.pictures.saving import DEFAULT_RULES, save_as
from core.request.request import GenerationRequest, Reference
from core.runs.changes import KEPT
from tests.app.conftest import MakeSession
from tests.edits import SIZE, edited, made, photo
from tests.fakes import FakeEngine


@dataclass
class Page:
    canvas: Canvas
    messages: MessageArea
    view: CurrentView
    changes: EditChanges
    deleted: list[Path] = field(default_factory=list)

    def show(self, path: Path) -> None:
        self.view.show_opened(read_picture(path))

    @property
    def overlay(self) -> bool:
        return self.canvas.overlay is not None

    def words(self) -> str:
        return " ".join(label.text() for label in self.messages.findChildren(QLabel))

    def button(self, name: str) -> QPushButton:
        button = self.messages.findChild(QPushButton, name)
        assert isinstance(button, QPushButton)
        return button


@pytest.fixture
def page(make_session: MakeSession, qtbot: QtBot) -> Page:
    session, canvas, messages = make_session(FakeEngine()), Canvas(LIGHT), MessageArea()
    for widget in (canvas, messages):
        qtbot.addWidget(widget)
    view, deleted = CurrentView(canvas, session), list[Path]()

    def show(path: Path) -> None:
        view.show_opened(read_picture(path))

    changes = EditChanges(canvas, messages, view, session, lambda: DEFAULT_RULES, deleted.append)
    changes.opened.connect(show)
    qtbot.addWidget(changes.button)
    return Page(canvas, messages, view, changes, deleted)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.fromarray(photo()).save(tmp_path / "photo.png")
    request = GenerationRequest("make it red", size=SIZE, references=(Reference(str(tmp_path / "photo.png")),))
    save_as(made(request, edited(photo(), 3.0)), tmp_path / "made.png")
    return tmp_path / "made.png"


def test_the_switch_marks_what_changed_on_each_picture_that_is_shown(
    page: Page, picture: Path, qtbot: QtBot
) -> None:
    page.show(picture)
    assert not page.overlay
    page.changes.button.click()
    qtbot.waitUntil(lambda: page.overlay)
    assert "of the picture has changed" in page.words()
    page.show(picture.parent / "photo.png")  # which has no recipe
    assert not page.overlay
    qtbot.waitUntil(lambda: page.messages.subjects() == (CHANGES,))
    page.show(picture)
    qtbot.waitUntil(lambda: page.overlay)
    page.canvas.set_overlay(None)  # by the view of the words
    page.changes.repaint()
    assert page.overlay
    page.changes.button.click()
    assert not page.overlay
    assert not page.messages.subjects()


def test_a_picture_made_from_words_alone_is_answered_in_one_sentence(
    page: Page, tmp_path: Path, qtbot: QtBot
) -> None:
    save_as(made(GenerationRequest("a house", size=SIZE), photo()), tmp_path / "words.png")
    page.changes.show_of(tmp_path / "words.png")
    qtbot.waitUntil(lambda: page.messages.subjects() == (CHANGES,))
    assert "It was made from words alone: there is nothing to compare it with." in page.words()
    assert "words.png" not in page.words()


def test_what_did_not_change_is_put_back_in_a_new_picture_that_can_be_taken_back(
    page: Page, picture: Path, qtbot: QtBot
) -> None:
    before = picture.read_bytes()
    page.changes.show_of(picture)
    qtbot.waitUntil(lambda: page.overlay)
    with qtbot.waitSignal(page.changes.saved) as saved:
        page.button("keepUnchangedButton").click()
    assert saved.args
    path: Path = saved.args[0]
    assert path.parent == picture.parent
    assert picture.read_bytes() == before
    assert read_recipe(path).note == KEPT
    with Image.open(path) as kept:
        pixels = np.asarray(kept.convert("RGB"))
    assert np.array_equal(pixels[:20], photo()[:20])
    current = page.view.current
    assert current is not None
    assert current.path == path
    assert not page.changes.button.isChecked()
    page.button("deleteKeptButton").click()
    assert page.deleted == [path]


def test_what_is_put_back_is_not_lost_when_another_picture_is_shown_meanwhile(
    page: Page, picture: Path, qtbot: QtBot
) -> None:
    page.changes.show_of(picture)
    qtbot.waitUntil(lambda: page.overlay)
    with qtbot.waitSignal(page.changes.saved) as saved:
        page.button("keepUnchangedButton").click()
        page.show(picture.parent / "photo.png")
    assert saved.args
    assert read_recipe(saved.args[0]).note == KEPT
    assert page.view.current is not None
    assert page.view.current.path == picture.parent / "photo.png"
    page.button("deleteKeptButton").click()
    assert page.deleted == [saved.args[0]]
