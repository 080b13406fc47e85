"""The forward process in the window: a picture, its noise, one question to the network, and the way back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.forward.page import ForwardPage
from app.pixels import to_pixels
from tests.app.windows import Opened, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (50, 30), (200, 30, 30)).save(path)
    return path


@pytest.fixture
def page(opened: Opened, qtbot: QtBot) -> ForwardPage:
    page = opened.window.forward_page
    opened.window.places.show_place(page)
    qtbot.waitUntil(page.isVisible)
    return page


def open_photo(page: ForwardPage, photo: Path, qtbot: QtBot) -> None:
    steps: list[object] = []
    page.experiment.step_made.connect(steps.append)
    page.open(photo)
    qtbot.waitUntil(lambda: steps[-1:] not in ([], [None]))


def text_of(page: ForwardPage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text()


def test_a_picture_is_taken_apart_and_shown_to_the_network(
    opened: Opened, page: ForwardPage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    facts = text_of(page, "forwardFacts")
    assert "→ 8 × 8 places in 4 channels" in facts
    assert "PSNR 48.1 dB" in facts
    assert opened.engine.asked_once == [(500, opened.window.studio.draft.prompt)]
    assert to_pixels(page.bench.guess.image)[0, 0, 0] == 255 - 500 % 256


def test_the_slider_answers_at_once_and_the_network_when_it_rests(
    opened: Opened, page: ForwardPage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    trip = page.experiment.trip
    assert trip is not None
    for t in (700, 800, 900):
        page.bench.slider.setValue(t)
        preview = page.experiment.noisy_preview()
        assert preview is not None
        assert np.array_equal(to_pixels(page.bench.noisy.image), preview)
    assert "asking" in page.bench.guess.caption
    qtbot.waitUntil(lambda: len(opened.engine.asked_once) == 2)
    assert opened.engine.asked_once[-1][0] == 900
    assert "t 900" in text_of(page, "noiseNumbers")


def test_at_the_ends_are_the_picture_and_noise_alone(page: ForwardPage, photo: Path, qtbot: QtBot) -> None:
    open_photo(page, photo, qtbot)
    page.bench.slider.setValue(999)
    assert "σ ∞" in text_of(page, "noiseNumbers")
    assert page.bench.noisy.caption == "xₜ = 0.00 × picture + 1.00 × noise"
    page.bench.slider.setValue(0)
    assert page.bench.noisy.caption == "xₜ = 1.00 × picture + 0.03 × noise"


def test_other_noise_is_other_but_as_strong(page: ForwardPage, photo: Path, qtbot: QtBot) -> None:
    open_photo(page, photo, qtbot)
    page.bench.slider.setValue(999)
    before = page.experiment.noisy_preview()
    page.experiment.draw_other_noise()
    after = page.experiment.noisy_preview()
    assert before is not None
    assert after is not None
    assert not np.array_equal(before, after)


def test_denoise_from_here_is_image_to_image_with_the_strength_of_the_slider(
    opened: Opened, page: ForwardPage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    page.bench.slider.setValue(249)
    assert "the last 5 are made" in text_of(page, "denoiseSentence")
    page.prompt.clear()
    qtbot.keyClicks(page.prompt, "a lighthouse")
    qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    wait_until_idle(opened, qtbot)
    request = opened.engine.requests[-1]
    assert request.prompt == "a lighthouse"
    assert request.source is not None
    assert (request.source.path, request.source.strength) == (str(photo), 0.25)
    assert opened.window.places.currentWidget() is opened.window.create_place


def test_another_prompt_asks_again(opened: Opened, page: ForwardPage, photo: Path, qtbot: QtBot) -> None:
    open_photo(page, photo, qtbot)
    page.prompt.setFocus()
    page.prompt.clear()
    qtbot.keyClicks(page.prompt, "snow")
    qtbot.waitUntil(lambda: opened.engine.asked_once[-1] == (500, "snow"))


def test_nothing_is_asked_while_another_place_is_shown(
    opened: Opened, page: ForwardPage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    opened.window.places.show_place(opened.window.create_place)
    opened.window.studio.edit(prompt="elsewhere")
    qtbot.wait(300)
    assert len(opened.engine.asked_once) == 1


def test_a_picture_that_cannot_be_used_is_told_on_the_page(
    page: ForwardPage, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(page.experiment.refused):
        page.open(tmp_path / "gone.png")
    assert page.messages.subjects() == ("forward",)


def test_a_picture_can_be_dropped(page: ForwardPage, photo: Path, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photo))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, left, none)
    page.dragEnterEvent(enter)
    assert enter.isAccepted()
    with qtbot.waitSignal(page.experiment.trip_made):
        page.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, left, none))
    assert page.experiment.path == photo
