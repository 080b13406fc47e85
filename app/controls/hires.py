"""The second pass at a larger size: how the picture is enlarged before, how much changes, and by which words."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from app.controls.folds import Fold
from app.controls.number import ShortNumberSpin
from app.controls.upscaler import about
from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from app.widgets.arrow_keys import ArrowKeys
from app.widgets.building import hbox, stretched, text_label, vbox
from app.widgets.field import GAP_PX, Field, combo_box, describe
from core.language.words import tr
from core.request.hires import FIRST, LANCZOS, LATENT_MODES
from core.request.request import LARGEST_GUIDANCE_SCALE, STEPS, GenerationRequest
from core.request.samplers import SAMPLERS
from core.request.settings.hires import SCALES

LEAST_GUIDANCE = 0.5
"""Stands for the guidance of the first pass; all up to 1 is off."""

HIRES_FOLD = Fold(
    tr("Hires fix"),
    tr("A second pass at a larger size, for more detail"),
    lambda session: session.draft.hires is not None,
)


class HiresControl(QWidget):
    """Rows of factor, strength and steps; upscaler and sampler; prompt; negative prompt and guidance."""

    def __init__(self, session: Session, selection: UpscalerSelection) -> None:
        super().__init__()
        self._session = session
        self._selection = selection
        self.scale = ShortNumberSpin(
            minimum=SCALES[0], maximum=SCALES[1], decimals=2, singleStep=0.25, prefix="× "
        )
        describe(
            self.scale,
            "hiresScaleSpin",
            tr("Hires fix: enlarge by"),
            tr(
                "Hires fix: the finished picture is enlarged and refined in a second pass.\n"
                "By how much its width and height grow."
            ),
        )
        self.strength = ShortNumberSpin(minimum=0.05, maximum=1.0, decimals=2, singleStep=0.05)
        describe(
            self.strength,
            "hiresStrengthSpin",
            tr("Hires fix: strength"),
            tr(
                "Strength: how much the second pass changes the enlarged picture.\n"
                "Latents that are enlarged stay soft below about 0.5; a picture keeps its layout at 0.3 to 0.5."
            ),
        )
        self.steps = QSpinBox(minimum=0, maximum=STEPS[-1])
        self.steps.setSpecialValueText(tr("As before"))
        describe(
            self.steps,
            "hiresStepsSpin",
            tr("Hires fix: steps"),
            tr("Steps of the second pass. At the lowest value as many as in the first."),
        )
        self.upscalers = combo_box(
            (),
            "hiresUpscalerCombo",
            tr("Hires fix: upscaler"),
            tr(
                "How the picture is enlarged before the second pass: the latent as it is,\n"
                "or the decoded picture, by Lanczos or an upscaler of yours."
            ),
        )
        self.samplers = combo_box(
            (), "hiresSamplerCombo", tr("Hires fix: sampler"), tr("Sampler of the second pass.")
        )
        self.prompt = _line(
            "hiresPromptEdit",
            tr("Hires fix: prompt"),
            tr("The picture in words for the second pass. Empty: the prompt of the first."),
        )
        self.negative = _line(
            "hiresNegativePromptEdit",
            tr("Hires fix: negative prompt"),
            tr("What the second pass moves away from. Empty: as in the first."),
        )
        self.guidance = ShortNumberSpin(
            minimum=LEAST_GUIDANCE, maximum=LARGEST_GUIDANCE_SCALE, decimals=2, singleStep=0.5
        )
        self.guidance.setSpecialValueText(tr("As before"))
        describe(
            self.guidance,
            "hiresGuidanceSpin",
            tr("Hires fix: guidance"),
            tr("Guidance scale of the second pass. At the lowest value that of the first; off at 1."),
        )
        for combo in (self.upscalers, self.samplers):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        numbers = _row((tr("Enlarge by"), self.scale), (tr("Strength"), self.strength), (tr("Steps"), self.steps))
        lists = _row((tr("Upscaler"), self.upscalers), (tr("Sampler"), self.samplers))
        words = _row((tr("Prompt"), self.prompt))
        others = _row((tr("Negative prompt"), self.negative), (tr("Guidance"), self.guidance))
        rows = vbox(numbers, lists, words, others, spacing=GAP_PX)
        self._labelled = Field(tr("Hires fix (&quality pass)"), self.scale, rows)
        vbox(self._labelled, on=self)
        ArrowKeys(self, (self.upscalers, self.samplers))
        self.scale.valueChanged.connect(self._on_scale_changed)
        for line in (self.prompt, self.negative):
            line.textEdited.connect(self._on_edited)
        for spin in (self.strength, self.steps, self.guidance):
            spin.valueChanged.connect(self._on_edited)
        for combo in (self.upscalers, self.samplers):
            combo.activated.connect(self._on_edited)
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._show)
        selection.changed.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        self._selection.look()
        super().showEvent(event)

    @Slot()
    def _on_scale_changed(self) -> None:
        before = self._session.draft.hires or FIRST
        self._session.edit(hires=replace(before, scale=self.scale.value(), size=None))

    @Slot()
    def _on_edited(self) -> None:
        before = self._session.draft.hires or FIRST
        upscaler = self.upscalers.currentData()
        hires = replace(
            before,
            strength=self.strength.value(),
            steps=self.steps.value(),
            upscaler=upscaler,
            sampler=self.samplers.currentData(),
            sha256=before.sha256 if upscaler == before.upscaler else "",
            prompt=self.prompt.text(),
            negative_prompt=self.negative.text(),
            guidance_scale=self.guidance.value() if self.guidance.value() > LEAST_GUIDANCE else None,
        )
        self._session.edit(hires=hires)

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        hires, limits = draft.hires or FIRST, self._session.draft_editor.limits
        target = hires.target(draft.size, limits.size_step)
        values = (
            (self.scale, hires.scale if hires.size is None else target.width / draft.size.width),
            (self.strength, hires.strength),
            (self.steps, hires.steps),
            (self.guidance, LEAST_GUIDANCE if hires.guidance_scale is None else max(hires.guidance_scale, 1.0)),
        )
        for spin, value in values:
            with QSignalBlocker(spin):
                spin.setValue(value)  # pyright: ignore[reportArgumentType] - steps are whole
        for line, text in ((self.prompt, hires.prompt), (self.negative, hires.negative_prompt)):
            if line.text() != text:
                line.setText(text)
        self._fill(self.upscalers, [(name, name, "") for name in (*LATENT_MODES, LANCZOS)], hires.upscaler)
        samplers = [("", tr("As before"), "")]
        samplers += [(key, SAMPLERS[key].name, SAMPLERS[key].about) for key in limits.samplers]
        self._fill(self.samplers, samplers, hires.sampler)
        self._labelled.note.setText(_reason(draft) or f"→ {target.words}")

    def _fill(self, combo: QComboBox, rows: list[tuple[str, str, str]], chosen: str) -> None:
        """Shows rows of value, words and tooltip; behind the ways to enlarge stand the upscalers that are here."""
        if combo is self.upscalers:
            rows += [(file.name, file.name, about(file)) for file in self._selection.files]
        if chosen not in {value for value, _, _ in rows}:
            is_lost = combo is self.samplers or bool(self._selection.files)
            rows.append((chosen, tr("{value} (not found)", value=chosen) if is_lost else chosen, ""))
        if rows != [
            (combo.itemData(row), combo.itemText(row), combo.itemData(row, _TIP) or "")
            for row in range(combo.count())
        ]:
            combo.clear()
            for value, words, tip in rows:
                combo.addItem(words, value)
                combo.setItemData(combo.count() - 1, tip, _TIP)
        combo.setCurrentIndex(combo.findData(chosen))


def _line(name: str, title: str, about: str) -> QLineEdit:
    line = QLineEdit()
    line.setPlaceholderText(tr("As before"))
    describe(line, name, title, about)
    return line


_TIP = Qt.ItemDataRole.ToolTipRole


def _row(*captioned: tuple[str, QWidget]) -> QHBoxLayout:
    """Returns widgets side by side, each below its caption."""
    columns = (vbox(text_label(words, role="caption"), widget, spacing=0) for words, widget in captioned)
    return hbox(*map(stretched, columns), spacing=GAP_PX)


def _reason(draft: GenerationRequest) -> str:
    """Returns why the draft cannot have a second pass, "" if it can."""
    if draft.hires is None:
        return ""
    if draft.source is not None:
        return tr("not with an image to start from")
    return tr("not with pictures to edit") if draft.references else ""
