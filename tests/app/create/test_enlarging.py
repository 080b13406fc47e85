"""Pictures are enlarged from the queue: asked for in a dialog, told, stopped, saved beside the old ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.create.enlarging import Enlarging
from app.dialogs.enlarge import EnlargeDialog
from app.session.run import SavedPicture
from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from app.widgets.message_bar import MessageArea, Notice
from core.errors import UpscalerBroken
from core.models.catalogue import Catalogue
from core.pictures.picture import GeneratedImage
from core.recipes.refinement import Refinement
from core.request.request import GenerationRequest, Size, Upscaler
from core.runs.enlargement import EnlargeFiles, picture_of
from core.runs.events import Advanced, Event, Finished, Loading, Phase
from core.runs.refining import Refining
from core.upscalers.file import UpscalerFile
from core.upscalers.kind import UpscalerKind
from tests.app.conftest import FakeSaves, MakeSession
from tests.fakes import FakeEngine
from tests.patience import LONGEST_S

Settle = Callable[[Session], None]
Widget = TypeVar("Widget", bound=QWidget)


@dataclass
class Fixture:
    enlarging: Enlarging
    session: Session
    window: QWidget
    told: list[Notice] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def dialog(self) -> EnlargeDialog:
        (dialog,) = self.window.findChildren(EnlargeDialog)
        return dialog


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    paths = tuple(tmp_path / f"{name}.png" for name in "abc")
    for path in paths:
        Image.new("RGB", (20, 10), "red").save(path)
    return paths


@pytest.fixture
def fixture(make_session: MakeSession, qtbot: QtBot) -> Fixture:
    engine, window = FakeEngine(), QWidget()
    qtbot.addWidget(window)

    def enlarge(operation: EnlargeFiles) -> Iterator[Event]:
        (path,) = operation.paths
        image = picture_of(path)
        yield Loading(Phase.enlarging)
        fixture.hold.wait(LONGEST_S)
        if path.name == "broken.png":
            raise UpscalerBroken(path, "it is damaged")
        yield Advanced(1, 1)
        yield Finished(GeneratedImage(np.repeat(np.repeat(image.pixels, 2, 0), 2, 1), image.recipe))

    engine.answers[EnlargeFiles] = enlarge
    session = make_session(engine)
    selection = UpscalerSelection(Catalogue(()), session)
    fixture = Fixture(
        Enlarging(window, session, selection, lambda _: None, lambda *paths: fixture.deleted.extend(paths)),
        session,
        window,
    )
    fixture.enlarging.told.connect(fixture.told.append)
    fixture.hold.set()
    return fixture


def test_the_dialog_tells_what_a_picture_becomes_and_the_queue_makes_it(
    fixture: Fixture, saves: FakeSaves, files: tuple[Path, ...], settle: Settle, qtbot: QtBot
) -> None:
    fixture.enlarging.ask(files[:1])
    qtbot.waitUntil(lambda: bool(fixture.window.findChildren(EnlargeDialog)))
    dialog = fixture.dialog()
    names, button = dialog.findChild(QComboBox), dialog.findChild(QPushButton, "enlargeButton")
    result = dialog.findChild(QLabel, "enlargeResultLabel")
    assert isinstance(names, QComboBox) and isinstance(button, QPushButton) and isinstance(result, QLabel)
    qtbot.waitUntil(button.isEnabled)
    assert result.text() == "20 × 10 pixels become 80 × 40."
    button.click()
    settle(fixture.session)
    qtbot.waitUntil(lambda: len(saves.saved) == 1)
    ((image, folder),) = saves.saved
    assert folder == files[0].parent
    assert image.recipe.enlarged_from is not None and image.recipe.enlarged_from.name == "a.png"
    qtbot.waitUntil(lambda: "1 picture is enlarged" in fixture.told[-1].message.title)


def test_pictures_are_refined_at_their_size_by_the_drafts_settings_or_their_own(
    fixture: Fixture, saves: FakeSaves, files: tuple[Path, ...], settle: Settle, qtbot: QtBot
) -> None:
    fixture.session.edit(prompt="a tree", steps=7)
    fixture.enlarging.ask(files[:1])
    qtbot.waitUntil(lambda: bool(fixture.window.findChildren(EnlargeDialog)))
    dialog = fixture.dialog()
    button, names = (
        dialog.findChild(QPushButton, "enlargeButton"),
        dialog.findChild(QComboBox, "enlargeUpscalerCombo"),
    )
    assert isinstance(button, QPushButton) and isinstance(names, QComboBox)
    qtbot.waitUntil(button.isEnabled)
    assert names.findData("") < 0
    child(dialog, QCheckBox, "refineCheck").click()
    names.setCurrentIndex(names.findData(""))
    assert "computer's memory" in child(dialog, QLabel, "refineHint").text()
    child(dialog, QDoubleSpinBox, "refineStrengthSpin").setValue(0.25)
    child(dialog, QLineEdit, "refinePromptEdit").setText(" a red tree ")
    with qtbot.waitSignal(dialog.chosen) as told:
        button.click()
    upscaler, longer_side, refining = told.args or (0, 0, 0)
    assert (upscaler, longer_side) == (None, 0) and isinstance(refining, Refining)
    assert refining.how == Refinement(0.25) and refining.prompt == "a red tree" and refining.is_own
    assert refining.settings is not None and refining.settings.steps == 7
    settle(fixture.session)
    qtbot.waitUntil(lambda: len(saves.saved) == 1)


def child(dialog: QWidget, kind: type[Widget], name: str) -> Widget:
    found = dialog.findChild(kind, name)
    assert found is not None
    return found


def test_without_refining_an_upscaler_is_needed_again(qtbot: QtBot) -> None:
    dialog = EnlargeDialog((Path("a.png"),), Size(64, 64), None, None, GenerationRequest(""))
    qtbot.addWidget(dialog)
    dialog.show_files((UpscalerFile(Path("mine.safetensors"), UpscalerKind("Compact", 4, 8, 2)),))
    check, names = child(dialog, QCheckBox, "refineCheck"), child(dialog, QComboBox, "enlargeUpscalerCombo")
    check.click()
    names.setCurrentIndex(names.findData(""))
    assert not child(dialog, QComboBox, "enlargeSizeCombo").isEnabled()
    check.click()
    assert names.currentData() == "mine" and child(dialog, QComboBox, "enlargeSizeCombo").isEnabled()


def test_a_picture_that_becomes_too_large_to_be_refined_is_only_enlarged(qtbot: QtBot) -> None:
    dialog = EnlargeDialog((Path("a.png"),), Size(4000, 10), None, None, GenerationRequest(""))
    qtbot.addWidget(dialog)
    dialog.show_files((UpscalerFile(Path("mine.safetensors"), UpscalerKind("Compact", 4, 8, 2)),))
    button = child(dialog, QPushButton, "enlargeButton")
    assert button.isEnabled()
    child(dialog, QCheckBox, "refineCheck").click()
    assert not button.isEnabled() and "8,192 pixels" in child(dialog, QLabel, "refineHint").text()


def test_many_pictures_are_told_one_by_one_and_can_be_taken_back(
    fixture: Fixture, saves: FakeSaves, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    fixture.session.queue.add(EnlargeFiles(files, Upscaler("x")))
    qtbot.waitUntil(lambda: "3 pictures are enlarged" in [notice.message.title for notice in fixture.told])
    assert "Enlarging picture 2 of 3" in [notice.message.title for notice in fixture.told]
    next(choice for choice in fixture.told[-1].choices if choice.object_name == "deleteEnlargedButton").act()
    assert len(fixture.deleted) == len(saves.saved) == 3


@pytest.mark.parametrize(
    ("tiles", "strength"), [((0, 0), 0.3), ((0, 64), 0.15), ((128, 64), 0.3), ((64, 512), 0.15)]
)
def test_many_tiles_are_begun_with_a_lower_strength(tiles: tuple[int, int], strength: float, qtbot: QtBot) -> None:
    dialog = EnlargeDialog((Path("a.png"),), Size(48, 48), None, None, GenerationRequest(""), tiles)
    qtbot.addWidget(dialog)
    dialog.show_files((UpscalerFile(Path("mine.safetensors"), UpscalerKind("Compact", 4, 8, 2)),))
    child(dialog, QCheckBox, "refineCheck").click()
    spin, hint = child(dialog, QDoubleSpinBox, "refineStrengthSpin"), child(dialog, QLabel, "refineHint")
    assert (spin.value(), "things may repeat" in hint.text()) == (strength, strength == 0.15)
    models = child(dialog, QComboBox, "refineSettingsCombo")
    models.setCurrentIndex(models.findText("Those on the page Create"))
    assert ("things may repeat" in hint.text()) == (tiles[1] == 64)
    spin.setValue(0.5)
    models.setCurrentIndex(0)
    assert spin.value() == 0.5


@pytest.mark.parametrize(("steps", "is_lower"), [(20, True), (4, False)])
def test_no_strength_is_offered_that_leaves_no_step(
    steps: int, is_lower: bool, fixture: Fixture, tmp_path: Path, qtbot: QtBot
) -> None:
    model = fixture.session.model_of(fixture.session.draft)
    assert model is not None
    side = 3 * max(model.defaults.size.width, model.defaults.size.height)
    Image.new("RGB", (side, side)).save(tmp_path / "large.png")
    fixture.session.edit(steps=steps)
    fixture.enlarging.ask((tmp_path / "large.png",))
    qtbot.waitUntil(lambda: bool(fixture.window.findChildren(EnlargeDialog)))
    child(fixture.dialog(), QCheckBox, "refineCheck").click()
    combo = child(fixture.dialog(), QComboBox, "enlargeUpscalerCombo")
    combo.setCurrentIndex(combo.findData(""))
    assert (child(fixture.dialog(), QDoubleSpinBox, "refineStrengthSpin").value() < 0.3) == is_lower


def test_what_is_worked_on_is_told_no_more_when_it_has_failed(
    fixture: Fixture, tmp_path: Path, settle: Settle, qtbot: QtBot
) -> None:
    area = MessageArea(fixture.window)
    fixture.enlarging.told.connect(area.show_notice)
    broken = tmp_path / "broken.png"
    Image.new("RGB", (20, 10)).save(broken)
    fixture.hold.clear()
    fixture.session.queue.add(EnlargeFiles((broken,), Upscaler("x")))
    qtbot.waitUntil(lambda: bool(area.subjects()))
    fixture.hold.set()
    settle(fixture.session)
    qtbot.waitUntil(lambda: not area.subjects())


def test_stop_holds_the_rest_which_goes_on_with_the_picture_in_progress(
    fixture: Fixture, saves: FakeSaves, files: tuple[Path, ...], settle: Settle, qtbot: QtBot
) -> None:
    fixture.hold.clear()
    fixture.session.queue.add(EnlargeFiles(files, Upscaler("x")))
    qtbot.waitUntil(lambda: bool(fixture.told))
    next(choice for choice in fixture.told[-1].choices if choice.object_name == "stopEnlargingButton").act()
    fixture.hold.set()
    settle(fixture.session)
    (held,) = fixture.session.queue.held
    assert held.left == 3 - len(saves.saved)
    fixture.session.queue.go_on()
    qtbot.waitUntil(lambda: len(saves.saved) == 3)
    assert [image.recipe.enlarged_from.name for image, _ in saves.saved if image.recipe.enlarged_from] == [
        "a.png",
        "b.png",
        "c.png",
    ]


def test_a_picture_that_fails_leaves_the_others(
    fixture: Fixture, saves: FakeSaves, files: tuple[Path, ...], settle: Settle, qtbot: QtBot
) -> None:
    broken = files[0].rename(files[0].with_name("broken.png"))
    fixture.session.queue.add(EnlargeFiles((broken, *files[1:]), Upscaler("x")))
    settle(fixture.session)
    qtbot.waitUntil(lambda: len(saves.saved) == 2)
    (failed,) = fixture.session.queue.entries
    assert failed.problem
    assert failed.operation == EnlargeFiles((broken,), Upscaler("x"))


def test_what_cannot_be_saved_is_kept_and_saved_elsewhere(
    fixture: Fixture, saves: FakeSaves, files: tuple[Path, ...], tmp_path: Path, qtbot: QtBot
) -> None:
    saves.failures = 1
    enlarged: list[SavedPicture] = []
    fixture.session.picture_enlarged.connect(enlarged.append)
    fixture.session.queue.add(EnlargeFiles(files[:1], Upscaler("x")))
    qtbot.waitUntil(lambda: bool(fixture.session.unsaved))
    assert fixture.session.unsaved[0].film is None
    fixture.session.save_again(tmp_path)
    qtbot.waitUntil(lambda: bool(enlarged))


@pytest.mark.parametrize(
    ("size", "scale", "offered"),
    [
        (Size(128, 64), 4, ["its own (× 4)", "× 1.5", "× 2", "× 3", "× 4", "× 8", "longer side 1,024 px"]),
        (Size(4096, 4096), 4, ["its own (× 4)", "× 1.5", "× 2", "× 3", "× 4", "longer side 8,192 px"]),
        (Size(8192, 8192), 2, ["its own (× 2)", "× 1.5", "× 2"]),
        (Size(8192, 8192), 4, []),
    ],
)
def test_only_sizes_that_can_be_made_are_offered(qtbot: QtBot, size: Size, scale: int, offered: list[str]) -> None:
    dialog = EnlargeDialog((Path("a.png"),), size, None)
    qtbot.addWidget(dialog)
    dialog.show_files((UpscalerFile(Path("mine.safetensors"), UpscalerKind("Compact", scale, 8, 2)),))
    sizes = dialog.findChild(QComboBox, "enlargeSizeCombo")
    assert isinstance(sizes, QComboBox)
    assert [sizes.itemText(row) for row in range(sizes.count())] == offered
    result, button = dialog.findChild(QLabel, "enlargeResultLabel"), dialog.findChild(QPushButton, "enlargeButton")
    assert isinstance(result, QLabel) and isinstance(button, QPushButton)
    assert button.isEnabled() is bool(offered)
    assert offered or "too large for this upscaler" in result.text()
