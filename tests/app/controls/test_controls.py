"""Pictures that guide: added, given a network and a preprocessor, and shown as the network sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.controls.control_list import ControlList
from app.controls.control_row import ControlRow
from app.session.control_selection import ControlSelection
from app.session.session import Session
from core.models.catalogue import Catalogue
from core.request.control import MOST_CONTROLS, PREPROCESSORS, Control
from core.request.request import Size
from tests import tiny, tiny_controls, tiny_ip_adapters
from tests.app.conftest import MakeSession


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with a network that fits it, and one that does not."""
    folder = tmp_path_factory.mktemp("models")
    net = tiny_controls.controlnet(tiny.stable_diffusion(folder / "tiny"))
    tiny_controls.save_lone(net, folder / "controlnet", "lines")
    xl = tiny_controls.controlnet(tiny.stable_diffusion_xl(folder / "tiny-xl"))
    tiny_controls.save_lone(xl, folder / "controlnet", "a-large")
    tiny_controls.save_lone(tiny_controls.union(folder / "tiny-xl"), folder / "controlnet", "union")
    torch.save(net.state_dict(), folder / "controlnet" / "a-pickle.pth")
    return folder


@pytest.fixture
def session(make_session: MakeSession, models: Path) -> Session:
    session = make_session(models=Catalogue((models,)))
    session.edit(model="tiny", size=Size(64, 64))
    return session


@pytest.fixture
def control(session: Session, models: Path, tmp_path: Path, qtbot: QtBot) -> ControlList:
    selection = ControlSelection(Catalogue((models,)), session, tmp_path / "pasted")
    control = ControlList(session, selection)
    qtbot.addWidget(control)
    control.show()
    qtbot.waitUntil(lambda: selection.files is not None)
    return control


@pytest.fixture
def house(tmp_path: Path) -> Path:
    pixels = np.full((64, 64, 3), 255, np.uint8)
    pixels[16:48, 16:48] = 0
    Image.fromarray(pixels).save(tmp_path / "house.png")
    return tmp_path / "house.png"


def only(control: ControlList) -> ControlRow:
    (row,) = control.rows
    return row


def map_of(row: ControlRow, qtbot: QtBot) -> float:
    """Returns the mean of the map, once it is there."""
    qtbot.waitUntil(lambda: not row.map.preview.pixmap().isNull())
    image = row.map.preview.pixmap().toImage()
    values = [image.pixelColor(x, y).red() for x in range(image.width()) for y in range(image.height())]
    return sum(values) / len(values)


def test_a_picture_takes_the_first_network_that_fits_and_its_map_is_shown(
    control: ControlList, session: Session, house: Path, qtbot: QtBot
) -> None:
    assert control.rows == []
    control.add(house)
    assert session.draft.controls == (Control("lines", str(house)),)
    row = only(control)
    assert [row.networks.itemData(place) for place in range(row.networks.count())] == [
        "a-large",
        "lines",
        "union",
        "a-pickle",
    ]
    assert "made for" in row.networks.itemText(0)
    assert not row.networks.model().flags(row.networks.model().index(0, 0)) & Qt.ItemFlag.ItemIsEnabled
    plain = map_of(row, qtbot)
    row.preprocessors.setCurrentIndex(row.preprocessors.findData("canny"))
    row.preprocessors.activated.emit(row.preprocessors.currentIndex())
    assert session.draft.controls[0].preprocessor == "canny"
    qtbot.waitUntil(lambda: map_of(row, qtbot) < plain / 4)
    assert row.values[0].isVisible() and row.values[1].isVisible()
    row.values[0].setValue(50)
    assert session.draft.controls[0].values == (50, 200)


