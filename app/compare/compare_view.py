"""Shows pictures for comparison: one over the other with a divider, side by side, or their difference."""

from collections.abc import Sequence
from enum import Enum
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QToolButton, QWidget

from app.canvas.lens import Lens
from app.compare.compared_picture import LETTERS, ComparedPicture
from app.compare.difference_map import DifferenceMap, difference_map_of
from app.compare.pane import ComparePane
from app.compare.scale_bar import ScaleBar
from app.messages.errors import message
from app.session.background import BackgroundTasks
from app.widgets.building import hbox, named, stretched, text_label, vbox
from app.widgets.colours import Colours
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton
from core.errors import EmulsionError
from core.language.words import tr
from core.request.request import Size

_WORDS_GAP_PX = 5
"""Qt puts 4 between an icon and its words; one more for rounding."""


class CompareMode(Enum):
    """The ways to compare pictures; ``wipe`` and ``difference`` are for two."""

    wipe = tr("Wipe")
    side_by_side = tr("Side by side")
    difference = tr("Difference")


_ABOUT = {
    CompareMode.wipe: ("wipe", tr("One picture over the other: drag the divider, or use the arrow keys")),
    CompareMode.side_by_side: ("side-by-side", tr("Side by side: zoom and place are locked together")),
    CompareMode.difference: (
        "difference",
        tr("Difference: black where the pictures are alike, bright where they differ"),
    ),
}


