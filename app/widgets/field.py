"""Labels for controls: a caption above, a note beside it, text for tooltips and screen readers."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLayout,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from app.widgets.building import hbox, stretched, text_label, vbox
from core.language.words import tr

GAP_PX = 4


class Field(QWidget):
    """A control below its caption. The caption's mnemonic leads to the control.

    Attributes:
        note: a short remark at the caption's right, empty at first. top: the row of both.
    """

    def __init__(self, caption: str, control: QWidget, content: QWidget | QLayout | None = None) -> None:
        """Takes ``content``, the parent of the control, if the control is not alone below the caption."""
        super().__init__()
        label = text_label(caption, role="caption")
        label.setBuddy(control)
        self.note = text_label(role="caption", is_plain=True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.top = hbox(label, stretched(self.note))
        layout = vbox(self.top, on=self, spacing=GAP_PX)
        if isinstance(content, QLayout):
            layout.addLayout(content)
        else:
            layout.addWidget(content or control, 1)


class ComboBox(QComboBox):
    """A list of choices, whose rows follow the style sheet; a chosen one that does not fit ends in an ellipsis."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(QStyledItemDelegate(self))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        kind, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room_px = self.style().subControlRect(kind, option, field, self).width()
        words = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room_px)
        option.currentText = words  # pyright: ignore[reportAttributeAccessIssue] - a property without its type
        painter.drawComplexControl(kind, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


def camel_case(name: str) -> str:
    """Returns the name of a field as object names are written."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def describe(control: QWidget, object_name: str, accessible_name: str, tooltip: str) -> None:
    """Sets a control's stable name, its name for screen readers, and the term with its effect as tooltip."""
    control.setObjectName(object_name)
    control.setAccessibleName(accessible_name)
    control.setAccessibleDescription(tooltip)
    control.setToolTip(tooltip)


def combo_box(
    choices: Iterable[tuple[str, object]], object_name: str, accessible_name: str, tooltip: str = ""
) -> ComboBox:
    """Returns a list of choices, each a text and the value behind it."""
    made = ComboBox()
    for text, value in choices:
        made.addItem(text, value)
    describe(made, object_name, accessible_name, tooltip)
    return made


def search_edit(object_name: str, accessible_name: str, placeholder: str, tooltip: str) -> QLineEdit:
    """Returns a field for words to search for, with a button that clears it."""
    made = QLineEdit(clearButtonEnabled=True, placeholderText=placeholder)
    for button in made.findChildren(QAbstractButton):
        button.setAccessibleName(tr("Clear the search"))
    describe(made, object_name, accessible_name, tooltip)
    return made


def set_tone(label: QLabel, tone: str) -> None:
    """Colours a label by the theme: ``"error"``, or ``""`` for its usual colour."""
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)
