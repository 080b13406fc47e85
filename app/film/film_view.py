"""The interface of every view of a film: a widget that shows one moment, also as numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.film.frame_context import FrameContext
from app.film.picture_pane import PicturePane
from app.widgets.building import vbox


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
    """

    call_selected = Signal(int)
    decode_wanted = Signal(object)

    def show_moment(self, moment: FrameContext) -> None:
        raise NotImplementedError

    def picture(self) -> QImage:
        """Returns the picture for *Save picture*; by default the visible one."""
        return self.grab().toImage()

    def table(self) -> Table | None:
        """Returns the numbers for *Save numbers*, None if there are none."""
        return None


class PaneView(FilmView):
    """A view that is one picture with a caption."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = PicturePane(self)
        vbox(self.pane, on=self)

    def picture(self) -> QImage:
        return self.pane.image


@dataclass(frozen=True, slots=True)
class ViewKind:
    """A view of the table.

    Attributes:
        about: one paragraph in plain words on the content and its reasons.
        terms: the field's words that the view uses, with their meaning.
    """

    label: str
    make: Callable[[], FilmView]
    about: str
    terms: tuple[tuple[str, str], ...]
