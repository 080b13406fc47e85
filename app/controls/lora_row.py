"""One LoRA of the draft: on or off, its name, its weight, and what it says when it cannot be used."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QSizePolicy, QWidget

from app.controls.wheel_guard import WheelGuard
from app.widgets.building import aligned, hbox, push_button, stretched, text_label, vbox
from app.widgets.elided_label import ElidedLabel
from app.widgets.field import GAP_PX, describe
from app.widgets.icon_button import IconButton
from app.widgets.theme import prepare_spin_boxes
from core.language.words import tr
from core.request.request import LARGEST_LORA_WEIGHT, Lora

STEP = 0.05
LONGEST_WORDS = 30
INDENT_PX = 28
"""Below the name."""


class LoraRow(QWidget):
    """Shows one LoRA; signals report the user's actions, with the LoRA's name first.

    Signals:
        switched: on or off. weighed: a weight. removed: without more. words_wanted: the trigger words, as text.
    """

    switched = Signal(str, bool)
    weighed = Signal(str, float)
    removed = Signal(str)
    words_wanted = Signal(str, str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._words = ""
        self.setObjectName("loraRow")
        self.box = QCheckBox()
        describe(
            self.box,
            "loraBox",
            tr("Use {name}", name=name),
            tr("Off: it stays in the list, and pictures are made without it."),
        )
        self.label = ElidedLabel(name, name="loraName")
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.spin = QDoubleSpinBox()
        self.spin.setRange(-LARGEST_LORA_WEIGHT, LARGEST_LORA_WEIGHT)
        self.spin.setSingleStep(STEP)
        self.spin.setDecimals(2)
        self.spin.setFixedWidth(84)
        describe(
            self.spin,
            "loraWeightSpin",
            tr("Weight of {name}", name=name),
            tr(
                "Weight: how strongly the LoRA acts. 1 is as it was trained, 0 is nothing, below 0 is its "
                "opposite.\nMostly 0.4 to 1.2; beyond 2 pictures tend to break."
            ),
        )
        tip = tr("Removes the LoRA from the list (Delete)")
        self.remove_button = IconButton("close", tip, "removeLoraButton", name=tr("Remove {name}", name=name))
        self.note = text_label(name="loraNote", role="hint", is_plain=True, wraps=True)
        self.words_button = push_button(kind="chip", name="loraWordsButton")
        top = hbox(self.box, stretched(self.label), self.spin, self.remove_button, spacing=GAP_PX)
        words = aligned(self.words_button, Qt.AlignmentFlag.AlignLeft)
        below = vbox(self.note, words, margins=(INDENT_PX, 0, 0, 0))
        vbox(top, below, on=self, spacing=GAP_PX)
        self.box.toggled.connect(partial(self.switched.emit, name))
        self.spin.valueChanged.connect(partial(self.weighed.emit, name))
        self.remove_button.clicked.connect(partial(self.removed.emit, name))
        self.words_button.clicked.connect(lambda: self.words_wanted.emit(name, self._words))
        WheelGuard(self)
        prepare_spin_boxes(self)
        for widget in (self.box, self.remove_button):
            widget.installEventFilter(self)

    def show_place(self, *, is_in_prompt: bool) -> None:
        """Leaves a LoRA that the prompt names to the prompt."""
        for widget in (self.box, self.remove_button):
            widget.setEnabled(not is_in_prompt)
        if is_in_prompt:
            self.spin.setEnabled(False)
            self.note.setText(tr("In the prompt. {note}", note=self.note.text()).strip())
            self.note.show()

    @property
    def focus_order(self) -> tuple[QWidget, ...]:
        return self.box, self.spin, self.remove_button, self.words_button

    def show_lora(self, lora: Lora, note: str, tooltip: str, words: str, remark: str = "") -> None:
        """Shows the LoRA.

        ``note`` says why it is not used, "" when it is; ``remark`` names the layers that are not; ``words`` may be
        put into the prompt, "" for none.
        """
        with QSignalBlocker(self.box), QSignalBlocker(self.spin):
            self.box.setChecked(lora.is_on)
            if round(lora.weight, self.spin.decimals()) != self.spin.value():
                self.spin.setValue(lora.weight)
        is_used = lora.is_on and not note
        self.label.setEnabled(is_used)
        self.spin.setEnabled(is_used)
        self.label.setToolTip(tooltip or lora.key)
        self.note.setText(note or remark)
        self.note.setVisible(bool(note or remark))
        self._words = words
        shown = words if len(words) <= LONGEST_WORDS else f"{words[: LONGEST_WORDS - 2]} …"
        self.words_button.setText(f"+ {shown}".replace("&", "&&"))
        self.words_button.setVisible(bool(words) and is_used)
        tip = tr(
            "Puts the trigger words into the prompt: {words}\nThey call for what the LoRA was taught.", words=words
        )
        self.words_button.setToolTip(tip)
        self.words_button.setAccessibleName(tr("Put {words} into the prompt", words=words))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Delete
        ):
            self.removed.emit(self.name)
            return True
        return super().eventFilter(watched, event)
