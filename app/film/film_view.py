"""The interface of every view of a film: a widget that shows one moment, also as numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QStackedLayout, QWidget

from app.film.frame_context import FrameContext
from app.film.picture_pane import PicturePane
from app.widgets.building import aligned, stretched, text_label, vbox
from core.film.film import Film


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers behind a view, for a CSV file."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[object]]

    def csv(self) -> str:
        """Returns comma-separated lines with a decimal point, one for each row; not a number is an empty cell."""
        lines = [self.header, *self.rows]
        return "".join(",".join("" if value != value else str(value) for value in line) + "\r\n" for line in lines)


class FilmView(QWidget):
    """The base class of views. They compute and paint only when they get a moment.

    Signals:
        call_selected(int): the user went to another call in the view itself.
        decode_wanted(object): a latent to be decoded; it comes back as `FrameContext.requested_decode`.
        attention_wanted: of the film; it comes back as `FrameContext.attention`.
        overlay_wanted(object): a `QImage` to lie over the large picture, None for none.
    """

    call_selected = Signal(int)
    decode_wanted = Signal(object)
    attention_wanted = Signal()
    overlay_wanted = Signal(object)

    def show_moment(self, moment: FrameContext) -> None:
        raise NotImplementedError

    def look_at(self, x: float, y: float) -> None:
        """Takes a place of the large picture that was clicked: 0, 0 is its left upper corner, 1, 1 the other."""

    def picture(self) -> QImage:
        """Returns the picture for *Save picture*; by default the visible one."""
        return self.grab().toImage()

    def table(self, _moment: FrameContext) -> Table | None:
        """Returns the numbers of the shown moment for *Save numbers*, None if there are none."""
        return None


class PaneView(FilmView):
    """A view that is one picture with a caption."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = PicturePane(self)
        vbox(self.pane, on=self)

    def picture(self) -> QImage:
        return self.pane.image


class PanesView(FilmView):
    """A view of several pictures, or a text that says why there are none.

    Attributes:
        panes: the pictures, side by side or one above the other. reason: the text.
    """

    def __init__(
        self, panes: int, reason: str, above: QWidget | None = None, way_out: QWidget | None = None
    ) -> None:
        """``above`` stands over the pictures, ``way_out`` under the reason."""
        super().__init__()
        self.panes = tuple(PicturePane(self) for _ in range(panes))
        self.reason = text_label(reason, parent=self, wraps=True, role="hint")
        self.reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        for pane in self.panes:
            self._row.addWidget(pane)
        self._shown = QWidget(self)
        vbox(*([above] if above is not None else ()), stretched(self._row), on=self._shown, spacing=4)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._shown)
        self._why_none = QWidget(self)
        below = () if way_out is None else (aligned(way_out, Qt.AlignmentFlag.AlignHCenter),)
        vbox(stretched(self.reason), *below, on=self._why_none, margins=(0, 0, 0, 8))
        self._pages.addWidget(self._why_none)

    def show_panes(self, *, is_shown: bool) -> None:
        """Shows the pictures, or else the reason."""
        self._pages.setCurrentWidget(self._shown if is_shown else self._why_none)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the pictures side by side or one above the other, whichever leaves them larger."""
        super().resizeEvent(event)
        beside_px = min(self.width() / len(self.panes), self.height())
        is_narrow = min(self.width(), self.height() / len(self.panes)) > beside_px
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.TopToBottom if is_narrow else directions.LeftToRight)


@dataclass(frozen=True, slots=True)
class ViewKind:
    """A view of the table.

    Attributes:
        about: one paragraph in plain words on the content and its reasons.
        terms: the field's words that the view uses, with their meaning.
        about_film: a sentence on what is so in a film of some frames.
    """

    label: str
    make: Callable[[], FilmView]
    about: str
    terms: tuple[tuple[str, str], ...]
    about_film: Callable[[Film], str] | None = None
