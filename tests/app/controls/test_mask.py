"""The mask of the start image: painted elsewhere, shown and set here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.controls.mask import MaskControl
from app.controls.run_buttons import RunButtons
from app.session.mask_selection import MaskSelection
from app.session.session import Session
from app.widgets.pixels import to_pixels
from core.request.mask import Margins
from core.request.request import Mask, Size, Source


@pytest.fixture
def masks(session: Session, tmp_path: Path) -> MaskSelection:
    return MaskSelection(session, tmp_path / "pasted")


@pytest.fixture
def control(session: Session, masks: MaskSelection, qtbot: QtBot) -> MaskControl:
    control = MaskControl(session, masks)
    qtbot.addWidget(control)
    assert control.isHidden()
    return control


@pytest.fixture
def photo(session: Session, tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (60, 40), (200, 200, 200)).save(path)
    session.edit(source=Source(str(path), 0.6))
    return path


def left_half() -> np.ndarray:
    mask = np.zeros((40, 60), np.uint8)
    mask[:, :30] = 255
    return mask


def test_it_is_there_with_a_start_image_and_takes_one_line(control: MaskControl, photo: Path) -> None:
    control.show()
    assert control.button.text() == "Paint a mask…"
    assert control.sizeHint().height() <= control.button.sizeHint().height() + 8
    assert control.settings.isHidden() and control.remove_button.isHidden()
    buttons = (control.button, control.widen_button)
    control.resize(sum(button.sizeHint().width() for button in buttons) + 10, 40)
    control.grab()
    assert [button.text() for button in buttons if button.width() < button.sizeHint().width()] == []


def test_nothing_moves_while_painting_when_the_first_stroke_is_kept(
    control: MaskControl, masks: MaskSelection, photo: Path, qtbot: QtBot
) -> None:
    control.show()
    control.show_painting(is_painting=True)
    qtbot.waitUntil(lambda: not control.thumbnail.isHidden())
    QApplication.processEvents()  # the layout follows
    before = control.sizeHint()
    assert not control.settings.isEnabled()
    masks.keep(left_half())
    assert control.sizeHint() == before
    assert control.settings.isEnabled()
    masks.remove()
    control.show_painting(is_painting=False)
    assert control.settings.isHidden() and control.thumbnail.isHidden()


def test_its_x_removes_the_mask_and_leaves_the_widening(
    control: MaskControl, masks: MaskSelection, session: Session, photo: Path, qtbot: QtBot
) -> None:
    masks.widen(Margins(right=20), Size(60, 40))
    assert control.remove_button.isHidden() and not control.settings.isHidden()
    masks.keep(left_half())
    assert not control.remove_button.isHidden()
    size = session.draft.size
    qtbot.mouseClick(control.remove_button, Qt.MouseButton.LeftButton)
    mask = session.draft.mask
    assert mask is not None and (mask.is_painted, mask.margins) == (False, Margins(right=20))
    assert session.draft.size == size
    assert control.widen_button.text() == "Wider by 20 × 0 px…" and control.remove_button.isHidden()


def test_the_mask_is_drawn_over_the_start_image(
    control: MaskControl, masks: MaskSelection, photo: Path, qtbot: QtBot
) -> None:
    masks.keep(left_half())
    qtbot.waitUntil(lambda: not control.thumbnail.isHidden())
    assert not control.settings.isHidden()
    drawn = to_pixels(control.thumbnail.pixmap().toImage())
    height, width, _ = drawn.shape
    assert (drawn[height // 2, : width // 3] != 200).any(axis=1).all()
    assert (drawn[height // 2, 2 * width // 3 :] == 200).all()
    qt_button = control.remove_button
    qt_button.click()
    assert control.thumbnail.isHidden() and control.settings.isHidden()


def test_its_settings_are_edited(
    control: MaskControl, masks: MaskSelection, session: Session, photo: Path
) -> None:
    masks.keep(left_half())
    control.area.setCurrentIndex(control.area.findData("whole"))
    control.area.activated.emit(control.area.currentIndex())
    control.fill.setCurrentIndex(control.fill.findData("noise"))
    control.fill.activated.emit(control.fill.currentIndex())
    control.padding.setValue(70)
    control.softness.setValue(9)
    assert session.draft.mask is not None
    assert session.draft.mask == Mask(session.draft.mask.path, "", "whole", 70, "noise", 9.0)


def test_what_a_recipe_says_is_shown(control: MaskControl, session: Session, photo: Path) -> None:
    session.edit(mask=Mask("/gone/mask.png", "", "whole", 70, "#ff8800", 9.0))
    assert control.fill.currentText() == "#ff8800"
    assert control.area.currentText() == "the whole picture"
    assert control.softness.value() == 9
    assert "not where it was" in control.sentence.text() and not control.sentence.isHidden()


def test_the_button_of_runs_says_what_it_will_do(
    masks: MaskSelection, session: Session, photo: Path, qtbot: QtBot
) -> None:
    buttons = RunButtons(session, masks)
    qtbot.addWidget(buttons)
    assert buttons.generate.text() == "Generate"
    mask = np.zeros((40, 60), np.uint8)
    mask[5:20, 5:20] = 255
    masks.keep(mask)
    assert buttons.generate.text() == "Fill"
    masks.set_strength(0.5)
    assert buttons.generate.text() == "Refine"
    masks.set_strength(1.0)
    masks.keep(left_half())
    assert buttons.generate.text() == "Expand"
    session.edit(source=None, mask=None)
    assert buttons.generate.text() == "Generate"


def test_a_click_asks_for_painting(control: MaskControl, photo: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(control.paint_asked):
        qtbot.mouseClick(control.button, Qt.MouseButton.LeftButton)
