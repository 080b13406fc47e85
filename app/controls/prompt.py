"""The prompt and the negative prompt of the draft."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from app.controls.prompt_field import NEGATIVE, POSITIVE, PromptField
from app.controls.prompt_menu import PromptMenu
from app.controls.suggestions import Suggestions
from app.controls.token_counting import TokenCounting
from app.controls.variants import VariantsRow
from app.session.prompt_memory import PromptMemory
from app.session.session import Session
from app.widgets.building import vbox
from app.widgets.field import GAP_PX
from app.widgets.icon_button import IconButton
from core.language.words import tr


class PromptControl(QWidget):
    """One of the two prompts; below the first one stand suggestions for models that were taught few words.

    Attributes:
        edit: the field itself. is_negative: it is the negative prompt.
    """

    def __init__(
        self, session: Session, field: Literal["prompt", "negative_prompt"], counting: TokenCounting
    ) -> None:
        super().__init__()
        self._session = session
        self._name = field
        self.is_negative = field == "negative_prompt"
        self._field = PromptField(NEGATIVE if self.is_negative else POSITIVE, counting)
        self.edit = self._field.edit
        layout = vbox(self._field, on=self, spacing=GAP_PX)
        self._suggestions: Suggestions | None = None
        self._memory: PromptMemory | None = None
        self._menu: PromptMenu | None = None
        if not self.is_negative:
            self._suggestions = Suggestions(session)
            self._suggestions.vocabulary_changed.connect(self._show)
            layout.addWidget(self._suggestions)
            layout.addWidget(VariantsRow(session))
        self._field.edited.connect(self._edit)
        self.edit.generate_asked.connect(session.generate)
        self.edit.undo_asked.connect(session.draft_editor.undo)
        self.edit.redo_asked.connect(session.draft_editor.redo)
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._show)
        session.loras.changed.connect(self._show)
        session.wildcards.changed.connect(self._show)
        self._show()

    def add_memory(self, memory: PromptMemory) -> None:
        """Puts a button for earlier prompts and styles beside the caption."""
        self._memory = memory
        self._memory_button = IconButton("history", tr("Earlier prompts, and styles"), "promptMemoryButton")
        self._memory_button.clicked.connect(self._open_memory)
        self._field.add_button(self._memory_button)

    @Slot()
    def _open_memory(self) -> None:
        if self._menu is None and self._memory is not None:
            self._menu = PromptMenu(self._memory, self)
        if self._menu is not None:
            self._menu.open_below(self._memory_button)

    @Slot(str)
    def _edit(self, text: str) -> None:
        self._session.edit(**{self._name: text})

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        model = self._session.model_of(draft)
        text: str = getattr(draft, self._name)
        self._field.show_text(text)
        remark = ""
        if self.is_negative:
            is_had = model is None or model.capabilities.has_negative_prompt
            self.edit.setEnabled(is_had)
            if not is_had:
                remark = tr("not for this model: its guidance is built in")
            elif text and not draft.has_guidance:
                remark = tr("no effect: guidance is off")
        names, embeddings = self._session.loras.names_for(model), self._session.loras.embeddings_for(model)
        wildcards = self._session.wildcards
        names = (*names, *(f"__{name}__" for name in wildcards.names))
        vocabulary = self._suggestions.vocabulary if self._suggestions else None
        self._field.show_model(
            model, vocabulary, remark, names, embeddings, draft.emphasis, self._drawn, wildcards.tags
        )

    def _drawn(self, text: str) -> str:
        """Returns the prompt as the draft's seed draws it. Raises EmulsionError."""
        other = "prompt" if self.is_negative else "negative_prompt"
        request = replace(self._session.draft, **{self._name: text, other: ""})
        return getattr(self._session.wildcards.drawn(request), self._name)
