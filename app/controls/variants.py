"""The row below a prompt with variants: its dice, its switch, and the way back to a picture's template."""

from __future__ import annotations

import secrets
from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QMenu, QWidget

from app.messages.errors import message
from app.session.session import Session
from app.widgets.building import hbox, named, push_button, set_shown, stretched, text_label
from app.widgets.field import GAP_PX, describe
from app.widgets.icon_button import IconButton
from core.errors import EmulsionError
from core.language.words import plural, tr
from core.prompt.bidi import isolated
from core.prompt.drawing import has_template
from core.request.request import LARGEST_SEED, GenerationRequest
from core.request.settings import validate
from core.request.settings.seed import RANDOM_SEEDS
from core.runs.operations import Generate

SHOWN_DRAWS = 6
MOST_COMBINATIONS = 100
_LONGEST_SHOWN = 90


class VariantsRow(QWidget):
    """Shown when something in the draft's prompts can be drawn, or has been.

    Attributes:
        dice: opens a menu of what the next seeds draw. switch: draws, or takes braces for text.
        restore: puts the template of a picture into the prompt.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setObjectName("variantsRow")
        tip = tr("Show what the next pictures would draw, and take one of them")
        self.dice = IconButton("dice", tip, "variantsDiceButton", name=tr("Draw variants"))
        self.switch = push_button(tr("Variants"), kind="chip", name="variantsSwitch")
        self.switch.setCheckable(True)
        self.restore = push_button(tr("Use the template"), self._restore, kind="chip", name="templateButton")
        about = tr("Put the template that this prompt was drawn from into the field")
        describe(self.restore, "templateButton", tr("Use the template"), about)
        self._words = text_label(name="variantsWords", role="hint", is_plain=True, wraps=True)
        hbox(self.dice, stretched(self._words), self.restore, self.switch, on=self, spacing=GAP_PX)
        self.dice.clicked.connect(self.open_menu)
        self.switch.clicked.connect(self._switch)
        session.draft_edited.connect(self._show)
        session.wildcards.changed.connect(self._show)
        self._show()

    def menu(self) -> QMenu:
        """Returns the menu of the dice, which deletes itself when it closes."""
        menu = named(QMenu(self), "variantsMenu", tr("Variants"))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        draft, wildcards = self._session.draft, self._session.wildcards
        try:
            for seed in _next_seeds(draft):
                found = wildcards.drawn(replace(draft, seed=seed))
                action = menu.addAction(tr("{seed}: {prompt}", seed=seed, prompt=_shown(found)))
                action.setToolTip(_whole(found))
                action.triggered.connect(lambda _=False, seed=seed: self._session.edit(seed=seed))
            every = wildcards.combinations(draft, MOST_COMBINATIONS + 1)
        except EmulsionError as error:
            menu.addAction(str(message(error))).setEnabled(False)
            return menu
        menu.addSeparator()
        if len(every) > MOST_COMBINATIONS:
            words = tr("More than {most} combinations", most=MOST_COMBINATIONS)
            menu.addAction(words).setEnabled(False)
        else:
            words = plural("Queue the one combination", "Queue all {count} combinations", len(every))
            menu.addAction(words).triggered.connect(lambda: self.queue(every))
        return menu

    @Slot()
    def open_menu(self) -> None:
        """Shows the menu below the dice."""
        self.menu().popup(self.dice.mapToGlobal(self.dice.rect().bottomLeft()))

    def queue(self, requests: tuple[GenerationRequest, ...]) -> None:
        """Queues a picture for each of these, which differ from the draft in their prompts only."""
        session = self._session
        try:
            validate(session.draft, session.draft_editor.limits)
        except EmulsionError as error:
            session.failed.emit(message(error))
            return
        batch = secrets.token_hex(16)
        for request in map(session.loras.fitting, requests):
            session.queue.add(Generate(request, batch=batch), session.early_choice.hold_after_of(request))

    @Slot(bool)
    def _switch(self, is_on: bool) -> None:
        self._session.edit(variants=is_on)

    @Slot()
    def _restore(self) -> None:
        draft = self._session.draft
        editor = self._session.draft_editor
        editor.end_step()
        editor.edit(
            prompt=draft.template or draft.prompt,
            negative_prompt=draft.negative_template or draft.negative_prompt,
            variants=True,
        )
        editor.end_step()

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        can_draw = has_template(replace(draft, variants=True))
        is_drawn = bool(draft.template or draft.negative_template)
        set_shown(self, is_shown=can_draw or is_drawn)
        self.dice.setVisible(can_draw and draft.variants)
        self.switch.setVisible(can_draw)
        self.switch.setChecked(draft.variants)
        about = tr("Draw {red|blue} and __wildcards__ by the seed; off: they are text")
        describe(self.switch, "variantsSwitch", tr("Variants"), about)
        self.restore.setVisible(is_drawn)
        if is_drawn:
            words = tr("Drawn from a template.")
        elif draft.variants:
            words = tr("Each picture draws its own prompt by its seed.")
        else:
            words = tr("Braces and wildcards are text here.")
        self._words.setText(words if can_draw or is_drawn else "")


def _next_seeds(draft: GenerationRequest) -> list[int]:
    """Returns those that count up from a locked seed, else any."""
    if draft.seed is None:
        return [secrets.randbelow(RANDOM_SEEDS) for _ in range(SHOWN_DRAWS)]
    return [(draft.seed + number) % (LARGEST_SEED + 1) for number in range(SHOWN_DRAWS)]


def _whole(request: GenerationRequest) -> str:
    texts = (request.prompt, request.negative_prompt if request.negative_template else "")
    return "\n".join(isolated(" ".join(text.split())) for text in texts if text)


def _shown(request: GenerationRequest) -> str:
    """Returns what was drawn on one line, as a menu shows it."""
    text = " ".join((request.prompt if request.template else request.negative_prompt).split())
    text = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return isolated(text).replace("&", "&&")