def test_what_is_made_of_the_picture_fits_the_network(
    make_session: MakeSession, models: Path, house: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "more"
    for name in ("controlnet/lines.safetensors", "tiny"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(models / name)
    tiny_ip_adapters.save(models / "tiny", folder / "ipadapter", "sunset")
    session = make_session(models=Catalogue((folder,)))
    session.edit(model="tiny", size=Size(64, 64))
    selection = ControlSelection(Catalogue((folder,)), session, tmp_path / "pasted")
    control = ControlList(session, selection)
    qtbot.addWidget(control)
    control.show()
    qtbot.waitUntil(lambda: selection.files is not None)
    control.add(house)
    row = only(control)
    selection.change(0, preprocessor="canny", values=(50.0, 200.0))
    for name, expected in (("sunset", ["picture", "style", "layout"]), ("lines", list(PREPROCESSORS)[:-3])):
        row.networks.setCurrentIndex(row.networks.findData(name))
        row.networks.activated.emit(row.networks.currentIndex())
        assert [row.preprocessors.itemData(place) for place in range(row.preprocessors.count())] == expected
        assert (session.draft.controls[0].preprocessor, session.draft.controls[0].values) == (expected[0], ())
    assert map_of(row, qtbot) > 0


def test_numbers_are_edited_and_the_start_stays_before_the_end(
    control: ControlList, session: Session, house: Path
) -> None:
    control.add(house)
    row = only(control)
    row.weight.setValue(0.7)
    row.end.setValue(0.5)
    row.start.setValue(0.8)
    (edited,) = session.draft.controls
    assert (edited.weight, edited.start) == (0.7, 0.8)
    assert edited.start < edited.end <= 1
    row.end.setValue(0.0)
    assert 0 <= session.draft.controls[0].start < session.draft.controls[0].end


def test_there_is_room_for_several_and_one_of_them_is_removed(
    control: ControlList, session: Session, house: Path
) -> None:
    for _ in range(MOST_CONTROLS + 1):
        control.add(house)
    assert len(session.draft.controls) == len(control.rows) == MOST_CONTROLS
    assert not control.button.isEnabled()
    session.edit(controls=session.draft.controls[:2])
    control.rows[1].weight.setValue(0.5)
    control.rows[0].remove_button.click()
    assert [one.weight for one in session.draft.controls] == [0.5]
    assert only(control).weight.value() == 0.5


def test_a_picture_that_is_gone_is_told_and_another_takes_its_place(
    control: ControlList, session: Session, house: Path, qtbot: QtBot
) -> None:
    session.edit(controls=(Control("lines", str(house.with_name("gone.png")), sha256="0" * 64),))
    row = only(control)
    qtbot.waitUntil(row.note.isVisible)
    assert "choose it again" in row.note.text()
    row.choose(house)
    assert session.draft.controls[0].sha256 == ""
    qtbot.waitUntil(row.map.preview.isVisible)
    assert not row.note.isVisible()


def test_a_network_of_a_recipe_that_is_not_here_is_named(
    control: ControlList, session: Session, house: Path
) -> None:
    session.edit(controls=(Control("depth", str(house)),))
    assert only(control).networks.currentText() == "depth (not found)"
    session.edit(controls=(Control("a-large", str(house)),))
    assert "choose another" in only(control).note.text()


def test_the_networks_weights_are_told_to_the_memory_plan(
    control: ControlList, session: Session, house: Path, models: Path
) -> None:
    control.add(house)
    selection = control._selection  # pyright: ignore[reportPrivateUsage]
    expected = sum(
        value.numel() for value in tiny_controls.weights(models / "controlnet" / "lines.safetensors").values()
    )
    assert selection.values_of(session.draft) == expected


def test_one_that_was_added_before_the_look_gets_its_network_then(
    session: Session, models: Path, house: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    selection = ControlSelection(Catalogue((models,)), session, tmp_path)
    selection.add(house)
    assert session.draft.controls[0].name == ""
    selection.look()
    qtbot.waitUntil(lambda: session.draft.controls[0].name == "lines")


def test_a_union_has_the_type_of_its_preprocessor_or_the_one_that_is_chosen(
    control: ControlList, session: Session, house: Path
) -> None:
    session.edit(model="tiny-xl", controls=(Control("a-large", str(house)),))
    row = only(control)
    assert row.type_field.isHidden()
    row.networks.setCurrentIndex(row.networks.findData("union"))
    row.networks.activated.emit(row.networks.currentIndex())
    assert not row.type_field.isHidden()
    assert (row.types.count(), row.types.currentText(), session.draft.controls[0].type) == (7, "", "")
    assert "several kinds of maps" in row.note.text(), "nobody but the user can tell"
    row.types.setCurrentIndex(row.types.findData("depth"))
    row.types.activated.emit(row.types.currentIndex())
    assert (session.draft.controls[0].type, row.note.text()) == ("depth", "")
    row.preprocessors.setCurrentIndex(row.preprocessors.findData("scribble"))
    row.preprocessors.activated.emit(row.preprocessors.currentIndex())
    assert (session.draft.controls[0].type, row.types.currentData()) == ("scribble", "scribble")
    row.networks.setCurrentIndex(row.networks.findData("a-large"))
    row.networks.activated.emit(row.networks.currentIndex())
    assert (session.draft.controls[0].type, row.type_field.isHidden()) == ("", True)


def test_a_pickle_is_told_to_be_read_later_and_is_not_chosen_by_itself(
    control: ControlList, session: Session, house: Path
) -> None:
    session.edit(model="tiny", controls=(Control("", str(house)),))
    assert session.draft.controls[0].name == "lines"
    session.edit(controls=(Control("a-pickle", str(house)),))
    assert "first use" in only(control).note.text()
    assert only(control).preprocessors.count() == len(PREPROCESSORS)
