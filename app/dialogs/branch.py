"""Asks for the changes of branches of a film from the chosen step on."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QDialog, QDoubleSpinBox, QSpinBox, QWidget

from app.controls.prompt_field import NEGATIVE, POSITIVE, PromptField
from app.controls.suggestions import vocabulary_of
from app.controls.token_counting import TokenCounting
from app.session.session import Session
from app.widgets.building import dialog_buttons, form, named, stretched, text_label, vbox
from app.widgets.dialog_body import DialogBody, fit_to_screen
from app.widgets.field import combo_box
from app.widgets.theme import prepare_spin_boxes
from core.families import FAMILIES
from core.film.film import Film
from core.language.words import plural, tr
from core.models.catalogue import Model
from core.request.request import COUNT, LARGEST_GUIDANCE_SCALE, STEPS
from core.request.samplers import SAMPLERS
from core.request.settings.seed import RANDOM_SEEDS
from core.runs.branch import Branch

LEAST_NOISE_PERCENT, USUAL_NOISE_PERCENT = 5, 20
"""New noise of several branches: without any they would be one picture several times."""

WIDTH_PX = 440


class BranchDialog(QDialog):
    """Opens by `open`, without blocking. Ctrl+Return branches from every field.

    Signals:
        chosen: a tuple of `Branch`; several differ in the seed of their new noise.
    """

    chosen = Signal(object)

    def __init__(self, film: Film, call: int, model: Model | None, parent: QWidget | None = None) -> None:
        """``model`` is that of the film, whose tokens are counted; None if it is not there."""
        super().__init__(parent)
        self._film = film
        self._call = self._first_call_of_step(call)
        self._unchanged = Branch(film, self._call, film.request)
        step, steps = self._unchanged.step, film.request.all_steps
        self.setObjectName("branchDialog")
        title = tr("Branch from step {step} of {steps}", step=step + 1, steps=steps)
        if film.second is not None:
            title = tr("{title}, pass {number} of 2", title=title, number=1 + bool(film.first_call_at(self._call)))
        self.setWindowTitle(title)
        reused = plural(
            "Step 1 is reused; only the rest is computed again.",
            "Steps 1–{count} are reused; only the rest is computed again.",
            step,
        )
        again = reused if step else tr("Every step is computed again.")
        early = tr("Early steps decide the layout, late ones the details.")
        words = text_label(f"{again} {early}", wraps=True)
        words.setMinimumWidth(WIDTH_PX)
        vocabulary, counting = vocabulary_of(model), TokenCounting()
        self._prompt = PromptField(POSITIVE, counting, "branchPromptEdit")
        self._negative = PromptField(NEGATIVE, counting, "branchNegativePromptEdit")
        self._own = film.request.in_second_pass if self._unchanged.is_in_second_pass else film.request
        for field, text in ((self._prompt, self._own.prompt), (self._negative, self._own.negative_prompt)):
            field.show_text(text)
            field.show_model(model, vocabulary if field is self._prompt else None)
            field.edit.setUndoRedoEnabled(True)
            field.edit.undo_asked.connect(field.edit.undo)
            field.edit.redo_asked.connect(field.edit.redo)
            field.edit.generate_asked.connect(self._choose)
        self._guidance = QDoubleSpinBox(minimum=0, maximum=LARGEST_GUIDANCE_SCALE, singleStep=0.5, decimals=2)
        self._guidance.setValue(self._own.guidance_scale)
        self._guidance.setObjectName("branchGuidanceSpin")
        family = FAMILIES.get(film.model.family)
        samplers = [(SAMPLERS[key].name, key) for key in (SAMPLERS if family is None else family.samplers)]
        self._sampler = combo_box(samplers, "branchSamplerCombo", tr("Sampler"))
        self._sampler.setCurrentIndex(self._sampler.findData(self._own.sampler))
        self._remaining = named(QSpinBox(minimum=1, maximum=STEPS[-1]), "branchRemainingSpin")
        self._remaining.setValue(self._unchanged.steps_left)
        self._noise = QSpinBox(minimum=0, maximum=100, suffix=" %", singleStep=5)
        self._noise.setObjectName("branchNoiseSpin")
        self._noise.setToolTip(
            tr("How much of the noise is replaced by new noise: gives variations of the picture.")
        )
        self._count = named(QSpinBox(minimum=1, maximum=COUNT[-1]), "branchCountSpin")
        self._count.setToolTip(tr("How many pictures are made from this step, each with its own new noise."))
        self._count.valueChanged.connect(self._on_count_changed)
        rows = (
            (tr("&Guidance scale"), self._guidance),
            (tr("&Sampler"), self._sampler),
            (
                tr("&Remaining steps") if film.second is None else tr("&Remaining steps of this pass"),
                self._remaining,
            ),
            (tr("Number of &branches"), self._count),
            (tr("New n&oise"), self._noise),
        )
        for label, control in rows:
            control.setAccessibleName(label.replace("&", ""))
        buttons, branch = dialog_buttons(self, tr("Branch"), "branchButton", self._choose)
        branch.setProperty("kind", "primary")
        branch.setToolTip(tr("Branch (Ctrl+Return)"))
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            QShortcut(QKeySequence(Qt.Modifier.CTRL | key), self, self._choose)
        fields = vbox(words, self._prompt, self._negative, form(*rows), spacing=16)
        body = DialogBody(fields, tr("Changes"))
        vbox(stretched(body), buttons, on=self, margins=(24, 24, 24, 16), spacing=16)
        prepare_spin_boxes(self)
        fit_to_screen(self)
        self._prompt.edit.moveCursor(
            QTextCursor.MoveOperation.End
        )  # a word is changed more often than all of them
        self._prompt.edit.setFocus()
        self.finished.connect(self.deleteLater)

    def _first_call_of_step(self, call: int) -> int:
        """Returns the step's first call: a sampler with two calls a step can only be left between steps."""
        return self._film.schedule.steps.index(self._film.schedule.steps[call])

    @Slot(int)
    def _on_count_changed(self, count: int) -> None:
        if count > 1 and not self._noise.value():
            self._noise.setValue(USUAL_NOISE_PERCENT)
        self._noise.setMinimum(LEAST_NOISE_PERCENT if count > 1 else 0)

    @Slot()
    def _choose(self) -> None:
        chosen: dict[str, Any] = {
            "prompt": self._prompt.edit.toPlainText(),
            "negative_prompt": self._negative.edit.toPlainText(),
            "guidance_scale": self._guidance.value(),
            "sampler": self._sampler.currentData(),
        }
        changed = {name: value for name, value in chosen.items() if value != getattr(self._own, name)}
        request = self._film.request
        if request.hires is not None and self._unchanged.is_in_second_pass:
            emptied = {name: value for name, value in changed.items() if value == ""}  # else the first pass's acts
            request = replace(request, hires=replace(request.hires, **changed), **emptied)
        else:
            request = replace(request, **changed)
        remaining = self._remaining.value()
        branch = replace(
            self._unchanged,
            request=request,
            remaining_steps=None if remaining == self._unchanged.steps_left else remaining,
            fresh_noise=self._noise.value() / 100,
        )
        seeds = (secrets.randbelow(RANDOM_SEEDS) for _ in range(self._count.value()))
        self.accept()
        self.chosen.emit(tuple(replace(branch, noise_seed=seed) for seed in seeds))


def ask_branch(session: Session, window: QWidget, film: Film, call: int, take: Callable[[], object]) -> None:
    """Asks for branches of a film and queues them; ``take`` is called before, when the user has answered."""
    if not film.frames:
        return

    def queue(branches: tuple[Branch, ...]) -> None:
        take()
        for branch in branches:
            session.branch(branch)

    dialog = BranchDialog(film, call, session.model_of(film.request), window)
    dialog.chosen.connect(queue)
    dialog.open()
