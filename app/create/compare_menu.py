"""The button under the film that begins a comparison: with another picture, with its parent, with another step."""

from pathlib import Path

from PySide6.QtCore import QModelIndex, QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMenu, QToolButton, QWidget

from app.create.branch_controller import BranchController
from app.create.comparison import FilmComparison
from app.recent.model import RecentPictures
from app.recent.strip import ThumbnailGrid
from app.widgets.building import stretched, text_label, vbox
from app.widgets.file_dialogs import PICTURES, ask_file
from app.widgets.icon_button import IconButton
from core.language.words import tr

_SIZE_PX = (560, 480)
_WORDS = tr(
    "Choose the picture to compare with the one on the canvas. If both have films, both are scrubbed together."
)


class CompareMenu(QObject):
    """Makes ``button``; what is chosen in its menu is carried out by the comparison.

    Attributes:
        button: lights up while a comparison is shown.
    """

    def __init__(
        self, window: QWidget, comparison: FilmComparison, pictures: RecentPictures, branches: BranchController
    ) -> None:
        super().__init__(comparison)
        self._window = window
        self._comparison = comparison
        self._pictures = pictures
        self._branches = branches
        self.button = IconButton("compare", tr("Compare this with another picture or step"), "compareButton")
        self.button.setText(tr("Compare"))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.button)
        self._with_picture = menu.addAction(tr("With another picture…"))
        self._with_parent = menu.addAction(tr("With the run it branched from"))
        self._with_step = menu.addAction(tr("Other steps of this run (pin this one)"))
        menu.addSeparator()
        self._end = menu.addAction(tr("End the comparison"))
        menu.aboutToShow.connect(self._fit)
        self._with_picture.triggered.connect(self._ask_picture)
        self._with_parent.triggered.connect(self._compare_with_parent)
        self._with_step.triggered.connect(comparison.pin)
        self._end.triggered.connect(comparison.end)
        self.button.setMenu(menu)
        comparison.changed.connect(self._mark)

    @Slot()
    def _fit(self) -> None:
        self._with_picture.setEnabled(self._comparison.can_compare)
        self._with_parent.setEnabled(self._comparison.can_compare and self._branches.parent_picture is not None)
        self._with_step.setEnabled(self._comparison.can_pin)
        self._end.setEnabled(self._comparison.is_active)

    @Slot()
    def _mark(self) -> None:
        is_active = self._comparison.is_active
        if is_active:
            self.button.setCheckable(True)
        self.button.setChecked(is_active)
        self.button.setDown(False)  # it was pressed for the menu, whose dialog took the release
        self.button.setCheckable(is_active)  # a click opens the menu, and must not mark it

    @Slot()
    def _ask_picture(self) -> None:
        dialog = ChoosePictureDialog(self._pictures, self._branches.folder, self._window)
        dialog.chosen.connect(self._comparison.compare_with)
        dialog.open()

    @Slot()
    def _compare_with_parent(self) -> None:
        picture = self._branches.parent_picture
        if picture is not None:
            self._comparison.compare_with(picture)


class ChoosePictureDialog(QDialog):
    """Asks for a picture: one of the recent ones, or any other file. Opens by `open`, without blocking.

    Signals:
        chosen: the picture's `Path`.
    """

    chosen = Signal(object)

    def __init__(self, pictures: RecentPictures, folder: Path, parent: QWidget) -> None:
        """Takes the ``folder`` that the dialog for other files starts in."""
        super().__init__(parent)
        self.setObjectName("choosePictureDialog")
        self.setWindowTitle(tr("Compare with…"))
        self.resize(*_SIZE_PX)
        self._pictures = pictures
        self._folder = folder
        self._grid = ThumbnailGrid(pictures, self)
        self._grid.setObjectName("choosePictureView")
        self._grid.setDragEnabled(False)
        self._grid.clicked.connect(self._choose)
        self._grid.activated.connect(self._choose)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        other = buttons.addButton(tr("Another file…"), QDialogButtonBox.ButtonRole.ActionRole)
        other.setObjectName("otherFileButton")
        other.setAutoDefault(False)
        other.clicked.connect(self._ask_file)
        buttons.rejected.connect(self.reject)
        vbox(text_label(_WORDS, wraps=True), stretched(self._grid), buttons, on=self, margins=16, spacing=12)
        self._grid.setFocus()
        self.finished.connect(self.deleteLater)

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        if self.result() != QDialog.DialogCode.Accepted:  # a double click says it twice
            self._take(self._pictures.path(index.row()))

    @Slot()
    def _ask_file(self) -> None:
        ask_file(self, tr("Choose a picture"), self._take, [PICTURES], self._folder)

    def _take(self, path: Path) -> None:
        self.accept()
        self.chosen.emit(path)
