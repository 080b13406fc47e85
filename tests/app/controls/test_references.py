"""Pictures beside the prompt are added, ordered and removed; the first one gives the size."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.controls.fold_table import FOLDS
from app.controls.references import ReferencesControl
from app.controls.size import SizeControl
from app.session.session import Session
from core.models.catalogue import Catalogue
from core.request.request import Reference, Size
from core.request.settings import validate
from tests.app.conftest import MakeSession
from tests.tiny_families import TINY_MODELS


@pytest.fixture(scope="module")
def klein(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    TINY_MODELS["flux2_klein"].make(folder / "klein")
    return folder


@pytest.fixture
def session(make_session: MakeSession, klein: Path) -> Session:
    session = make_session(models=Catalogue((klein,)))
    session.edit(model="klein")
    return session


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for path in paths:
        picture = QImage(301, 402, QImage.Format.Format_RGB32)
        picture.fill(Qt.GlobalColor.red)
        assert picture.save(str(path))
    return paths


@pytest.fixture
def control(session: Session, qtbot: QtBot) -> ReferencesControl:
    control = ReferencesControl(session)
    qtbot.addWidget(control)
    control.show()
    qtbot.waitExposed(control)
    assert not control.list.isVisible()
    return control


def names(session: Session) -> list[str]:
    return [Path(reference.path).name for reference in session.draft.references]


def test_pictures_are_added_up_to_the_most_and_the_first_one_gives_the_size(
    control: ReferencesControl, session: Session, pictures: list[Path], qtbot: QtBot
) -> None:
    control.add(pictures[:1])
    assert session.draft.size == Size(301, 402)
    session.edit(size=Size(512, 512))
    control.add(pictures[1:])
    assert session.draft.size == Size(512, 512)
    assert names(session) == ["0.png", "1.png", "2.png", "3.png"]
    assert control.list.count() == 4
    qtbot.waitUntil(lambda: not any(control.list.item(row).icon().isNull() for row in range(4)))
    assert not control.button.isEnabled()


def test_they_are_ordered_by_dragging_and_removed(
    control: ReferencesControl, session: Session, pictures: list[Path]
) -> None:
    control.add(pictures[:3])
    model = control.list.model()
    assert model.moveRow(control.list.rootIndex(), 2, control.list.rootIndex(), 0)
    assert names(session) == ["2.png", "0.png", "1.png"]
    control.list.setCurrentRow(1)
    control.remove_button.click()
    assert names(session) == ["2.png", "1.png"]
    control.remove()
    control.remove()
    assert not names(session)
    model = session.model_of(session.draft)
    assert model is not None
    assert session.draft.size.width % model.limits.size_step == 0
    assert not control.list.isVisible()


def test_a_picture_that_is_gone_is_told(control: ReferencesControl, session: Session) -> None:
    session.edit(references=(Reference("photo.png"),))
    assert control.sentence.isVisible()
    assert control.sentence.text() == "photo.png is not where it was: add it again, or remove it."


def test_only_models_that_take_them_offer_them(session: Session, pictures: list[Path]) -> None:
    fold = FOLDS["references"]
    assert fold.is_offered(session)
    session.edit(references=(Reference(str(pictures[0])),), size=Size(301, 402))
    validate(session.draft, session.draft_editor.limits)
    assert fold.is_used(session)
    session.edit(model="starter-model")
    assert not fold.is_offered(session)
    assert not session.draft.references
    validate(session.draft, session.draft_editor.limits)  # its size is one that this model takes


def test_the_size_control_shows_the_size_of_the_source_and_the_models_own_ones_again(
    control: ReferencesControl, session: Session, pictures: list[Path], qtbot: QtBot
) -> None:
    size = SizeControl(session)
    qtbot.addWidget(size)
    control.add(pictures[:1])
    assert (size.width_spin.value(), size.height_spin.value()) == (301, 402)
    size.width_spin.setValue(299)
    assert session.draft.size == Size(299, 402)
    control.remove()
    assert session.draft.size == Size(size.width_spin.value(), size.height_spin.value())
    assert size.width_spin.singleStep() > 1
