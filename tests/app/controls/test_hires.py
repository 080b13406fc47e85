"""The second pass of the draft: by how much, how it is enlarged, strength, steps and sampler."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot
from safetensors.torch import save_file

from app.controls.hires import LEAST_GUIDANCE, HiresControl
from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from core.models.catalogue import Catalogue
from core.request.hires import FIRST, LANCZOS, Hires
from core.request.request import Size, Source
from tests.tiny_upscalers import compact


@pytest.fixture
def control(session: Session, tmp_path: Path, qtbot: QtBot) -> HiresControl:
    (tmp_path / "upscale_models").mkdir()
    save_file(compact(), tmp_path / "upscale_models" / "sharp.safetensors")
    control = HiresControl(session, UpscalerSelection(Catalogue((tmp_path,)), session))
    qtbot.addWidget(control)
    control.show()
    qtbot.waitUntil(lambda: control.upscalers.findData("sharp") >= 0)
    return control


def choose(combo: QComboBox, value: str) -> None:
    combo.setCurrentIndex(combo.findData(value))
    combo.activated.emit(combo.currentIndex())


def texts(control: HiresControl) -> list[str]:
    return [label.text() for label in control.findChildren(QLabel)]


def test_each_part_is_edited_alone(control: HiresControl, session: Session) -> None:
    session.edit(hires=Hires())
    control.scale.setValue(1.5)
    assert session.draft.hires == Hires(scale=1.5)
    control.strength.setValue(0.4)
    control.steps.setValue(7)
    choose(control.upscalers, "sharp")
    choose(control.samplers, "euler")
    QTest.keyClicks(control.prompt, "a castle")
    QTest.keyClicks(control.negative, "fog")
    control.guidance.setValue(3.0)
    assert session.draft.hires == Hires("sharp", 1.5, None, 0.4, 7, "euler", "", "a castle", "fog", 3.0)
    for line in (control.prompt, control.negative):
        line.selectAll()
        QTest.keyClick(line, Qt.Key.Key_Delete)
    control.guidance.setValue(LEAST_GUIDANCE)
    choose(control.upscalers, LANCZOS)
    choose(control.samplers, "")
    control.steps.setValue(0)
    assert session.draft.hires == Hires(LANCZOS, 1.5, None, 0.4)


def test_the_values_of_a_recipe_are_shown_also_when_its_upscaler_is_not_here(
    control: HiresControl, session: Session
) -> None:
    session.edit(hires=Hires("4x-Sharp", size=Size(256, 0), strength=0.35, sha256="0" * 64), size=Size(128, 96))
    assert control.upscalers.currentText() == "4x-Sharp (not found)"
    assert (control.scale.value(), control.strength.value()) == (2.0, 0.35)
    assert "→ 256 × 192" in texts(control)
    control.strength.setValue(0.5)
    hires = session.draft.hires
    assert hires is not None
    assert (hires.size, hires.sha256) == (Size(256, 0), "0" * 64)  # all else stays
    choose(control.upscalers, "sharp")
    assert session.draft.hires == Hires("sharp", size=Size(256, 0), strength=0.5)


def test_it_says_where_there_can_be_no_second_pass(control: HiresControl, session: Session) -> None:
    session.edit(hires=Hires())
    session.edit(source=Source("a.png", 0.5))
    assert "not with an image to start from" in texts(control)


def test_what_is_shown_before_it_is_used_is_what_the_first_change_keeps(
    control: HiresControl, session: Session
) -> None:
    assert (control.upscalers.currentData(), control.strength.value()) == (FIRST.upscaler, FIRST.strength)
    control.scale.setValue(1.5)
    assert session.draft.hires == replace(FIRST, scale=1.5)
