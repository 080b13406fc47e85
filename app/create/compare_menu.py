"""The button under the film that begins a comparison: with another picture, with its parent, with another step."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.create.branch_controller import BranchController
from app.create.comparison import FilmComparison
from app.dialogs.choose_picture import ChoosePictureDialog
from app.recent.model import RecentPictures
from app.widgets.icon_button import IconButton

_WORDS = (
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
        self.button = IconButton(
            "compare", "Compare: lay another picture or step against this one", "compareButton"
        )
        self.button.setText("Compare")
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.button)
        self._with_picture = menu.addAction("With another picture…")
        self._with_parent = menu.addAction("With the run it branched from")
        self._with_step = menu.addAction("With other steps: pin this one")
        menu.addSeparator()
        self._end = menu.addAction("End the comparison")
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
        self.button.setCheckable(is_active)  # a click opens the menu, and must not mark it

    @Slot()
    def _ask_picture(self) -> None:
        dialog = ChoosePictureDialog("Compare with…", _WORDS, self._pictures, self._branches.folder, self._window)
        dialog.chosen.connect(self._comparison.compare_with)
        dialog.open()

    @Slot()
    def _compare_with_parent(self) -> None:
        picture = self._branches.parent_picture
        if picture is not None:
            self._comparison.compare_with(picture)
