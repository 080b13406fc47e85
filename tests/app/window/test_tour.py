"""First steps: eleven steps on the real controls, most of which go on once they were tried."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.film.film_panel import FilmPanel
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
    assert isinstance(button, QPushButton)
    button.click()


def panel_of(opened: Opened) -> FilmPanel:
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    return panel


def test_each_step_goes_on_once_it_was_tried_and_the_last_is_a_branch(opened: Opened, qtbot: QtBot) -> None:
    begin(opened)
    assert place(opened) == "1 of 11"
    press(opened, "nextTourButton")
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    qtbot.waitUntil(lambda: place(opened) == "4 of 11")
    panel = panel_of(opened)
    panel.select(1)
    assert place(opened) == "5 of 11"
    press(opened, "nextTourButton")
    panel.transport.play.click()
    assert place(opened) == "7 of 11"
    panel.transport.views.click()
    assert place(opened) == "8 of 11"
    view, guidance = opened.child("viewCombo"), opened.child("guidanceSpin")
    assert isinstance(view, QComboBox)
    assert isinstance(guidance, QDoubleSpinBox)
    view.activated.emit(3)
    guidance.setValue(guidance.value() + 1)
    assert place(opened) == "10 of 11"
    opened.window.session.generate()  # a run that is no branch
    wait_until_idle(opened, qtbot)
    assert place(opened) == "10 of 11"
    panel.select(2)
    panel.transport.branch.click()
    words = opened.child("branchPromptEdit")
    assert isinstance(words, QPlainTextEdit)
    words.setPlainText("a house in the snow")
    press(opened, "branchButton")
    wait_until_idle(opened, qtbot)
    qtbot.waitUntil(lambda: place(opened) == "11 of 11")
    press(opened, "nextTourButton")
    assert opened.child("tourBalloon").isHidden()
    assert opened.child("tourRing").isHidden()


def test_it_can_be_left_and_begun_again_at_any_time(opened: Opened, qtbot: QtBot) -> None:
    for steps in range(3):
        begin(opened)
        assert place(opened) == "1 of 11"
        for _ in range(steps):
            press(opened, "nextTourButton")
        press(opened, "endTourButton")
        opened.window.session.generate()  # nothing waits for it any more
        wait_until_idle(opened, qtbot)
        assert opened.child("tourBalloon").isHidden()


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
        press(opened, "nextTourButton")
