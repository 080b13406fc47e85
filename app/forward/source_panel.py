"""Left of the page: the picture, what the autoencoder keeps of it, and its latent channels."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.film.picture_pane import PicturePane
from app.icons import ICON_NAME
from app.pixels import to_image
from core.heat import diverging, heat
from core.measures.difference import Difference
from core.round_trip import RoundTrip

WIDTH_PX = 320
PANE_PX = 136
CHANNEL_PX = 62
COLUMNS = 4
REACH = 4.0
"""Values of a good latent lie within four standard deviations."""


class SourcePanel(QFrame):
    """Signals:
    choose_asked: another picture, from a file. current_asked: the one on the canvas.
    """

    choose_asked = Signal()
    current_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("forwardSource")
        self.setProperty("role", "panel")
        self.setFixedWidth(WIDTH_PX)
        choose = QPushButton("Open a picture…")
        choose.setObjectName("forwardOpenButton")
        choose.setProperty(ICON_NAME, "picture")
        choose.clicked.connect(self.choose_asked)
        self.current_button = QPushButton("Take the picture on the canvas")
        self.current_button.setObjectName("forwardCurrentButton")
        self.current_button.clicked.connect(self.current_asked)
        self._pictures = {name: PicturePane() for name in ("yours", "kept", "lost")}
        self._facts = _words("number")
        self._facts.setObjectName("forwardFacts")
        self._channels: list[PicturePane] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        content = QWidget()
        content.setProperty("role", "panel")
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(choose)
        column.addWidget(self.current_button)
        column.addSpacing(8)
        self._results = QWidget()
        results = QVBoxLayout(self._results)
        results.setContentsMargins(0, 0, 0, 0)
        results.setSpacing(8)
        results.addWidget(_title("Round trip through the autoencoder"))
        trip = QGridLayout()
        trip.setSpacing(8)
        for number, pane in enumerate(self._pictures.values()):
            pane.setFixedHeight(PANE_PX + 20)
            trip.addWidget(pane, number // 2, number % 2)
        results.addLayout(trip)
        results.addWidget(self._facts)
        results.addWidget(
            _words(
                "hint",
                "The model never sees pixels: its autoencoder presses the picture into a small latent first. "
                "What is lost here no prompt brings back.",
            )
        )
        results.addSpacing(8)
        results.addWidget(_title("Latent channels"))
        results.addLayout(self._grid)
        results.addWidget(_words("hint", "Blue: below zero, red: above. Noise is added to these numbers."))
        column.addWidget(self._results)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        self._results.hide()

    def show_trip(self, trip: RoundTrip | None) -> None:
        self._results.setVisible(trip is not None)
        if trip is None:
            return
        difference = Difference.between(trip.picture, trip.decoded)
        scale = difference.fitting_scale
        self._pictures["yours"].show_picture(to_image(trip.picture), "your picture")
        self._pictures["kept"].show_picture(to_image(trip.decoded), "encoded and decoded")
        self._pictures["lost"].show_picture(
            to_image(heat(difference.distances / scale)), f"lost: yellow = {scale:.0%}"
        )
        height, width, _ = trip.picture.shape
        channels, rows, columns = trip.latent.shape
        self._facts.setText(
            f"{width} × {height} pixels in 3 colours\n→ {columns} × {rows} places in {channels} channels\n"
            f"{trip.fewer_values:.0f} times fewer numbers, {trip.compression:.0f} times fewer bytes\n"
            f"PSNR {trip.psnr:.1f} dB"
        )
        self._show_channels(trip)

    def _show_channels(self, trip: RoundTrip) -> None:
        if len(self._channels) != len(trip.latent):
            for pane in self._channels:
                self._grid.removeWidget(pane)
                pane.deleteLater()
            self._channels = [PicturePane(is_sharp=True) for _ in trip.latent]
            for number, pane in enumerate(self._channels):
                pane.setFixedSize(CHANNEL_PX, CHANNEL_PX)
                self._grid.addWidget(pane, number // COLUMNS, number % COLUMNS)
        for pane, channel in zip(self._channels, trip.latent, strict=True):
            pane.show_picture(to_image(diverging(channel, REACH)))
            pane.setToolTip(f"mean {channel.mean():.2f}, standard deviation {channel.std():.2f}")


def _title(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    return label


def _words(role: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
