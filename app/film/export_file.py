"""The file of an exported film: beside its picture by default, and never in the picture's place."""

import os
from itertools import count
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from app.widgets.building import hbox, named, push_button, stretched
from app.widgets.file_dialogs import ask_save
from core.film_export.formats import FORMATS
from core.language.words import tr


class ExportFile(QWidget):
    """A path to be typed or chosen; its suffix follows the format.

    Signals:
        changed: another path.
    """

    changed = Signal()

    def __init__(self, picture: Path, film_format: str, parent: QWidget | None = None) -> None:
        """Takes the ``picture`` that the film belongs to; it need not exist."""
        super().__init__(parent)
        self._picture = picture
        self._format = film_format
        self._default = free_path(picture, FORMATS[film_format].suffix)
        self._edit = named(QLineEdit(str(self._default)), "exportPathEdit", tr("File"))
        self._edit.setCursorPosition(len(self._edit.text()))
        self._edit.textChanged.connect(self.changed)
        browse = push_button(
            tr("Choose…"), self._on_clicked, name="exportBrowseButton", tip=tr("Choose a folder and a name")
        )
        browse.setAutoDefault(False)
        hbox(stretched(self._edit), browse, on=self, spacing=8)
        self.setFocusProxy(self._edit)

    @property
    def path(self) -> Path:
        """Returns the path with the suffix of the format, typed or not."""
        path = Path(os.path.expanduser(self._edit.text().strip()))  # noqa: PTH111 that of Path raises for "~x"
        suffix = FORMATS[self._format].suffix
        return path if not path.name or path.suffix.lower() == suffix else path.with_name(path.name + suffix)

    @property
    def problem(self) -> str:
        """Returns the reason why nothing can be written there; empty if writing can be tried."""
        text = self._edit.text().strip()
        path = self.path
        if not path.is_absolute() or not path.name or "\0" in text:
            return tr("The file needs its whole path, with folder and name.")
        if _is_folder(path) or text.endswith(("/", "\\")):
            return tr("This is a folder: add a name for the file.")
        if path == self._picture:
            return tr("This is the picture itself: choose another name.")
        return ""

    @property
    def replaces(self) -> bool:
        """Returns whether a file of this name is there."""
        return os.path.lexists(self.path)

    def follow_format(self, film_format: str) -> None:
        """Keeps the name and takes the suffix of the format."""
        path, was_default = self.path, self._edit.text() == str(self._default)
        self._format = film_format
        suffix = FORMATS[film_format].suffix
        self._default = free_path(self._picture, suffix)
        if was_default:
            self._edit.setText(str(self._default))
        elif path.name:
            self._edit.setText(str(path.with_suffix(suffix)))

    @Slot()
    def _on_clicked(self) -> None:
        film_format = FORMATS[self._format]
        filters = [f"{film_format.label} (*{film_format.suffix})"]
        path = self.path if not self.problem else self._default
        ask_save(self, tr("Export the film as"), lambda chosen: self._edit.setText(str(chosen)), filters, path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # such as a name that is too long
        return False


def free_path(picture: Path, suffix: str) -> Path:
    """Returns ``house-film.mp4`` beside ``house.png``, or ``house-film-2.mp4`` if that is taken."""
    first = picture.with_name(f"{picture.stem}-film{suffix}")
    others = (picture.with_name(f"{picture.stem}-film-{number}{suffix}") for number in count(2))
    return first if not os.path.lexists(first) else next(path for path in others if not os.path.lexists(path))
