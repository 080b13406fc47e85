"""The part of the start image that is changed, and how; one line while all of it is."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPixmap
from PySide6.QtWidgets import QColorDialog, QLabel, QPushButton, QSizePolicy, QSpinBox, QWidget

from app.canvas.mask_overlay import overlaid
from app.controls.source import THUMBNAIL_PX
from app.session.mask_selection import MaskSelection
from app.session.picture_loader import thumbnail
from app.session.session import Session
from app.widgets.building import STRETCH, hbox, set_shown, stretched, text_label, vbox
from app.widgets.field import GAP_PX, Field, combo_box, describe, set_tone
from app.widgets.icon_button import IconButton
from app.widgets.icons import set_icon
from core.language.words import tr
from core.request.mask import NO_MARGINS, Margins, Mask
from core.request.request import Size
from core.request.settings.mask import AREAS, DEFAULT, FILLS, PADDING, SOFTNESS, fill_words

_OWN_COLOUR = "colour"


class MaskControl(QWidget):
    """A button that leads to painting; once there is a mask, its settings below.

    Signals:
        paint_asked: the user wants to paint. widen_asked: the user wants to draw the frame wider.
    """

    paint_asked = Signal()
    widen_asked = Signal()

    def __init__(self, session: Session, masks: MaskSelection) -> None:
        super().__init__()
        self._session = session
        self._masks = masks
        self._drawn: tuple[str, int] | None = None
        self._picture: tuple[str, QImage | None] | None = None
        self._reading = session.background.queue(self, "thumbnails")  # large pictures take seconds
        self._is_painting = False
        self.thumbnail = QLabel()
        self.thumbnail.setAccessibleName(tr("The start image with its mask"))
        self.button = QPushButton()
        set_icon(self.button, "mask")
        self.button.setStyleSheet("text-align: left")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        describe(
            self.button,
            "maskButton",
            tr("Mask"),
            tr("Mask: paint over the part of the image that is to change.\nAll else stays, pixel for pixel."),
        )
        self.widen_button = QPushButton()
        set_icon(self.widen_button, "widen")
        self.widen_button.setStyleSheet("text-align: left")
        self.widen_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        describe(
            self.widen_button,
            "widenButton",
            tr("Wider frame"),
            tr("Widen: draw the frame wider, and the image goes on beyond its edges."),
        )
        tip = tr("Remove the mask: the whole image changes again")
        self.remove_button = IconButton("close", tip, "removeMaskButton", name=tr("Remove the mask"))
        self.area = combo_box(
            [(tr(words), area) for area, words in AREAS.items()],
            "maskAreaCombo",
            tr("Area of work"),
            tr(
                "The masked part is worked on with as much around it as the size below has room for; enlarged,\n"
                "small things get more detail; of the whole picture small parts get few pixels."
            ),
        )
        self.fill = combo_box(
            (), "maskFillCombo", tr("Begin with"), tr("What is put into the masked part before the first step")
        )
        self.padding = QSpinBox(minimum=PADDING[0], maximum=PADDING[-1], suffix=tr(" px"))
        describe(
            self.padding,
            "maskPaddingSpin",
            tr("Surroundings"),
            tr("How many pixels around the masked part the model sees as well"),
        )
        self.softness = QSpinBox(minimum=round(SOFTNESS[0]), maximum=round(SOFTNESS[1]), suffix=tr(" px"))
        describe(
            self.softness,
            "maskSoftnessSpin",
            tr("Soft edge"),
            tr("Over how many pixels the change fades out beyond the mask; nothing changes farther out"),
        )
        self.sentence = text_label(name="maskSentence", role="hint", is_plain=True, wraps=True)
        set_tone(self.sentence, "error")
        numbers = hbox(stretched(self.padding), stretched(self.softness), spacing=GAP_PX)
        self.settings = QWidget()
        vbox(
            hbox(text_label(tr("Area of work"), role="caption"), STRETCH),
            self.area,
            hbox(text_label(tr("Begin with"), role="caption"), STRETCH),
            self.fill,
            Field(tr("Surroundings, soft edge (p&x)"), self.padding, numbers),
            on=self.settings,
            spacing=GAP_PX,
        )
        self._top = hbox(
            self.thumbnail,
            stretched(self.button),
            stretched(self.widen_button),
            self.remove_button,
            spacing=GAP_PX,
        )
        self._below = hbox(spacing=0)
        vbox(self._top, self._below, self.sentence, self.settings, on=self, spacing=GAP_PX)
        self.button.clicked.connect(self.paint_asked)
        self.widen_button.clicked.connect(self.widen_asked)
        self.remove_button.clicked.connect(self._on_removed)
        self.area.activated.connect(self._on_area_chosen)
        self.fill.activated.connect(self._on_fill_chosen)
        self.padding.valueChanged.connect(self._on_padding_changed)
        self.softness.valueChanged.connect(self._on_softness_changed)
        masks.changed.connect(self._show)
        self._show()

    def show_painting(self, *, is_painting: bool) -> None:
        """Shows all there is from the first moment of painting on: nothing moves when the first stroke is kept."""
        self._is_painting = is_painting
        self._show()

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        mask = draft.mask
        set_shown(self, is_shown=draft.source is not None)
        is_painted = mask is not None and mask.is_painted
        for widget, is_there in ((self.remove_button, is_painted), (self.settings, mask is not None)):
            widget.setVisible(is_there or self._is_painting)
            widget.setEnabled(is_there)
        is_narrow = mask is not None or self._is_painting
        if is_narrow != (self._below.count() > 0):
            row, place = (self._below, 0) if is_narrow else (self._top, 2)
            row.insertWidget(place, self.widen_button, 1)
        self.button.setText(tr("Change the mask…") if is_painted else tr("Paint a mask…"))
        margins = mask.margins if mask is not None else NO_MARGINS
        self.widen_button.setText(_words_of(margins))
        for button in (self.button, self.widen_button):  # beside each other, neither has its words cut
            self._top.setStretchFactor(button, button.sizeHint().width())
        self._draw()
        mask = mask or DEFAULT
        self.padding.setEnabled(mask.area != "whole")
        with QSignalBlocker(self.padding), QSignalBlocker(self.softness):
            self.padding.setValue(mask.padding)
            self.softness.setValue(round(mask.softness))
        self.area.setCurrentIndex(self.area.findData(mask.area))
        self._show_fill(mask)

    def _show_fill(self, mask: Mask) -> None:
        self.fill.clear()
        for fill in FILLS if mask.fill in FILLS else (*FILLS, mask.fill):
            self.fill.addItem(fill_words(fill), fill)
        self.fill.addItem(tr("a colour…"), _OWN_COLOUR)
        self.fill.setCurrentIndex(self.fill.findData(mask.fill))

    def _draw(self) -> None:
        """Draws the mask over the start image, and says where there is none to draw."""
        draft, levels = self._session.draft, self._masks.levels
        path = Path(draft.source.path) if draft.source is not None else Path()
        is_lost = self._masks.is_lost
        self.sentence.setVisible(is_lost)
        self.sentence.setText(_lost(draft.mask) if is_lost else "")
        picture = self._small(path) if path.is_absolute() else None  # before it is needed: nothing moves then
        is_empty = picture is None or picture.isNull() or (levels is None and not self._is_painting)
        drawn = None if is_empty else (str(path), id(levels))
        self.thumbnail.setVisible(drawn is not None)
        if picture is not None and drawn is not None and drawn != self._drawn:
            small = QPixmap.fromImage(picture if levels is None else overlaid(picture, levels))
            small.setDevicePixelRatio(max(small.width(), small.height()) / THUMBNAIL_PX)
            self.thumbnail.setPixmap(small)
        self._drawn = drawn

    def _small(self, path: Path) -> QImage | None:
        """Returns the start image, None until it is read: once, and not with each stroke over it."""
        if self._picture is None or self._picture[0] != str(path):
            self._picture = str(path), None
            self._reading.cancel()
            self._reading.submit(partial(thumbnail, path), partial(self._keep_small, str(path)))
        return self._picture[1]

    def _keep_small(self, path: str, picture: QImage) -> None:
        self._picture = path, picture
        self._draw()

    @Slot()
    def _on_removed(self) -> None:
        self._masks.keep(None)
        self.button.setFocus()

    @Slot()
    def _on_area_chosen(self) -> None:
        self._masks.change(area=self.area.currentData())

    @Slot()
    def _on_fill_chosen(self) -> None:
        mask = self._session.draft.mask
        fill = self.fill.currentData()
        if fill == _OWN_COLOUR and mask is not None:
            start = QColor(mask.fill if mask.fill not in FILLS else "#808080")
            colour = QColorDialog.getColor(start, self, tr("Begin with a colour"))
            fill = colour.name() if colour.isValid() else mask.fill
        self._masks.change(fill=fill)
        self._show()

    @Slot(int)
    def _on_padding_changed(self, padding: int) -> None:
        self._masks.change(padding=padding)

    @Slot(int)
    def _on_softness_changed(self, softness: int) -> None:
        self._masks.change(softness=float(softness))


def _lost(mask: Mask | None) -> str:
    if mask is None or Path(mask.path).is_absolute():
        return tr("This mask is not where it was: paint it again, or remove it.")
    if mask.is_inverted:
        return tr("These settings kept what was masked, and do not have the mask: paint what is to change.")
    return tr("These settings were made with a mask that they do not have: paint it again, or remove it.")


def _words_of(margins: Margins) -> str:
    if not margins:
        return tr("Widen…")
    return tr("Wider by {size} px…", size=Size(*margins.around(0, 0)).words)
