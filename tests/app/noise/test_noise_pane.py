"""The slider over t and the plot below it have one axis."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QStyle, QStyleOptionSlider
from pytestqt.qtbot import QtBot

from app.noise.page import NoisePage
from tests.app.noise.test_page import open_photo, page, photo
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened", "page", "photo"]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_slider_stands_above_its_place_in_the_plot(
    opened: Opened, page: NoisePage, photo: Path, qtbot: QtBot, share: float
) -> None:
    open_photo(page, photo, qtbot)
    bench, chart = page.bench, page.bench.plot.plot.chart
    qtbot.waitUntil(lambda: chart.width() > 200)
    bench.slider.setValue(round(share * bench.slider.maximum()))
    option = QStyleOptionSlider()
    bench.slider.initStyleOption(option)
    handle = bench.slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, bench.slider
    )
    over = bench.slider.mapTo(page, handle.center()).x()
    place = chart.mapFromScene(chart.area.mapViewToScene(QPointF(bench.slider.value(), 0)))
    assert abs(over - chart.mapTo(page, place).x()) <= 3
