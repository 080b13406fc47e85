"""LoRAs are chosen from a searchable list, weighed, switched off and removed; what does not fit says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.controls.loras import LorasControl
from app.session.session import Session
from core.lora.library import LoraLibrary
from core.lora.usage import LoraUsage
from core.request.request import Lora
from core.runs.events import LoraInPart
from tests.app.conftest import MakeSession
from tests.core.lora.test_library import write_lora
from tests.fakes import FakeModels, model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, width in (("one", 768), ("large", 2048)):
        config = tmp_path / name / "unet" / "config.json"
        config.parent.mkdir(parents=True)
        config.write_text(f'{{"cross_attention_dim": {width}}}')
    write_lora(tmp_path / "loras" / "ink.safetensors", metadata={"modelspec.trigger_phrase": "ink drawing"})
    write_lora(tmp_path / "loras" / "snow.safetensors")
    write_lora(tmp_path / "loras" / "large only.safetensors", 2048)
    return tmp_path


@pytest.fixture
def session(make_session: MakeSession, folder: Path, qtbot: QtBot) -> Session:
    one, large = (replace(model(key), folder=folder / key) for key in ("one", "large"))
    plain = replace(model("plain"), capabilities=replace(one.capabilities, takes_loras=False))
    session = make_session(models=FakeModels(one, large, plain), loras=lambda: LoraLibrary((folder,)))
    qtbot.waitUntil(lambda: session.loras.at_hand is not None)
    return session


@pytest.fixture
def control(session: Session, qtbot: QtBot) -> LorasControl:
    control = LorasControl(session)
    qtbot.addWidget(control)
    control.resize(300, 200)
    control.show()
    qtbot.waitExposed(control)
    assert control.rows == []
    return control


def entries(control: LorasControl) -> dict[str, bool]:
    """Returns the menu's entries, and whether each can be chosen."""
    items = (control.menu.list.item(row) for row in range(control.menu.list.count()))
    enabled = Qt.ItemFlag.ItemIsEnabled
    return {item.text(): bool(item.flags() & enabled) for item in items if not item.isHidden()}


def test_unused_it_takes_one_line(control: LorasControl) -> None:
    assert control.sizeHint().height() <= control.button.sizeHint().height() + 8


def test_one_is_chosen_from_the_list(control: LorasControl, session: Session, qtbot: QtBot) -> None:
    qtbot.mouseClick(control.button, Qt.MouseButton.LeftButton)
    assert entries(control) == {"ink": True, "snow": True, "large only": False}
    qtbot.keyClick(control.menu.list, Qt.Key.Key_Return)
    assert session.draft.loras == (Lora("ink"),)
    assert not control.menu.isVisible()
    assert [(row.name, row.spin.value(), row.box.isChecked()) for row in control.rows] == [("ink", 1.0, True)]
    qtbot.mouseClick(control.button, Qt.MouseButton.LeftButton)
    assert entries(control) == {"snow": True, "large only": False}
    control.menu.hide()


def test_what_does_not_fit_cannot_be_chosen_and_says_why(control: LorasControl, session: Session) -> None:
    control.button.click()
    item = control.menu.list.item(2)
    told = item.data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == "large only, made for Stable Diffusion XL, not for Stable Diffusion 1.x"
    control.menu.list.itemClicked.emit(item)
    assert session.draft.loras == ()
    control.menu.hide()


def test_many_can_be_searched(control: LorasControl, session: Session, folder: Path, qtbot: QtBot) -> None:
    control.button.click()
    assert not control.menu.search.isVisible()
    control.menu.hide()
    for number in range(12):
        write_lora(folder / "loras" / f"style {number}.safetensors")
    with qtbot.waitSignal(session.loras.changed):
        session.loras.refresh()
    control.button.click()
    assert control.menu.search.isVisible()
    qtbot.keyClicks(control.menu.search, "11 STY")
    assert entries(control) == {"style 11": True}
    qtbot.keyClick(control.menu.search, Qt.Key.Key_Return)
    assert session.draft.loras == (Lora("style 11"),)
    control.button.click()
    qtbot.keyClicks(control.menu.search, "nothing")
    assert control.menu.hint.text() == "No LoRA has this in its name."
    control.menu.hide()


