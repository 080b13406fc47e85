"""The picture to begin with in the place of noise, and how much of it is to change; one line while unused."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QImage, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from app.controls.pasting import Pasting
from app.session.mask_mode import strength_without
from app.session.mask_selection import MaskSelection
from app.session.picture_loader import thumbnail
from app.session.session import Session
from app.widgets.building import hbox, stretched, text_label, vbox
from app.widgets.drop_router import DropRouter, DropRule, first, is_source
from app.widgets.field import GAP_PX, Field, describe, set_tone
from app.widgets.file_dialogs import SOURCES, ask_file
from app.widgets.icon_button import IconButton
from app.widgets.icons import set_icon
from core.errors import SaveFailed
from core.language.words import tr
from core.paths import Folders
from core.request.request import GenerationRequest, Source

LONGEST_NAME = 18
THUMBNAIL_PX = 48
_LEAST_PERCENT = 5


class SourceControl(QWidget):
    """A button that takes a picture by click, drop or paste; once there is one, its strength below."""

    def __init__(self, session: Session, masks: MaskSelection, pasted: Path | None = None) -> None:
        """``pasted`` is the folder for pictures that come from the clipboard without a file."""
        super().__init__()
        self._session = session
        self._masks = masks
        self._shown: Source | None = None
        self._reading = session.background.queue(self, "thumbnails")  # large pictures take seconds
        DropRouter(self, [DropRule(is_source, first(self.choose))])
        self.thumbnail = QLabel()
        self.button = QPushButton()
        set_icon(self.button, "picture")
        self.button.setStyleSheet("text-align: left")
        # a long name must not make the whole column wider than its place
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        describe(
            self.button,
            "sourceButton",
            tr("Start image"),
            tr(
                "Image to image: start from an image instead of pure noise.\n"
                "Click to choose one, drop it here, or paste it (Ctrl+V)."
            ),
        )
        self.button.installEventFilter(self)
        folder = pasted or Folders.default().pasted
        self.pasting = Pasting(self.button, folder, session.draft_editor.files, self.choose, self._on_not_kept)
        tip = tr("Start from pure noise again")
        self.remove_button = IconButton("close", tip, "removeSourceButton", name=tr("Remove the picture"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(_LEAST_PERCENT, 100)
        self.slider.setSingleStep(_LEAST_PERCENT)
        self.slider.setPageStep(2 * _LEAST_PERCENT)
        describe(
            self.slider,
            "strengthSlider",
            tr("Strength"),
            tr(
                "Strength: how much of the picture is turned into noise before it develops again.\n"
                "Low keeps the picture, high follows the prompt."
            ),
        )
        self.sentence = text_label(name="strengthSentence", role="hint", is_plain=True, wraps=True)
        self._strength = Field(tr("Strength &of the change"), self.slider)
        top = hbox(self.thumbnail, stretched(self.button), self.remove_button, spacing=GAP_PX)
        vbox(top, self._strength, self.sentence, on=self, spacing=GAP_PX)
        self.button.clicked.connect(self._on_clicked)
        self.remove_button.clicked.connect(self._remove)
        self.slider.valueChanged.connect(self._on_value_changed)
        session.draft_edited.connect(self._show)
        self._draw_button(None)
        self._show(session.draft)

    def choose(self, path: Path) -> None:
        """Begins with this file; the strength stays as it was. A mask was that of another picture."""
        strength = strength_without(self._session.draft)
        self._session.edit(
            source=Source(str(path.absolute()), strength), mask=None, size=self._masks.size_before()
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_press = event.type() is QEvent.Type.KeyPress and self._session.draft.source is not None
        if is_press and isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Delete):
            self._remove()
            return True
        return super().eventFilter(watched, event)

    @Slot()
    def _on_clicked(self) -> None:
        source = self._session.draft.source
        start = Path(source.path) if source is not None else None
        ask_file(self, tr("Start from an image"), self.choose, [SOURCES], start)

    @Slot()
    def _remove(self) -> None:
        self._session.edit(source=None, mask=None, size=self._masks.size_before())
        self.button.setFocus()

    @Slot(int)
    def _on_value_changed(self, percent: int) -> None:
        self._masks.set_strength(percent / 100)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        source = draft.source
        for widget in (self.remove_button, self._strength, self.sentence):
            widget.setVisible(source is not None)
        if source is None or self._shown is None or source.path != self._shown.path:
            self._draw_button(source)
        self._shown = source
        if source is not None:
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(source.strength * 100))
            words, is_wrong = explanation(source, draft.steps)
            self.sentence.setText(words)
            set_tone(self.sentence, "error" if is_wrong else "")

    def _draw_button(self, source: Source | None) -> None:
        name = tr("Start from an image…")
        if source is not None:
            name = shortened(Path(source.path).name) or tr("Unknown picture")
        self.button.setText(name.replace("&", "&&"))
        self._reading.cancel()
        if source is not None and Path(source.path).is_absolute():
            self._reading.submit(partial(thumbnail, Path(source.path)), self._show_thumbnail)
        else:
            self._show_thumbnail(QImage())

    def _show_thumbnail(self, picture: QImage) -> None:
        self.thumbnail.setVisible(not picture.isNull())
        if not picture.isNull():
            small = QPixmap.fromImage(picture)
            small.setDevicePixelRatio(max(small.width(), small.height()) / THUMBNAIL_PX)
            self.thumbnail.setPixmap(small)

    def _on_not_kept(self, error: SaveFailed) -> None:
        self.sentence.setText(tr("The picture could not be kept: {reason}.", reason=error.reason))
        set_tone(self.sentence, "error")
        self.sentence.show()


def explanation(source: Source, steps: int) -> tuple[str, bool]:
    """Describes the effect of the strength on this run, or the fault of the source."""
    path = Path(source.path)
    if not source.path:
        return tr(
            "These settings were made with a start image that they do not name: choose it, or remove it."
        ), True
    if not path.is_absolute() or not path.is_file():
        return tr("This image was moved or has changed: choose it again, or remove it."), True
    made = source.steps_of(steps)
    if made < 1:
        return tr(
            "{strength:g} of {steps} steps leaves none to make: choose more.",
            strength=source.strength,
            steps=steps,
        ), True
    if made == steps:
        return tr("{strength:g}: all {steps} steps are made.", strength=source.strength, steps=steps), False
    return tr(
        "{strength:g}: the last {made} of {steps} steps are made.",
        strength=source.strength,
        made=made,
        steps=steps,
    ), False


def shortened(name: str) -> str:
    """Returns a file's name with its middle left out."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"
