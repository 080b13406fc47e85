"""Left of the page: the picture, its round trip through the autoencoder, and its latent channels."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from app.compare.scale_bar import percent
from app.film.picture_pane import PicturePane
from app.widgets.building import STRETCH, push_button, scroll_area, text_label, vbox
from app.widgets.icons import set_icon
from app.widgets.pixels import to_image
from core.film.film import Latent
from core.language.words import tr
from core.pictures.colour_maps import diverging
from core.runs.round_trip import EncodedPicture

WIDTH_PX = 320
PANE_PX = 136
CAPTION_PX = 20
CHANNEL_PX = 62
COLUMNS = 4
REACH = 4.0
"""Values of a good latent lie within four standard deviations."""

_LATENT_WORDS = tr(
    "The model never sees pixels: its autoencoder compresses the picture first. No prompt can bring back what "
    "is lost here."
)
_CHANNEL_WORDS = tr("Each is one sheet of the latent. Blue: below zero, red: above.")


class SourcePanel(QFrame):
    """Attributes:
    choose_button: asks for another picture, from a file. current_button: takes the one on the canvas.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("forwardSource")
        self.setProperty("role", "panel")
        self.setFixedWidth(WIDTH_PX)
        self.choose_button = push_button(tr("Open another picture…"), name="forwardOpenButton")
        set_icon(self.choose_button, "picture")
        self.current_button = push_button(tr("Use the picture from Create"), name="forwardCurrentButton")
        self._pictures = {name: PicturePane() for name in ("yours", "kept", "lost")}
        self._cut = text_label(name="forwardCut", role="hint", wraps=True, is_plain=True)
        self._facts = text_label(name="forwardFacts", role="hint", wraps=True)
        self._channels: list[PicturePane] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        trip = QGridLayout()
        trip.setSpacing(8)
        trip.setColumnStretch(0, 1)
        trip.setColumnStretch(1, 1)
        for number, pane in enumerate(self._pictures.values()):
            pane.setFixedHeight(PANE_PX + CAPTION_PX)
            trip.addWidget(pane, number // 2, number % 2)
        trip.addWidget(self._facts, 1, 1, Qt.AlignmentFlag.AlignTop)
        content = QWidget()
        content.setProperty("role", "panel")
        vbox(
            self.choose_button,
            self.current_button,
            8,
            text_label(tr("Encode and decode: what the autoencoder loses"), role="title", wraps=True),
            self._cut,
            trip,
            text_label(_LATENT_WORDS, role="hint", wraps=True),
            8,
            text_label(tr("Latent channels"), role="title"),
            self._grid,
            text_label(_CHANNEL_WORDS, role="hint", wraps=True),
            STRETCH,
            on=content,
            margins=16,
            spacing=8,
        )
        vbox(scroll_area(content, tr("Your picture and its latent")), on=self)

    def show_picture(self, taken: EncodedPicture) -> None:
        trip = taken.trip
        self._pictures["yours"].show_picture(to_image(trip.picture), tr("your picture"))
        self._pictures["kept"].show_picture(to_image(trip.decoded), tr("decoded again"))
        self._pictures["lost"].show_picture(to_image(taken.error_map), tr("error map"))
        height, width, _ = trip.picture.shape
        channels, rows, columns = trip.latent.shape
        original = trip.original
        is_changed = (original.width, original.height) != (width, height)
        size = tr("{width} × {height} pixels, the size set in Create", width=width, height=height)
        if is_changed:
            size = tr("{before}, cut and scaled to {size}", before=original.words, size=size)
        self._cut.setText(f"{taken.path.name}: {size}")
        self._facts.setText(
            tr(
                "<p style='margin: 0 0 6px 0'>Latent {columns} × {rows}, {channels} channels</p>"
                "<p style='margin: 0 0 6px 0'>{fewer_values:.0f} times fewer values, "
                "{compression:.0f} times fewer bytes</p>"
                "<p style='margin: 0 0 6px 0'>PSNR {psnr:.1f} dB</p>"
                "<p style='margin: 0'>Yellow = {percent} error</p>",
                columns=columns,
                rows=rows,
                channels=channels,
                fewer_values=trip.fewer_values,
                compression=trip.compression,
                psnr=taken.psnr,
                percent=percent(taken.error_scale),
            )
        )
        self._show_channels(trip.latent)

    def _show_channels(self, latent: Latent) -> None:
        if len(self._channels) != len(latent):
            for pane in self._channels:
                self._grid.removeWidget(pane)
                pane.deleteLater()
            self._channels = [PicturePane(is_sharp=True) for _ in latent]
            for number, pane in enumerate(self._channels):
                pane.setFixedSize(CHANNEL_PX, CHANNEL_PX)
                self._grid.addWidget(pane, number // COLUMNS, number % COLUMNS)
        for number, (pane, channel) in enumerate(zip(self._channels, latent, strict=True), 1):
            pane.show_picture(to_image(diverging(channel, REACH)))
            pane.setToolTip(
                tr(
                    "Channel {number}: mean {mean:.2f}, standard deviation {std:.2f}",
                    number=number,
                    mean=channel.mean(),
                    std=channel.std(),
                )
            )