def test_a_row_weighs_switches_and_removes(control: LorasControl, session: Session, qtbot: QtBot) -> None:
    session.edit(loras=(Lora("ink"), Lora("snow", 0.5)))
    first, second = control.rows
    first.spin.setValue(-0.75)
    second.box.click()
    assert session.draft.loras == (Lora("ink", -0.75), Lora("snow", 0.5, is_on=False))
    assert not second.spin.isEnabled()
    session.draft_editor.undo()
    assert second.box.isChecked()
    assert control.rows == [first, second]
    qtbot.keyClick(second.remove_button, Qt.Key.Key_Delete)
    assert session.draft.loras == (Lora("ink", -0.75),)
    assert control.rows == [first]


def test_weights_of_a_recipe_are_shown_without_being_rounded_away(control: LorasControl, session: Session) -> None:
    session.edit(loras=(Lora("ink", 0.123456),))
    assert control.rows[0].spin.value() == 0.12
    assert session.draft.loras == (Lora("ink", 0.123456),)


def test_trigger_words_go_into_the_prompt_once(control: LorasControl, session: Session) -> None:
    session.edit(prompt="a house", loras=(Lora("ink"), Lora("snow")))
    with_words, without = control.rows
    assert not without.words_button.isVisible()
    with_words.words_button.click()
    assert session.draft.prompt == "a house, ink drawing"
    assert not with_words.words_button.isVisible()
    assert "Trigger words: ink drawing" in with_words.label.toolTip()


def test_another_model_says_which_are_left_out(control: LorasControl, session: Session) -> None:
    session.edit(loras=(Lora("ink"),))
    (row,) = control.rows
    assert not row.note.isVisible()
    session.edit(model="large")
    assert row.note.text() == "Left out: made for Stable Diffusion 1.x, not for Stable Diffusion XL."
    assert not row.spin.isEnabled()
    session.edit(model="one")
    assert not row.note.isVisible()


def test_layers_that_do_not_act_are_told_in_the_row(control: LorasControl, session: Session) -> None:
    session.edit(loras=(Lora("ink"),))
    usage = LoraUsage.of(3, ["of OFT", "of OFT"])
    session.loras.follow(LoraInPart("ink", Path("ink.safetensors"), "large", usage))
    (row,) = control.rows
    assert not row.note.isVisible()
    session.loras.follow(LoraInPart("ink", Path("ink.safetensors"), "one", usage))
    assert row.note.text() == "1 of 3 layers applied; left out: 2 of OFT."
    assert row.spin.isEnabled()


def test_one_that_is_gone_says_so(control: LorasControl, session: Session) -> None:
    session.edit(loras=(Lora("gone"),))
    assert "No file of this name" in control.rows[0].note.text()


def test_it_is_not_there_where_the_model_takes_none(control: LorasControl, session: Session) -> None:
    session.edit(model="plain")
    assert not control.isVisible()
    session.edit(model="one")
    assert control.isVisible()


def test_tags_in_the_prompt_go_to_the_list_when_asked(control: LorasControl, session: Session) -> None:
    assert not control.tags_button.isVisible()
    session.edit(prompt="a house <lora:ink:0.6> <lora:gone>", loras=(Lora("snow"), Lora("ink", 2.0)))
    assert control.tags_button.text() == "Move the prompt's LoRAs here"
    assert [row.name for row in control.rows] == ["snow", "ink", "gone"]
    assert [row.box.isEnabled() for row in control.rows] == [True, False, False]
    assert control.rows[1].spin.value() == 0.6
    assert "In the prompt. No file of this name" in control.rows[2].note.text()
    control.tags_button.click()
    assert all(row.box.isEnabled() for row in control.rows)
    assert session.draft.prompt == "a house"
    assert session.draft.loras == (Lora("snow"), Lora("ink", 0.6), Lora("gone"))
    assert "No file of this name" in control.rows[2].note.text()
    assert not control.tags_button.isVisible()
    session.draft_editor.undo()
    assert session.draft.prompt == "a house <lora:ink:0.6> <lora:gone>"