class CompareView(QWidget):
    """Shows two to four pictures; knows nothing of where they come from.

    Attributes:
        pictures: those that are shown.
        mode: the way they are compared.

    Signals:
        closed: the user ends the comparison.
        swap_asked: the user wants the pictures in the other order.
    """

    closed = Signal()
    swap_asked = Signal()

    def __init__(self, colours: Colours, background: BackgroundTasks) -> None:
        super().__init__()
        self.setObjectName("compareView")
        self.setAccessibleName(tr("Comparison"))
        self.mode = CompareMode.wipe
        self.pictures: tuple[ComparedPicture, ...] = ()
        self._colours = colours
        self._lens = Lens(self)
        self._tasks = background.queue(self, "differences")
        self._buttons: dict[CompareMode, IconButton] = {}
        self._wipe = self._pane("compareWipe")
        side_by_side = QWidget(self)
        self._sides = hbox(on=side_by_side, spacing=2)
        self._panes: list[ComparePane] = []
        self._difference = self._pane("compareDifference")
        self._scale_bar = ScaleBar(self)
        self._scale_bar.scale_chosen.connect(self._show)
        self._scale_bar.hide()
        self._stack = QStackedWidget(self)
        self._pages = dict(zip(CompareMode, (self._wipe, side_by_side, self._difference), strict=True))
        for page in self._pages.values():
            self._stack.addWidget(page)
        self._legend = _Legend(self)
        self._head = self._head_row()
        vbox(self._head, stretched(self._stack), self._scale_bar, self._legend, on=self, spacing=0)

    @property
    def panes(self) -> tuple[ComparePane, ...]:
        """Returns the visible panes."""
        match self.mode:
            case CompareMode.wipe:
                return (self._wipe,)
            case CompareMode.side_by_side:
                return tuple(self._panes[: len(self.pictures)])
            case CompareMode.difference:
                return (self._difference,)

    def show_pictures(self, pictures: Sequence[ComparedPicture]) -> None:
        """Shows two to four pictures, the first one called A. More than two can only be side by side."""
        self.pictures = tuple(pictures)
        for mode, button in self._buttons.items():
            button.setEnabled(len(pictures) == 2 or mode is CompareMode.side_by_side)
        self._legend.show_pictures(pictures)
        if len(pictures) != 2:
            self.choose(CompareMode.side_by_side)
        self._show()

    def describe(self, differences: str, note: str = "") -> None:
        """Shows the differences of the recipes and a note on how the pictures belong together; both plain text."""
        self._legend.describe(differences, note)

    def choose(self, mode: CompareMode) -> None:
        """Chooses another way to compare."""
        self._buttons[mode].setChecked(True)
        if mode is not self.mode:
            had_focus = any(pane.hasFocus() for pane in self.panes)
            self.mode = mode
            self._scale_bar.setVisible(mode is CompareMode.difference)
            self._stack.setCurrentWidget(self._pages[mode])
            self._show()
            if had_focus:
                self.take_focus()

    def take_focus(self) -> None:
        """Gives the keyboard to the pictures: arrows move the divider, or the pictures."""
        if self.panes:
            self.panes[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        for pane in (self._wipe, self._difference, *self._panes):
            pane.set_colours(colours)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        """Returns the size without the words of the modes, which give way."""
        others = (self._stack, self._scale_bar, self._legend)
        least_px = max(self._icons_px, *(part.minimumSizeHint().width() for part in others if not part.isHidden()))
        return QSize(least_px, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        styles, metrics = Qt.ToolButtonStyle, self.fontMetrics()
        words_px = sum(metrics.horizontalAdvance(f"  {mode.value}") + _WORDS_GAP_PX for mode in CompareMode)
        has_room = self.width() >= self._icons_px + words_px
        for button in self._buttons.values():
            button.setToolButtonStyle(styles.ToolButtonTextBesideIcon if has_room else styles.ToolButtonIconOnly)

    @property
    def _icons_px(self) -> int:
        """Returns the least width of the row of buttons while none of them has words."""
        margins, buttons = self._head.contentsMargins(), self._head.count() - 1
        icon_px = self._close.sizeHint().width() + self._head.spacing()
        return margins.left() + margins.right() + buttons * icon_px - self._head.spacing()

    def _head_row(self) -> QHBoxLayout:
        row = hbox(margins=(8, 4, 8, 4), spacing=4)
        for mode, (icon, about) in _ABOUT.items():
            button = IconButton(icon, about, f"compare-{icon}", self)
            button.setText(mode.value)
            button.setAccessibleName(mode.value)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setChecked(mode is self.mode)
            button.clicked.connect(partial(self._choose_by_hand, mode))
            self._buttons[mode] = button
            row.addWidget(button)
        row.addStretch(1)
        for icon, about, signal in (
            ("swap", tr("Swap A and B"), self.swap_asked),
            ("fit", tr("Fit to window (0)"), self._lens.fit),
            (
                "actual-size",
                tr("100 %: one screen pixel for each pixel of the picture (1)"),
                self._show_actual_size,
            ),
            ("close", tr("End the comparison (Esc)"), self.closed),
        ):
            button: QToolButton = IconButton(icon, about, f"compare-{icon}", self)
            button.clicked.connect(signal)
            row.addWidget(button)
            self._close = button
        return row

    def _pane(self, name: str) -> ComparePane:
        return named(ComparePane(self._lens, self._colours, self), name, tr("Compared pictures"))

    def _choose_by_hand(self, mode: CompareMode) -> None:
        self.choose(mode)
        self.take_focus()

    @Slot()
    def _show_actual_size(self) -> None:
        self.panes[0].show_actual_size()

    @Slot()
    def _show(self) -> None:
        """Fills the visible panes; the hidden ones cost nothing."""
        pictures = self.pictures
        self._tasks.cancel()
        if not pictures:
            return
        match self.mode:
            case CompareMode.wipe:
                self._wipe.show_pictures(pictures, LETTERS[: len(pictures)])
            case CompareMode.side_by_side:
                self._show_side_by_side()
            case CompareMode.difference if pictures[0].has_shape_of(pictures[1]):
                make = partial(difference_map_of, pictures[0].image, pictures[1].image, self._scale_bar.scale)
                self._tasks.submit(make, self._show_difference, self._refuse)
            case CompareMode.difference:
                a, b = (Size(picture.size.width(), picture.size.height()).words for picture in pictures)
                self._difference.show_message(
                    tr("There is no difference map: the shapes differ, {a} and {b} pixels.", a=a, b=b)
                )
                self._scale_bar.show_map(None)

    def _show_side_by_side(self) -> None:
        while len(self._panes) < len(self.pictures):
            pane = self._pane(f"comparePane{LETTERS[len(self._panes)]}")
            self._panes.append(pane)
            self._sides.addWidget(pane)
        for number, pane in enumerate(self._panes):
            pane.setVisible(number < len(self.pictures))
            if number < len(self.pictures):
                pane.show_pictures(self.pictures[number : number + 1], LETTERS[number])

    def _refuse(self, error: EmulsionError) -> None:
        self._difference.show_message(str(message(error)))
        self._scale_bar.show_map(None)

    def _show_difference(self, made: DifferenceMap) -> None:
        first, second = self.pictures
        state = first.state if first.state == second.state else f"A {first.state}, B {second.state}"
        shown = ComparedPicture(made.image, first.size, tr("Difference of A and B"), state)
        self._difference.show_pictures((shown,), (tr("Difference"),))
        self._scale_bar.show_map(made)


class _Legend(QWidget):
    """A line for each picture, and one for their differences."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareLegend")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 4, 8, 4)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._lines = [self._line(row) for row in range(len(LETTERS))]
        self._differences = ElidedLabel(name="compareDifferences")
        self._note = text_label(parent=self, name="compareNote", role="hint")
        self._grid.addWidget(self._differences, len(LETTERS), 0, 1, 2)
        self._grid.addWidget(self._note, len(LETTERS), 2)

    def show_pictures(self, pictures: Sequence[ComparedPicture]) -> None:
        for number, (letter, name, state) in enumerate(self._lines):
            for label in (letter, name, state):
                label.setVisible(number < len(pictures))
            if number < len(pictures):
                name.show_text(pictures[number].name)
                state.setText(pictures[number].state)

    def describe(self, differences: str, note: str) -> None:
        """Shows differences of the recipes, as plain text, and a note on how the pictures belong together."""
        self._differences.show_text(differences)
        self._note.setText(note)

    def _line(self, row: int) -> tuple[QLabel, ElidedLabel, QLabel]:
        """Returns the letter, the name and the state of a picture."""
        line = (
            text_label(LETTERS[row], parent=self, role="title"),
            ElidedLabel(name=f"compareName{LETTERS[row]}"),
            text_label(parent=self, name=f"compareState{LETTERS[row]}", role="number"),
        )
        for column, widget in enumerate(line):
            self._grid.addWidget(widget, row, column)
            widget.hide()
        return line
