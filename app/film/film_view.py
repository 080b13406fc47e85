"""What every view of a film is: a widget that shows one moment, and can say it in numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.film.frame_context import FrameContext


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers behind a view, for a CSV file."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[object]]

    def csv(self) -> str:
        """Comma-separated, a decimal point, one line for each row; what is not a number stays empty."""
        lines = [self.header, *self.rows]
        return "".join(",".join("" if value != value else str(value) for value in line) + "\r\n" for line in lines)


class FilmView(QWidget):
    """The one page that views inherit. They compute and paint only when they are given a moment.

    Signals:
        call_selected(int): the user went to another call in the view itself.
        decode_wanted(object): a latent to be decoded; it comes back as `FrameContext.requested_decode`.
    """

    call_selected = Signal(int)
    decode_wanted = Signal(object)

    def show_moment(self, moment: FrameContext) -> None:
        raise NotImplementedError

    def picture(self) -> QImage:
        """What *Save picture* saves; by default what is seen."""
        return self.grab().toImage()

    def table(self) -> Table | None:
        """What *Save numbers* saves, None where there is nothing to save."""
        return None


@dataclass(frozen=True, slots=True)
class ViewKind:
    """An entry of the table of views.

    Attributes:
        about: one paragraph in plain words: what is seen, and why it is so.
        terms: the field's words that the view uses, with their meaning.
    """

    label: str
    make: Callable[[], FilmView]
    about: str
    terms: tuple[tuple[str, str], ...]
