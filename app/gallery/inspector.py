"""The pane at the right: facts about the chosen picture, and the actions on it."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from app.canvas.picture_actions import ActionButtons
from app.gallery.library_reader import PictureDetails
from app.gallery.marks_panel import MarksPanel
from app.gallery.recipe_panel import RecipePanel
from app.messages.stored import changes_text
from app.widgets.building import STRETCH, clear, push_button, scroll_area, text_label, vbox
from app.widgets.dates import moment_text
from app.widgets.elided_label import ElidedLabel
from core.files.sizes import size_text
from core.gallery.branches import Run
from core.language.words import tr

MARGIN_PX = 16
SMALLEST_PX = 264
INDENT_PX = 14
MOST_ROWS = 30
LONGEST_WORDS = 34


class Inspector(QFrame):
    """Shows one picture, or how many are chosen.

    Attributes:
        marks, recipe, masked, branches, action_buttons: its parts, with signals of their own.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("galleryInspector")
        self.setProperty("role", "panel")
        self.setMinimumWidth(SMALLEST_PX)
        self._hint = _label("hint")
        self._title = ElidedLabel(role="title")
        self.marks = MarksPanel()
        self.recipe = RecipePanel()
        self.masked = _label("", "inspectorMask")
        self.masked.setAccessibleName(tr("The picture with the mask that was changed"))
        self.branches = BranchList()
        self.action_buttons = ActionButtons()
        self._files = _label("hint", "galleryFiles")
        inner = QWidget()
        inner.setProperty("role", "panel")
        self._parts = (
            self._hint,
            self._title,
            self.marks.head,
            self.recipe,
            self.masked,
            self.branches,
            self.action_buttons,
            self.marks,
            self._files,
        )
        vbox(*self._parts, STRETCH, on=inner, margins=MARGIN_PX, spacing=MARGIN_PX)
        vbox(scroll_area(inner, tr("About the picture")), on=self)
        self.show_none()

    def show_none(self) -> None:
        """Nothing is chosen."""
        self._hint.setText(tr("Choose a picture to see how it was made."))
        self._show_parts(self._hint)

    def show_details(self, details: PictureDetails) -> None:
        """One picture with all that is known of it."""
        picture = details.picture
        self._title.show_text(picture.path.name)
        self.marks.show_marks(picture, details.tags, details.collections)
        self.recipe.show_recipe(details.recipe, picture.problem, picture.size)
        if details.masked is not None:
            self.masked.setPixmap(QPixmap.fromImage(details.masked))
        self.branches.show_tree(details.tree, picture.run)
        self._files.setText(_file_facts(details))
        self.action_buttons.show_for(1, picture.has_film)
        parts = (self._title, self.marks.head, self.recipe, self.action_buttons, self.marks, self._files)
        masked = (self.masked,) if details.masked is not None else ()
        self._show_parts(*parts, *masked, *((self.branches,) if len(details.tree) > 1 else ()))

    def show_several(self, count: int, title: str = "") -> None:
        """Shows the actions for several pictures."""
        self._title.show_text(title or tr("{count:,} pictures selected", count=count))
        self.marks.show_several()
        self.action_buttons.show_for(count, has_film=False)
        self._show_parts(self._title, self.marks.head, self.marks, self.action_buttons)

    def _show_parts(self, *shown: QWidget) -> None:
        for part in self._parts:
            part.setVisible(part in shown)


def _label(role: str, name: str = "") -> QLabel:
    return text_label(role=role, name=name, is_plain=True, wraps=True, is_selectable=True)


def _file_facts(details: PictureDetails) -> str:
    """Returns a line for each fact about the picture's files."""
    picture = details.picture
    lines = [moment_text(picture.created)]
    if picture.size.width:
        lines.append(tr("{size} pixels · {bytes}", size=picture.size.words, bytes=size_text(picture.size_bytes)))
    if details.film_bytes:
        lines.append(tr("Film · {size}", size=size_text(details.film_bytes)))
    lines.append(str(picture.path.parent))
    if picture.is_away:
        lines.append(tr("Its folder was not found: connect the drive to open the picture."))
    return "\n".join(lines)


class BranchList(QWidget):
    """A line for each run of the tree, indented below the one it left.

    Signals:
        chosen: the id of a picture.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("branchList")
        self._rows = vbox(spacing=2)
        vbox(text_label(tr("Branches"), role="caption"), self._rows, on=self, spacing=4)

    def show_tree(self, tree: tuple[Run, ...], run: str) -> None:
        """The tree of the picture that belongs to ``run``."""
        clear(self._rows)
        for branch in tree[:MOST_ROWS]:
            self._rows.addWidget(self._row(branch, is_here=branch.run == run))
        if len(tree) > MOST_ROWS:
            self._rows.addWidget(text_label(tr("and {count} more", count=len(tree) - MOST_ROWS), role="hint"))

    def _row(self, branch: Run, *, is_here: bool) -> QPushButton:
        words = ("● " if is_here else "") + run_words(branch)
        tip = tr("This picture") if is_here else tr("Show its picture")
        button = push_button(words.replace("&", "&&"), kind="quiet", tip=tip)
        button.setStyleSheet(f"text-align: left; margin-left: {min(branch.depth, 6) * INDENT_PX}px")
        button.setEnabled(bool(branch.pictures))
        if branch.pictures:
            button.clicked.connect(partial(self.chosen.emit, branch.pictures[-1]))
        return button


def run_words(branch: Run) -> str:
    """Returns the differences of this run."""
    if not branch.parent:
        words = tr("First run")
    else:
        words = tr("Step {step}", step=branch.step + 1)
        words += f": {changes_text(branch.changes)}" if branch.changes else ""
    if not branch.pictures:
        words += tr(" (not in the gallery)")
    return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"
