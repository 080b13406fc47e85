"""The forward process in the window: a picture, its noise, one question to the network, and the way back."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.film.explanation import Explanation
from app.noise.noise_text import NAME, TAKING, level
from app.noise.page import PICTURE, STEP, NoisePage
from app.widgets.pixels import to_pixels
from core.errors import ModelMissing, OutOfMemory
from core.request.request import Size
from tests.app.dropping import drop, files
from tests.app.windows import Opened, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (50, 30), (200, 30, 30)).save(path)
    return path


@pytest.fixture
def page(opened: Opened, qtbot: QtBot) -> NoisePage:
    page = opened.window.contents.noise.widget
    opened.window.contents.places.show_page(opened.window.contents.noise)
    qtbot.waitUntil(page.isVisible)
    return page


def open_photo(page: NoisePage, photo: Path, qtbot: QtBot) -> None:
    steps: list[object] = []
    page.experiment.step_made.connect(steps.append)
    page.open(photo)
    qtbot.waitUntil(lambda: steps[-1:] not in ([], [None]))


def text_of(page: NoisePage, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text()


def shown_button(page: NoisePage, name: str) -> bool:
    button = page.findChild(QPushButton, name)
    assert button is not None
    return button.isVisible()


def test_a_picture_is_taken_apart_and_shown_to_the_network(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    facts = text_of(page, "forwardFacts")
    assert "Latent 8 × 8, 4 channels" in facts
    assert "PSNR 48.1 dB" in facts
    assert text_of(page, "forwardCut").startswith("photo.png: 50 × 30, cut and scaled to 128 × 128 pixels")
    assert opened.engine.asked_once == [(500, opened.window.session.draft.prompt)]
    assert to_pixels(page.bench.guess.image)[0, 0, 0] == 255 - 500 % 256


def test_the_slider_answers_at_once_and_the_network_when_it_rests(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    for t in (700, 800, 900):
        page.bench.slider.setValue(t)
        preview = page.experiment.noisy_preview()
        assert preview is not None
        assert np.array_equal(to_pixels(page.bench.noisy.image), preview)
    assert "asking" in page.bench.guess.caption
    qtbot.waitUntil(lambda: len(opened.engine.asked_once) == 2)
    assert opened.engine.asked_once[-1][0] == 900
    assert "t 900" in text_of(page, "noiseNumbers")


def test_at_the_ends_are_the_picture_and_noise_alone(page: NoisePage, photo: Path, qtbot: QtBot) -> None:
    open_photo(page, photo, qtbot)
    page.bench.slider.setValue(999)
    assert "σ ∞" in text_of(page, "noiseNumbers")
    assert page.bench.noisy.caption == "xₜ = 0.00 × picture + 1.00 × noise"
    page.bench.slider.setValue(0)
    assert page.bench.noisy.caption == "xₜ = 1.00 × picture + 0.03 × noise"


def test_other_noise_is_other_but_as_strong(page: NoisePage, photo: Path, qtbot: QtBot) -> None:
    open_photo(page, photo, qtbot)
    page.bench.slider.setValue(999)
    before = page.experiment.noisy_preview()
    page.experiment.draw_other_noise()
    after = page.experiment.noisy_preview()
    assert before is not None
    assert after is not None
    assert not np.array_equal(before, after)


def test_denoise_from_here_is_image_to_image_with_the_strength_of_the_slider(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    page.bench.slider.setValue(249)
    assert "the first 15 are skipped, the last 5 remove this much noise" in text_of(page, "denoiseSentence")
    page.denoise_bar.prompt.clear()
    qtbot.keyClicks(page.denoise_bar.prompt, "a lighthouse")
    qtbot.mouseClick(page.denoise_bar.button, Qt.MouseButton.LeftButton)
    wait_until_idle(opened, qtbot)
    request = opened.engine.requests[-1]
    assert request.prompt == "a lighthouse"
    assert request.source is not None
    assert (request.source.path, request.source.strength) == (str(photo), 0.25)
    assert opened.window.contents.places.currentWidget() is opened.window.contents.create_page


def test_another_prompt_asks_again(opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot) -> None:
    open_photo(page, photo, qtbot)
    page.denoise_bar.prompt.setFocus()
    page.denoise_bar.prompt.clear()
    qtbot.keyClicks(page.denoise_bar.prompt, "snow")
    qtbot.waitUntil(lambda: opened.engine.asked_once[-1] == (500, "snow"))


def test_nothing_is_asked_while_another_place_is_shown(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    opened.window.contents.places.show_page(opened.window.contents.create)
    opened.window.session.edit(prompt="elsewhere")
    qtbot.wait(300)
    assert len(opened.engine.asked_once) == 1


def test_a_picture_that_cannot_be_used_is_told_on_the_page(page: NoisePage, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.experiment.refused):
        page.open(tmp_path / "gone.png")
    assert page.messages.subjects() == (PICTURE,)
    assert page.start.isVisible()
    assert shown_button(page, "forwardStartButton")


def test_the_picture_before_stays_when_another_cannot_be_used(
    page: NoisePage, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    page.bench.slider.setValue(300)
    with qtbot.waitSignal(page.experiment.refused):
        page.open(tmp_path / "gone.png")
    assert page.messages.subjects() == (PICTURE,)
    assert page.experiment.shown is not None
    assert page.experiment.shown.path == photo
    assert page.experiment.t == 300
    assert page.bench.isEnabled()
    qtbot.waitUntil(lambda: "one-step" in page.bench.guess.caption)


def test_a_good_picture_takes_the_message_away(page: NoisePage, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.experiment.refused):
        page.open(tmp_path / "gone.png")
    open_photo(page, photo, qtbot)
    assert page.messages.subjects() == ()


def test_while_the_first_picture_is_encoded_the_page_says_so(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    hold = opened.engine.trip_hold = threading.Event()
    page.open(photo)
    assert not shown_button(page, "forwardStartButton")
    assert TAKING[0] in [label.text() for label in page.start.findChildren(QLabel)]
    hold.set()
    qtbot.waitUntil(page.bench.isVisible)


def test_a_model_that_cannot_take_the_picture_is_told_and_another_one_takes_it(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    opened.engine.trip_error = ModelMissing("gone", ())
    with qtbot.waitSignal(page.experiment.refused):
        opened.window.session.edit(size=Size(64, 64))
    assert page.start.isVisible()
    opened.engine.trip_error = None
    with qtbot.waitSignal(page.experiment.taken):
        opened.window.session.edit(size=Size(128, 128))
    assert page.experiment.shown is not None
    assert page.experiment.shown.path == photo


def test_a_network_without_answer_is_told_until_it_answers(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    opened.engine.step_error = OutOfMemory("cpu", None, None)
    with qtbot.waitSignal(page.experiment.step_refused):
        page.bench.slider.setValue(100)
    assert page.messages.subjects() == (STEP,)
    assert page.bench.guess.caption == "no answer from the network"
    opened.engine.step_error = None
    page.bench.slider.setValue(101)
    qtbot.waitUntil(lambda: page.messages.subjects() == ())


def test_another_size_takes_the_picture_anew_and_keeps_the_timestep(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    page.bench.slider.setValue(321)
    with qtbot.waitSignal(page.experiment.taken):
        opened.window.session.edit(size=Size(64, 96))
    assert page.experiment.t == 321
    assert "64 × 96" in text_of(page, "forwardCut")


def test_the_picture_in_create_can_be_taken_where_there_is_one(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    assert not page.start.current_button.isEnabled()
    page.offer_current(photo)
    with qtbot.waitSignal(page.experiment.taken):
        qtbot.mouseClick(page.start.current_button, Qt.MouseButton.LeftButton)
    assert page.experiment.shown is not None
    assert page.experiment.shown.path == photo


def test_it_explains_itself_until_it_is_understood(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    text = page.findChild(Explanation)
    assert text is not None
    assert text.isVisible()
    qtbot.mouseClick(opened.child("closeExplanationButton"), Qt.MouseButton.LeftButton)
    assert not text.isVisible()
    assert page.source.isVisible()
    assert NAME in opened.settings_store.settings.explained_views
    qtbot.mouseClick(opened.child("explainNoiseButton"), Qt.MouseButton.LeftButton)
    assert text.isVisible()


def test_control_return_in_the_prompt_denoises_from_here(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot
) -> None:
    open_photo(page, photo, qtbot)
    page.denoise_bar.prompt.setFocus()
    with qtbot.waitSignal(page.denoising):
        qtbot.keyClick(page.denoise_bar.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    wait_until_idle(opened, qtbot)
    assert [request.source is not None for request in opened.engine.requests] == [True]


@pytest.mark.parametrize("quantity", range(4))
def test_the_schedule_is_drawn_in_every_unit_with_its_marker(
    page: NoisePage, photo: Path, qtbot: QtBot, quantity: int
) -> None:
    open_photo(page, photo, qtbot)
    page.bench.plot.quantity_combo.setCurrentIndex(quantity)
    page.bench.slider.setValue(999)
    assert page.bench.plot.plot.marker.value() == 999
    with qtbot.waitSignal(page.bench.t_chosen) as chosen:
        page.bench.plot.plot.call_selected.emit(0)
    assert chosen.args == [0]
    assert page.bench.slider.value() == 0


@pytest.mark.parametrize(
    ("ratio", "words"), [(1000.0, "Little"), (1.0, "Much"), (0.02, "Nearly"), (0.0046, "alone"), (0.0, "alone")]
)
def test_what_is_seen_is_said_in_words(ratio: float, words: str) -> None:
    assert words in level(ratio)


def test_a_picture_can_be_dropped(page: NoisePage, photo: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.experiment.taken):
        assert drop(page, files(photo))
    assert page.experiment.shown is not None
    assert page.experiment.shown.path == photo
