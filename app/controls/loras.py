"""The LoRAs that act on the model: one quiet line while there is none, a row for each otherwise."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.controls.lora_menu import LoraMenu
from app.controls.lora_row import LoraRow
from app.messages.loras import about, partly
from app.session.session import Session
from app.widgets.building import aligned, push_button, set_shown, vbox
from app.widgets.field import GAP_PX, describe
from app.widgets.icons import set_icon
from core.language.words import plural, tr
from core.lora.library import FoundLora
from core.models.catalogue import Model
from core.request.request import MOST_LORAS, GenerationRequest, Lora
from core.request.settings.loras import take_tags

NONE_FOUND = tr(
    "No LoRA was found yet. Put .safetensors files into the folder “loras” beside your models, or drop one "
    "on this window."
)


class LorasControl(QWidget):
    """Rows of `LoraRow` above the button that opens `LoraMenu`. Hidden where the model takes no LoRAs.

    Signals:
        file_wanted: the user wants to choose a file.
    """

    file_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._selection = session.loras
        self.rows: list[LoraRow] = []
        self.button = QPushButton(tr("Add a LoRA …"))
        set_icon(self.button, "plus")
        self.button.setStyleSheet("text-align: left")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        describe(
            self.button,
            "addLoraButton",
            tr("Add a LoRA"),
            tr(
                "LoRA: a small file that teaches the model a style, a subject or a way of working.\nSeveral "
                "can act together, each with its weight. Click to choose one, or drop a file on the window."
            ),
        )
        self.tags_button = push_button(kind="chip")
        describe(
            self.tags_button,
            "loraTagsButton",
            tr("Move the prompt's LoRAs here"),
            tr(
                "LoRAs can be named in the prompt, as <lora:name:weight>, and act as those of this list do.\n"
                "Click to move them from the prompt to the list, where they can be changed."
            ),
        )
        self.menu = LoraMenu(self)
        self._column = vbox(spacing=GAP_PX)
        vbox(
            self._column,
            aligned(self.tags_button, Qt.AlignmentFlag.AlignLeft),
            self.button,
            on=self,
            spacing=2 * GAP_PX,
        )
        self.button.clicked.connect(self._open_menu)
        self.tags_button.clicked.connect(self._take_tags)
        self.menu.chosen.connect(self._selection.add)
        self.menu.file_wanted.connect(self.file_wanted)
        self._selection.changed.connect(self._refresh)
        session.draft_edited.connect(self._show)
        self._show(session.draft)

    @Slot()
    def _open_menu(self) -> None:
        self._selection.refresh()
        self._fill_menu()
        self.menu.open_below(self.button)

    @Slot()
    def _refresh(self) -> None:
        if self.menu.isVisible():
            self._fill_menu()
        self._show(self._session.draft)

    def _fill_menu(self) -> None:
        model = self._session.model_of(self._session.draft)
        if model is None:
            return
        used = {lora.key for lora in self._session.draft.loras}
        at_hand = self._selection.at_hand
        found = [one for one in at_hand.loras if one.name not in used] if at_hand is not None else []
        entries = [(one, self._selection.objection(one, model)) for one in found]
        entries.sort(key=lambda entry: bool(entry[1]))
        hint = tr("Looking for LoRAs…") if at_hand is None else "" if used else NONE_FOUND
        if used and not entries:
            hint = tr("All LoRAs that were found are in the list.")
        self.menu.fill(
            [(one.name, objection or _detail(one), about(one), not objection) for one, objection in entries], hint
        )

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        model = self._session.model_of(draft)
        set_shown(self, is_shown=model is not None and model.capabilities.takes_loras)
        _, tagged = take_tags(draft.prompt, "")
        of_prompt = {lora.key for lora in tagged}
        loras = (*(lora for lora in draft.loras if lora.key not in of_prompt), *tagged)
        names = [lora.key for lora in loras]
        if names != [row.name for row in self.rows]:
            self._renew_rows(names)
        for row, lora in zip(self.rows, loras, strict=True):
            self._show_row(row, lora, draft, model)
            row.show_place(is_in_prompt=lora.key in of_prompt)
        self.button.setEnabled(len(names) < MOST_LORAS)
        self.tags_button.setText(
            plural("Move the prompt's LoRA here", "Move the prompt's LoRAs here", len(tagged))
        )
        self.tags_button.setVisible(bool(tagged))

    def _show_row(self, row: LoraRow, lora: Lora, draft: GenerationRequest, model: Model | None) -> None:
        found = self._selection.found(lora)
        if found is None:
            is_missing = self._selection.at_hand is not None
            note = tr("No file of this name was found. Put it back, or remove the LoRA.") if is_missing else ""
            row.show_lora(lora, note, "", "")
            return
        objection = self._selection.objection(found, model) if model is not None else ""
        note = tr("Left out: {objection}.", objection=objection) if objection else ""
        words = ", ".join(found.file.words) if found.file is not None else ""
        is_there = words.casefold() in draft.prompt.casefold()
        usage = self._selection.usage(found, model) if model is not None else None
        remark = partly(usage) if usage is not None else ""
        if lora.text_weight is not None:
            remark = f"{lora.text_weight:g} in the text encoder. {remark}".strip()
        row.show_lora(lora, note, about(found), "" if is_there else words, remark)

    def _renew_rows(self, names: list[str]) -> None:
        """Rows of names that stay are kept, so that the focus stays where it is."""
        old = {row.name: row for row in self.rows}
        for row in self.rows:
            self._column.removeWidget(row)
        self.rows = [old.pop(name, None) or self._new_row(name) for name in names]
        for row in old.values():
            row.hide()
            row.deleteLater()
        for row in self.rows:
            self._column.addWidget(row)
        self._order_for_tab()

    def _order_for_tab(self) -> None:
        """New widgets are the last ones otherwise."""
        first: QWidget | None = self.previousInFocusChain()
        while first is not None and first is not self and not self._is_before(first):
            first = first.previousInFocusChain()
        for widget in (*(widget for row in self.rows for widget in row.focus_order), self.button):
            if first is not None:
                QWidget.setTabOrder(first, widget)
            first = widget

    def _is_before(self, widget: QWidget) -> bool:
        """Qt puts nothing behind what takes no focus."""
        return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and not self.isAncestorOf(widget)

    def _new_row(self, name: str) -> LoraRow:
        row = LoraRow(name)
        row.switched.connect(self._selection.switch)
        row.weighed.connect(self._selection.weigh)
        row.removed.connect(self._remove)
        row.words_wanted.connect(self._add_words)
        return row

    @Slot(str)
    def _remove(self, name: str) -> None:
        self._selection.remove(name)
        self.button.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _take_tags(self) -> None:
        self.button.setFocus(Qt.FocusReason.OtherFocusReason)  # its own button goes away
        self._selection.take_tags()

    @Slot(str, str)
    def _add_words(self, name: str, words: str) -> None:
        next(row for row in self.rows if row.name == name).box.setFocus(Qt.FocusReason.OtherFocusReason)
        prompt = self._session.draft.prompt.rstrip().rstrip(",")
        self._session.edit(prompt=f"{prompt}, {words}" if prompt else words)


def _detail(found: FoundLora) -> str:
    file = found.file
    return "" if file is None else file.made_for or tr("the kind of model is not known")
