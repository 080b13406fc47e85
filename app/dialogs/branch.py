"""Asks for the changes of a branch of a film from the chosen step on."""

import secrets
from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDoubleSpinBox, QPlainTextEdit, QSpinBox, QWidget

from app.widgets.building import dialog_buttons, form, named, text_label, vbox
from app.widgets.field import combo_box
from app.widgets.theme import indent_spin_boxes
from core.families import FAMILIES
from core.film.film import Film
from core.request.request import LARGEST_GUIDANCE_SCALE, STEPS
from core.request.samplers import SAMPLERS
from core.request.settings.seed import RANDOM_SEEDS
from core.runs.branch import Branch

PROMPT_HEIGHT_PX = 72
NEGATIVE_HEIGHT_PX = 48


class BranchDialog(QDialog):
    """Opens by `open`, without blocking.

    Signals:
        chosen: a `Branch`.
    """

    chosen = Signal(object)

    def __init__(self, film: Film, call: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._film = film
        self._call = self._first_call_of_step(call)
        self._unchanged = Branch(film, self._call, film.request)
        step, steps = self._unchanged.step, film.request.steps
        self.setObjectName("branchDialog")
        self.setWindowTitle(f"Branch from step {step + 1} of {steps}")
        words = text_label(
            f"The {step} steps before are taken over as they are; only the rest is computed. "
            "Early steps decide the layout, late ones the details.",
            wraps=True,
        )
        words.setMinimumWidth(420)
        self._prompt = self._text("branchPromptEdit", film.request.prompt, PROMPT_HEIGHT_PX)
        self._negative = self._text("branchNegativePromptEdit", film.request.negative_prompt, NEGATIVE_HEIGHT_PX)
        self._guidance = QDoubleSpinBox(minimum=0, maximum=LARGEST_GUIDANCE_SCALE, singleStep=0.5, decimals=2)
        self._guidance.setValue(film.request.guidance_scale)
        self._guidance.setObjectName("branchGuidanceSpin")
        family = FAMILIES.get(film.model.family)
        samplers = [(SAMPLERS[key].name, key) for key in (SAMPLERS if family is None else family.samplers)]
        self._sampler = combo_box(samplers, "branchSamplerCombo", "Sampler")
        self._sampler.setCurrentIndex(self._sampler.findData(film.request.sampler))
        self._remaining = named(QSpinBox(minimum=1, maximum=STEPS[-1]), "branchRemainingSpin")
        self._remaining.setValue(self._unchanged.steps_left)
        self._noise = QSpinBox(minimum=0, maximum=100, suffix=" %", singleStep=5)
        self._noise.setObjectName("branchNoiseSpin")
        self._noise.setToolTip("How much of the noise in the latent is replaced by new noise: gives variations.")
        rows = (
            ("&Prompt", self._prompt),
            ("&Negative prompt", self._negative),
            ("&Guidance scale", self._guidance),
            ("&Sampler", self._sampler),
            ("&Remaining steps", self._remaining),
            ("&Fresh noise", self._noise),
        )
        for label, field in rows:
            field.setAccessibleName(label.replace("&", ""))
        buttons, _ = dialog_buttons(self, "Branch", "branchButton", self._choose)
        vbox(words, form(*rows), buttons, on=self, margins=(24, 24, 24, 16), spacing=16)
        indent_spin_boxes(self)
        self.finished.connect(self.deleteLater)

    def _text(self, name: str, text: str, height_px: int) -> QPlainTextEdit:
        edit = named(QPlainTextEdit(text), name)
        edit.setTabChangesFocus(True)
        edit.setFixedHeight(height_px)
        return edit

    def _first_call_of_step(self, call: int) -> int:
        """Returns the step's first call: a sampler with two calls a step can only be left between steps."""
        return self._film.schedule.steps.index(self._film.schedule.steps[call])

    @Slot()
    def _choose(self) -> None:
        request = replace(
            self._film.request,
            prompt=self._prompt.toPlainText(),
            negative_prompt=self._negative.toPlainText(),
            guidance_scale=self._guidance.value(),
            sampler=self._sampler.currentData(),
        )
        remaining = self._remaining.value()
        branch = replace(
            self._unchanged,
            request=request,
            remaining_steps=None if remaining == self._unchanged.steps_left else remaining,
            fresh_noise=self._noise.value() / 100,
            noise_seed=secrets.randbelow(RANDOM_SEEDS),
        )
        self.accept()
        self.chosen.emit(branch)
