"""The upscaler of the draft is chosen from what lies around the models; its factor waits until there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from safetensors.torch import save_file

from app.controls.upscaler import UpscalerControl
from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from core.models.catalogue import Catalogue
from core.request.request import Upscaler
from core.upscalers.library import OF_STARTER
from tests.tiny_upscalers import esrgan


@pytest.fixture
def control(session: Session, tmp_path: Path, qtbot: QtBot) -> UpscalerControl:
    (tmp_path / "upscale_models").mkdir()
    save_file(esrgan(2), tmp_path / "upscale_models" / "twice.safetensors")
    control = UpscalerControl(session, UpscalerSelection(Catalogue((tmp_path,)), session))
    qtbot.addWidget(control)
    control.show()
    qtbot.waitUntil(lambda: control.names.count() > 1)
    return control


def choose(control: UpscalerControl, name: str, factor: float = 0.0) -> None:
    control.names.setCurrentIndex(control.names.findData(name))
    control.factors.setCurrentIndex(control.factors.findData(factor))
    control.names.activated.emit(control.names.currentIndex())


def test_an_upscaler_is_chosen_with_its_factor_and_left_out_again(
    control: UpscalerControl, session: Session
) -> None:
    assert [control.names.itemData(row) for row in range(control.names.count())] == ["", OF_STARTER, "twice"]
    assert not control.factors.isEnabled()
    choose(control, "twice")
    assert session.draft.upscaler == Upscaler("twice")
    assert control.factors.isEnabled() and control.factors.currentText() == "its own (× 2)"
    choose(control, "twice", 1.5)
    assert session.draft.upscaler == Upscaler("twice", 1.5)
    choose(control, "")
    assert session.draft.upscaler is None


def test_the_scale_of_a_network_can_be_read_whole(control: UpscalerControl) -> None:
    choose(control, "twice")
    factors = control.factors
    assert factors.currentText() == "its own (× 2)"
    assert (
        factors.width()
        >= factors.minimumSizeHint().width()
        > factors.fontMetrics().horizontalAdvance("its own (× 2)")
    )


def test_the_choice_of_a_recipe_is_shown_also_when_it_is_not_here(
    control: UpscalerControl, session: Session
) -> None:
    session.edit(upscaler=Upscaler("4x-Sharp", 2.5))
    assert (control.names.currentText(), control.factors.currentText()) == ("4x-Sharp (not found)", "× 2.5")
    assert session.draft.upscaler == Upscaler("4x-Sharp", 2.5)
