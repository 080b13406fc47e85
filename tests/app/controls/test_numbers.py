"""Sampler, steps, guidance scale, number of pictures and previews: each shows the draft and edits it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.controls.choice import ChoiceControl
from app.controls.number import NumberControl
from app.controls.previews import PreviewControl
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.models.catalogue import Catalogue
from core.paths import Folders
from core.request.samplers import SAMPLERS
from core.runs.events import PreviewMode
from tests.app.controls.making import made

Edits = Callable[[], int]


def test_all_samplers_are_listed_each_with_its_own_name(session: Session, qtbot: QtBot, edits: Edits):
    control = made("sampler", session, ChoiceControl)
    qtbot.addWidget(control)
    names = [control.combo.itemText(index) for index in range(control.combo.count())]
    assert len(set(names)) == len(names) == len(SAMPLERS)
    assert "DPM++ 2M Karras" in names
    assert control.combo.currentText() == "DDIM"
    assert edits() == 0


def test_choosing_a_sampler_edits_the_draft_and_explains_it(session: Session, qtbot: QtBot):
    control = made("sampler", session, ChoiceControl)
    qtbot.addWidget(control)
    index = control.combo.findText("Heun")
    control.combo.setCurrentIndex(index)
    control.combo.activated.emit(index)
    assert session.draft.sampler == "heun"
    assert SAMPLERS["heun"].about in control.combo.toolTip()
    session.draft_editor.undo()
    assert control.combo.currentText() == "DDIM"


def test_steps_edit_the_draft_and_follow_it(session: Session, qtbot: QtBot):
    control = made("steps", session, NumberControl)
    qtbot.addWidget(control)
    assert control.spin.value() == 20
    control.spin.selectAll()
    qtbot.keyClicks(control.spin, "35")
    assert session.draft.steps == 35
    session.draft_editor.undo()
    assert control.spin.value() == 20
    assert (control.spin.minimum(), control.spin.maximum()) == (1, 500)


def test_the_number_of_pictures_edits_the_draft_and_follows_it(session: Session, qtbot: QtBot):
    control = made("count", session, NumberControl)
    qtbot.addWidget(control)
    qtbot.keyClick(control.spin, Qt.Key.Key_Up)
    assert session.draft.count == 2
    session.draft_editor.undo()
    assert control.spin.value() == 1


def test_guidance_edits_the_draft_and_follows_it(session: Session, qtbot: QtBot):
    control = made("guidance_scale", session, NumberControl)
    qtbot.addWidget(control)
    assert control.spin.text() == "4"
    qtbot.keyClick(control.spin, Qt.Key.Key_Up)
    assert session.draft.guidance_scale == 4.5
    assert control.spin.text() == QLocale().toString(4.5, "g", 4)
    session.draft_editor.undo()
    assert control.spin.value() == 4.0


@pytest.mark.parametrize(("scale", "words"), [(0.0, "off"), (1.0, "off"), (1.5, ""), (30.0, "")])
def test_guidance_says_when_it_is_off(session: Session, qtbot: QtBot, scale: float, words: str):
    control = made("guidance_scale", session, NumberControl)
    qtbot.addWidget(control)
    session.edit(guidance_scale=scale)
    assert control.findChildren(QLabel)[1].text() == words


def test_a_finer_guidance_of_a_picture_is_not_rounded_in_the_draft(session: Session, qtbot: QtBot, edits: Edits):
    control = made("guidance_scale", session, NumberControl)
    qtbot.addWidget(control)
    session.edit(guidance_scale=7.123456)
    assert session.draft.guidance_scale == 7.123456
    assert edits() == 1


def test_the_preview_mode_is_told_and_followed(session: Session, tmp_path: Path, qtbot: QtBot):
    settings_store = SettingsStore(Folders(*(tmp_path / name for name in Folders.__dataclass_fields__)))
    control = PreviewControl(session, AutoencoderSelection(Catalogue(()), settings_store, session))
    qtbot.addWidget(control)
    assert control.combo.currentText() == "Automatic"
    control.combo.setCurrentIndex(2)
    control.combo.activated.emit(2)
    assert session.preview_mode is PreviewMode.linear
    session.set_preview_mode(PreviewMode.every_step)
    assert control.combo.currentText() == "Every step decoded"
