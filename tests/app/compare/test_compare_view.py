"""The three ways to look at two pictures, and the one for more."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.compare.compare_view import CompareMode, CompareView
from app.compare.scale_bar import percent
from app.session.background import BackgroundTasks
from app.widgets.building import vbox
from app.widgets.theme import LIGHT
from tests.app.compare.conftest import MakePicture
from tests.app.film.conftest import found


def button(view: CompareView, name: str) -> QToolButton:
    return found(view, QToolButton, f"compare-{name}")


def test_a_wipe_shows_both_in_one_pane(view: CompareView, make_picture: MakePicture) -> None:
    view.show_pictures((make_picture(1), make_picture(2)))
    (pane,) = view.panes
    assert [picture.name for picture in pane.pictures] == ["grey 1", "grey 2"]


def test_side_by_side_gives_each_its_pane(view: CompareView, make_picture: MakePicture) -> None:
    view.show_pictures((make_picture(1), make_picture(2)))
    button(view, "side-by-side").click()
    assert [pane.pictures[0].name for pane in view.panes] == ["grey 1", "grey 2"]
    assert all(pane.isVisible() for pane in view.panes)


def test_the_difference_says_what_is_bright_and_how_much_there_is(
    view: CompareView, make_picture: MakePicture, qtbot: QtBot
) -> None:
    view.show_pictures((make_picture(0), make_picture(51)))
    button(view, "difference").click()
    (pane,) = view.panes
    qtbot.waitUntil(lambda: bool(pane.pictures))
    assert "20 % apart or more" in [label.text() for label in view.findChildren(QLabel)]
    numbers = found(view, QLabel, "differenceNumbers")
    assert numbers.accessibleName() == "mean 20 % · largest 20 % · 100 % of the pixels differ"


def test_the_scale_can_be_fixed(view: CompareView, make_picture: MakePicture, qtbot: QtBot) -> None:
    view.show_pictures((make_picture(0), make_picture(51)))
    view.choose(CompareMode.difference)
    combo = found(view, QComboBox, "differenceScaleCombo")
    combo.setCurrentIndex(combo.findText("Up to 50 %"))
    qtbot.waitUntil(lambda: "50 % apart or more" in [label.text() for label in view.findChildren(QLabel)])


def test_the_difference_follows_the_pictures(view: CompareView, make_picture: MakePicture, qtbot: QtBot) -> None:
    view.choose(CompareMode.difference)
    for value in (51, 255):
        view.show_pictures((make_picture(0), make_picture(value)))
    numbers = found(view, QLabel, "differenceNumbers")
    qtbot.waitUntil(lambda: "largest 100 %" in numbers.accessibleName())


def test_no_difference_is_shown_that_was_left_meanwhile(
    view: CompareView, make_picture: MakePicture, qtbot: QtBot
) -> None:
    view.show_pictures((make_picture(0), make_picture(51)))
    view.choose(CompareMode.difference)
    view.choose(CompareMode.wipe)
    qtbot.wait(100)
    assert found(view, QLabel, "differenceNumbers").accessibleName() == ""


def test_pictures_of_different_shapes_have_no_difference(view: CompareView, make_picture: MakePicture) -> None:
    view.show_pictures((make_picture(0), make_picture(0, (64, 32))))
    view.choose(CompareMode.difference)
    assert view.panes[0].message == "There is no difference map: the shapes differ, 64 × 64 and 64 × 32 pixels."


def test_more_than_two_are_side_by_side(view: CompareView, make_picture: MakePicture) -> None:
    view.show_pictures([make_picture(value) for value in range(4)])
    assert view.mode is CompareMode.side_by_side
    assert len(view.panes) == 4
    assert not button(view, "wipe").isEnabled()
    view.show_pictures([make_picture(value) for value in range(2)])
    assert len(view.panes) == 2
    assert button(view, "wipe").isEnabled()


def test_the_legend_tells_which_is_which_and_what_differs(view: CompareView, make_picture: MakePicture) -> None:
    view.show_pictures((make_picture(1, state="step 3 of 20"), make_picture(2, state="step 4 of 20")))
    view.describe("guidance 4 → 7", "Synced by step")
    texts = [found(view, QLabel, name).text() for name in ("compareNameA", "compareStateA", "compareStateB")]
    assert texts == ["grey 1", "step 3 of 20", "step 4 of 20"]
    assert found(view, QLabel, "compareDifferences").text() == "guidance 4 → 7"


def test_escape_and_the_button_end_it(view: CompareView, make_picture: MakePicture, qtbot: QtBot) -> None:
    view.show_pictures((make_picture(1), make_picture(2)))
    with qtbot.waitSignal(view.closed):
        qtbot.keyClick(view.panes[0], Qt.Key.Key_Escape)
    with qtbot.waitSignal(view.closed):
        button(view, "close").click()


def test_percentages_neither_hide_little_nor_round_up_to_all() -> None:
    texts = [percent(part) for part in (0, 0.0001, 0.031, 0.05, 0.42, 0.999, 1)]
    assert texts == ["0 %", "under 0.1 %", "3.1 %", "5 %", "42 %", "over 99 %", "100 %"]


def test_the_modes_lose_their_words_in_a_narrow_place_and_get_them_back(
    background: BackgroundTasks, qtbot: QtBot
) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    view = CompareView(LIGHT, background)
    vbox(view, on=around)
    around.resize(800, 400)
    around.show()
    modes = [button(view, name) for name in ("wipe", "side-by-side", "difference")]
    close = button(view, "close")
    layout = view.layout()
    assert layout is not None
    with_words = layout.minimumSize().width()
    for width, has_words in (
        (view.minimumSizeHint().width(), False),
        (with_words + 8, True),
        (with_words - 1, False),
    ):
        around.resize(width, 400)
        QApplication.processEvents()
        assert [each.sizeHint().width() > close.sizeHint().width() for each in modes] == [has_words] * 3, width
        assert close.geometry().right() < view.width() == width
        assert all(each.accessibleName() and each.toolTip() for each in modes)
