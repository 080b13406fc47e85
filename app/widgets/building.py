"""Builds rows, columns, labels and buttons in one call each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtWidgets import (
    QBoxLayout,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.widgets.busy_bar import BusyBar

Margins = int | tuple[int, int, int, int] | None
Box = TypeVar("Box", bound=QBoxLayout)
Named = TypeVar("Named", bound=QWidget)


@dataclass(frozen=True, slots=True)
class Placed:
    """A widget or layout with its share of the room that is left, or its side in its cell."""

    item: QWidget | QLayout
    stretch: int = 0
    alignment: Qt.AlignmentFlag | None = None


Item = QWidget | QLayout | Placed | int | None
"""``int`` is a gap in pixels, None takes the room that is left."""

STRETCH: Item = None


def stretched(item: QWidget | QLayout, stretch: int = 1) -> Placed:
    """Returns the item with a share of the room that is left."""
    return Placed(item, stretch)


def aligned(item: QWidget | QLayout, alignment: Qt.AlignmentFlag) -> Placed:
    """Returns the item in its own size, at one side of its cell."""
    return Placed(item, 0, alignment)


def hbox(*items: Item, on: QWidget | None = None, margins: Margins = 0, spacing: int | None = None) -> QHBoxLayout:
    """Returns a row of the items.

    Args:
        on: the widget whose layout it becomes.
        margins: in pixels, for all sides or for left, top, right and bottom; None: those of the style.
        spacing: in pixels between items; None: that of the style.
    """
    return _fill(QHBoxLayout(), items, on, margins, spacing)


def vbox(*items: Item, on: QWidget | None = None, margins: Margins = 0, spacing: int | None = None) -> QVBoxLayout:
    """Returns a column of the items; see `hbox`."""
    return _fill(QVBoxLayout(), items, on, margins, spacing)


def _fill(box: Box, items: tuple[Item, ...], on: QWidget | None, margins: Margins, spacing: int | None) -> Box:
    if on is not None:
        on.setLayout(box)  # first, so that the items get their parent while they are added
    if margins is not None:
        sides = (margins,) * 4 if isinstance(margins, int) else margins
        box.setContentsMargins(*sides)
    if spacing is not None:
        box.setSpacing(spacing)
    for item in items:
        placed = Placed(item) if isinstance(item, QWidget | QLayout) else item
        if placed is None:
            box.addStretch()
        elif isinstance(placed, int):
            box.addSpacing(placed)
        elif isinstance(placed.item, QLayout):
            box.addLayout(placed.item, placed.stretch)
        else:
            box.addWidget(placed.item, placed.stretch, placed.alignment or Qt.AlignmentFlag(0))
    return box


def named(widget: Named, name: str, accessible_name: str = "", tip: str = "") -> Named:
    """Returns the widget with its object name, its name for screen readers, and its tooltip."""
    widget.setObjectName(name)
    widget.setAccessibleName(accessible_name)
    widget.setToolTip(tip)
    return widget


def set_shown(part: QWidget, *, is_shown: bool) -> None:
    """Shows or hides a part of a window; a new one, without a place, is shown with its place.

    Shown at once it would be a window of its own for a moment, and keep the least size that windows get.
    """
    is_new = part.parentWidget() is None and not part.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)
    if not (is_shown and is_new):
        part.setVisible(is_shown)


def form(*rows: tuple[str, QWidget | QLayout]) -> QFormLayout:
    """Returns a form with a row for each label and its field."""
    made = QFormLayout(verticalSpacing=12, horizontalSpacing=16)
    for label, field in rows:
        made.addRow(label, field)  # pyright: ignore[reportArgumentType, reportCallIssue] - takes either
        words = made.labelForField(field)  # pyright: ignore[reportArgumentType, reportCallIssue]
        first = field.itemAt(0) if isinstance(field, QLayout) else None
        if isinstance(words, QLabel) and first is not None and (widget := first.widget()) is not None:
            words.setBuddy(widget)  # Qt finds that of a single field only
    return made


def dialog_buttons(
    dialog: QDialog, text: str, name: str, accept: Callable[[], object]
) -> tuple[QDialogButtonBox, QPushButton]:
    """Returns the buttons at a dialog's foot, and the one that calls ``accept``; the other one is *Cancel*."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    made = buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
    made.setObjectName(name)
    made.setDefault(True)
    buttons.accepted.connect(accept)
    buttons.rejected.connect(dialog.reject)
    return buttons, made


def clear(box: QBoxLayout) -> None:
    """Takes the widgets out of a row or column and deletes them."""
    while (item := box.takeAt(0)) is not None:  # pyright: ignore[reportUnnecessaryComparison]
        if (widget := item.widget()) is not None:  # pyright: ignore[reportUnnecessaryComparison]
            widget.hide()
            widget.deleteLater()


def progress_bar(name: str) -> QProgressBar:
    """Returns a bar without text; ``name`` is for screen readers."""
    return BusyBar(name)


def scroll_area(content: QWidget, name: str) -> QScrollArea:
    """Returns a frameless area that scrolls its content up and down; ``name`` is for screen readers."""
    made = QScrollArea(widgetResizable=True)
    made.setAccessibleName(name)
    made.setWidget(content)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return made


def text_label(
    text: str = "",
    parent: QWidget | None = None,
    *,
    role: str = "",
    name: str = "",
    wraps: bool = False,
    is_plain: bool = False,
    is_selectable: bool = False,
) -> QLabel:
    """Returns a label.

    Args:
        role: see `app.widgets.theme`. name: the object name.
        is_plain: shows the text as it is, also where it looks like HTML.
        is_selectable: the text can be copied, and the label may become narrow.
    """
    made = QLabel(text, parent)
    if role:
        made.setProperty("role", role)
    if name:
        made.setObjectName(name)
    made.setWordWrap(wraps)
    if is_plain:
        made.setTextFormat(Qt.TextFormat.PlainText)
    if is_selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        made.setMinimumWidth(1)
    return made


def push_button(
    text: str = "",
    clicked: Callable[..., object] | SignalInstance | None = None,
    parent: QWidget | None = None,
    *,
    kind: str = "",
    name: str = "",
    tip: str = "",
) -> QPushButton:
    """Returns a push button.

    Args:
        clicked: the slot or signal that a click reaches.
        kind: see `app.widgets.theme`. name: the object name. tip: the tooltip.
    """
    made = QPushButton(text, parent)
    if clicked is not None:
        made.clicked.connect(clicked)
    if kind:
        made.setProperty("kind", kind)
    if name:
        made.setObjectName(name)
    if tip:
        made.setToolTip(tip)
    return made
