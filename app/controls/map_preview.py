"""The picture of a control beside the map that is made of it, and what leads to painting over the map."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from app.messages.errors import message
from app.session.control_selection import ControlSelection
from app.session.session import Session
from app.widgets.building import STRETCH, hbox, push_button, vbox
from app.widgets.field import GAP_PX, describe
from app.widgets.icon_button import IconButton
from app.widgets.icons import set_icon
from app.widgets.pixels import to_image
from core.control.picture import read_map
from core.errors import EmulsionError
from core.language.words import tr
from core.pictures.pixels import Pixels
from core.request.control import IMAGE_PROMPTS, NO_PREPROCESSOR, Control
from core.request.request import Size

PREVIEW_PX = 128


class MapPreview(QWidget):
    """Makes the map in the background whenever it is another one.

    Signals:
        told: why there is no map, "" where there is one.
    """

    told = Signal(str)

    def __init__(self, number: int, session: Session, selection: ControlSelection) -> None:
        """``number`` is that of the control in the draft, from 0."""
        super().__init__()
        self._number = number
        self._selection = selection
        self._control: Control | None = None
        self._mapped: tuple[Control, Size] | None = None
        self._maps = session.background.queue(self, "control maps")
        self.picture, self.preview = QLabel(), QLabel()
        describe(self.picture, "controlPicture", tr("Picture"), tr("The part of the picture that is looked at."))
        describe(self.preview, "controlPreview", tr("Map"), tr("The map that the ControlNet looks at."))
        about = tr("Paint over the map in white and black: add lines, or take some away.")
        self.paint_button = push_button(tr("Paint over the map…"), self._on_paint, kind="quiet", tip=about)
        set_icon(self.paint_button, "brush")
        self.paint_button.setObjectName("paintMapButton")
        tip = tr("Remove what was painted over the map")
        self.reset_button = IconButton("undo", tip, "resetMapButton", name=tr("Reset the map"))
        vbox(
            hbox(STRETCH, self.picture, self.preview, STRETCH, spacing=GAP_PX),
            hbox(STRETCH, self.paint_button, self.reset_button, STRETCH, spacing=GAP_PX),
            on=self,
            spacing=GAP_PX,
        )
        self.reset_button.clicked.connect(self._on_reset)
        self._show_pictures(None, None)

    def show_control(self, control: Control, size: Size) -> None:
        """Has the map made again if it is another one."""
        self._control = control
        made_of = "", control.path, control.sha256, "", control.preprocessor, control.values
        about = Control(*made_of, edits=control.edits)
        self.reset_button.setVisible(control.edits is not None)
        if (about, size) == self._mapped:
            return
        self._mapped = about, size
        self.told.emit("")
        self._maps.cancel()
        if control.path:
            side = round(PREVIEW_PX * self.devicePixelRatioF())
            self._maps.submit(partial(_read, about, size, side), self._on_map, self._on_no_map)
        else:
            self._on_map((None, None))

    def _on_map(self, read: tuple[QImage | None, QImage | None]) -> None:
        self._show_pictures(*read)
        self.told.emit("")

    def _show_pictures(self, picture: QImage | None, made: QImage | None) -> None:
        """Shows the picture, unless it is its own map, beside the map; None for nothing."""
        for label, image in ((self.picture, picture), (self.preview, made)):
            if image is None:
                label.clear()
            else:
                small = QPixmap.fromImage(image)
                small.setDevicePixelRatio(self.devicePixelRatioF())
                label.setPixmap(small)
            label.setVisible(image is not None)
        is_map = self._control is not None and self._control.preprocessor not in IMAGE_PROMPTS
        self.paint_button.setVisible(made is not None and is_map)

    def _on_no_map(self, problem: EmulsionError) -> None:
        self._show_pictures(None, None)
        self.told.emit(str(message(problem)))

    @Slot()
    def _on_paint(self) -> None:
        self._selection.paint_asked.emit(self._number)

    @Slot()
    def _on_reset(self) -> None:
        self._selection.change(self._number, edits=None)


def _read(control: Control, size: Size, side: int) -> tuple[QImage | None, QImage]:
    """Returns what is seen of a picture, None where that is the map, and the map, of at most ``side`` rows."""
    made, _ = read_map(control, size)
    if control.preprocessor == NO_PREPROCESSOR or control.preprocessor in IMAGE_PROMPTS:
        return None, _small(made, 2 * side, side)
    picture, _ = read_map(replace(control, preprocessor=NO_PREPROCESSOR, values=(), edits=None), size)
    return _small(picture, side, side), _small(made, side, side)


def _small(pixels: Pixels, width: int, height: int) -> QImage:
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return to_image(pixels).scaled(width, height, keep, smooth)
