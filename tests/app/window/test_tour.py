"""First steps: twelve steps on the real controls, most of which know when they were tried."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.film.film_panel import FilmPanel
from app.recent.strip import ThumbnailGrid
from app.window.tour_steps import STEPS
from tests.app.windows import Opened, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


def begin(opened: Opened) -> None:
    opened.action("First steps").trigger()


def place(opened: Opened) -> str:
    label = opened.child("tourPlace")
    assert isinstance(label, QLabel)
    return label.text().removeprefix("First steps · ")


def press(opened: Opened, name: str) -> None:
    button = opened.child(name)
    assert isinstance(button, QAbstractButton)
    button.click()


def panel_of(opened: Opened) -> FilmPanel:
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    return panel


def tried(opened: Opened) -> bool:
    button = opened.child("nextTourButton")
    assert isinstance(button, QPushButton)
    return button.text() != "Skip"


def test_each_step_knows_when_it_was_tried_and_waits_for_its_button(opened: Opened, qtbot: QtBot) -> None:
    def go_on(step: int) -> None:
        assert tried(opened)
        press(opened, "nextTourButton")
        assert place(opened) == f"{step} of 12"

    session, panel = opened.window.session, panel_of(opened)
    begin(opened)
    go_on(2)
    assert not tried(opened)
    session.generate()
    wait_until_idle(opened, qtbot)
    go_on(3)
    go_on(4)
    panel.select(1)
    go_on(5)
    go_on(6)
    panel.transport.views.click()
    assert opened.window.findChild(QWidget, "helpSheet") is None
    go_on(7)
    panel.transport.play.click()
    go_on(8)
    view, guidance = opened.child("viewCombo"), opened.child("guidanceSpin")
    assert isinstance(view, QComboBox)
    assert isinstance(guidance, QDoubleSpinBox)
    for name in ("noisy", "guidance"):
        assert not tried(opened)
        view.setCurrentIndex(view.findData(name))
        view.activated.emit(view.currentIndex())
    first = session.progress.last_seed
    usual = guidance.value()
    go_on(9)
    assert session.draft.seed == first
    session.generate()  # with the same guidance scale
    wait_until_idle(opened, qtbot)
    assert not tried(opened)
    guidance.setValue(12)
    session.generate()
    wait_until_idle(opened, qtbot)
    go_on(10)
    assert session.draft.seed is None
    assert session.draft.guidance_scale == usual
    recent = opened.window.findChild(ThumbnailGrid)
    assert recent is not None
    recent.clicked.emit(recent.model().index(0, 0))
    go_on(11)
    assert not panel.open_names
    session.generate()  # a run that is no branch
    wait_until_idle(opened, qtbot)
    assert not tried(opened)
    panel.select(2)
    panel.transport.branch.click()
    words = opened.child("branchPromptEdit")
    assert isinstance(words, QPlainTextEdit)
    words.setPlainText("a house in the snow")
    press(opened, "branchButton")
    wait_until_idle(opened, qtbot)
    go_on(12)
    press(opened, "nextTourButton")
    assert opened.child("tourBalloon").isHidden()
    assert opened.child("tourRing").isHidden()


@pytest.mark.parametrize("by", ["button", "window"])
def test_what_was_changed_to_compare_is_given_back_where_the_tour_is_left(
    opened: Opened, qtbot: QtBot, by: str
) -> None:
    session = opened.window.session
    usual = session.draft.guidance_scale
    session.generate()
    wait_until_idle(opened, qtbot)
    begin(opened)
    for _ in range(8):
        press(opened, "nextTourButton")
    assert session.draft.seed is not None
    session.edit(guidance_scale=12)
    press(opened, "endTourButton") if by == "button" else opened.window.close()
    assert (session.draft.seed, session.draft.guidance_scale) == (None, usual)


def test_it_can_be_left_and_begun_again_at_any_time(opened: Opened, qtbot: QtBot) -> None:
    for steps in range(3):
        begin(opened)
        assert place(opened) == "1 of 12"
        for _ in range(steps):
            press(opened, "nextTourButton")
        press(opened, "endTourButton")
        opened.window.session.generate()  # nothing waits for it any more
        wait_until_idle(opened, qtbot)
        assert opened.child("tourBalloon").isHidden()


def test_it_goes_back_and_remembers_what_was_tried(opened: Opened, qtbot: QtBot) -> None:
    begin(opened)
    back, card = opened.child("backTourButton"), opened.child("tourBalloon")
    assert back.isHidden()
    press(opened, "nextTourButton")
    waiting_px = card.height()
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert card.heightForWidth(card.width()) == waiting_px, "the card does not jump when the step was tried"
    press(opened, "nextTourButton")
    press(opened, "backTourButton")
    assert place(opened) == "2 of 12"
    assert tried(opened)
    press(opened, "backTourButton")
    assert back.isHidden()


def test_the_step_about_noise_shows_a_step_that_has_some(opened: Opened, qtbot: QtBot) -> None:
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    begin(opened)
    while STEPS[int(place(opened).split()[0]) - 1].target != "filmPositionLabel":
        press(opened, "nextTourButton")
    label = opened.child("filmPositionLabel")
    assert label.accessibleName().endswith("noise")


def test_it_leaves_a_prompt_and_writes_one_where_there_is_none(opened: Opened) -> None:
    opened.window.session.edit(prompt="a house of my own")
    begin(opened)
    assert opened.window.session.draft.prompt == "a house of my own"
    opened.window.session.edit(prompt="")
    begin(opened)
    assert opened.window.session.draft.prompt


@pytest.mark.parametrize("size", [(1024, 700), (1440, 900)])
def test_the_text_covers_no_control_that_it_points_at(opened: Opened, qtbot: QtBot, size: tuple[int, int]) -> None:
    opened.window.resize(*size)
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    panel_of(opened).open_views(["noisy"])
    qtbot.wait(20)
    begin(opened)
    for step in STEPS:
        balloon, ring = opened.child("tourBalloon"), opened.child("tourRing")
        assert opened.window.rect().contains(balloon.geometry()), step
        seen = [child for child in opened.window.findChildren(QWidget, step.target) if child.isVisible()]
        assert ring.isHidden() is not bool(seen)
        if seen and step.target != "canvas":
            assert not balloon.geometry().intersects(ring.geometry().adjusted(4, 4, -4, -4)), step
        if step.event in ("scrubbed", "branched"):  # the handle is to be dragged
            scrubber = opened.child("filmScrubber")
            assert not balloon.geometry().intersects(
                scrubber.rect().translated(scrubber.mapTo(opened.window, QPoint()))
            )
        press(opened, "nextTourButton")
