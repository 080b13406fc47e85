from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.widgets.elided_label import ElidedLabel


def test_text_is_cut_where_there_is_no_room_and_whole_where_there_is(qtbot: QtBot) -> None:
    words = "a red house\nby the sea at sunset"
    label = ElidedLabel(words)
    qtbot.addWidget(label)
    label.show()
    label.resize(60, 20)
    assert label.text().endswith("…")
    label.resize(600, 20)
    assert label.text() == "a red house by the sea at sunset"
    assert label.toolTip() == label.text()


def test_the_longest_text_that_fits_is_shown(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.show_text("step 12 of 30 · 20 % picture, 80 % noise", "12/30 · 20 % picture", "20 %")
    label.show()
    texts = []
    for width in (600, 150, 40):
        label.resize(width, 20)
        texts.append(label.text())
    assert texts == ["step 12 of 30 · 20 % picture, 80 % noise", "12/30 · 20 % picture", "20 %"]
    assert label.accessibleName().startswith("step 12 of 30")
