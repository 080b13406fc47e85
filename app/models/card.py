"""One model of the catalogue: what it is, whether it is here, what can be done with it, how its download goes."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.models.download_state import DownloadState, Stage
from app.models.fit import Level
from app.models.part_rows import PartFacts, PartRows
from app.models.verification import Check
from app.widgets.building import STRETCH, hbox, progress_bar, push_button, stretched, text_label, vbox
from app.widgets.field import set_tone
from core.downloads.failures import Fault
from core.families.variants import VARIANT
from core.language.words import plural, tr
from core.request.traits import trait_words

BUTTONS_PX, SAMPLE_PX = 152, 96
CARD_MARGIN_PX = 16
MOST_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class CardFacts:
    """The texts and actions of a card.

    Attributes:
        facts: family, size, download, memory, in one line.
        training: what it was trained for, and how that was found out; "" for what is not here.
        page: the model's page for people, or "".
        kind: ``"model"``, ``"lora"`` or ``"autoencoder"``. value: what the gallery calls it.
        place: its file or folder, None for what is not here.
        problem: why it is here and cannot be used, or "". is_away: its folder is not there now.
        undecided: variants of which one holds, about which the user is asked.
        parts: those that come from elsewhere than its own file, or are missing.
        removable: its file or folder, where it lies among the program's own models.
        can_verify: its files can be compared with what the hub listed; mended too where downloads go.
    """

    key: str
    name: str
    about: str
    facts: str = ""
    licence: str = ""
    page: str = ""
    fit: str = ""
    level: Level = Level.unknown
    is_installed: bool = False
    removable: Path | None = None
    can_verify: bool = False
    can_mend: bool = False
    problem: str = ""
    is_away: bool = False
    training: str = ""
    kind: str = "model"
    value: str = ""
    place: Path | None = None
    undecided: tuple[str, ...] = ()
    parts: tuple[PartFacts, ...] = ()


class ModelCard(QFrame):
    """Shows one model.

    Signals:
        asked: the key and what to do: ``"download"``, ``"parts"``, ``"use"``, ``"remove"``, ``"verify"``,
            ``"mend"``, ``"leave"``, ``"training"``, ``"pause"``, ``"resume"``, ``"cancel"``, ``"page"`` or
            ``"explain"``.
        variant_chosen: the model's key, and the variant that the user says it is.
        part_chosen: the model's place, one of its parts, and the file that the user chose for it.
    """

    asked = Signal(str, str)
    variant_chosen = Signal(str, str)
    part_chosen = Signal(str, str, str)

    def __init__(self, facts: CardFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts = facts
        self.setObjectName("modelCard")
        self.setProperty("role", "card")
        self.setAccessibleName(facts.name)
        name = _label(facts.name, "title")
        here = _label(_state(facts), "caption")
        head = hbox(name, here, STRETCH, spacing=12)
        words = vbox(head, spacing=4)
        for text in (facts.about, facts.facts, facts.training, facts.licence):
            if text:
                words.addWidget(_label(text, "" if text is facts.about else "hint", wraps=True))
        if verdict := facts.problem or facts.fit:
            label = _label(verdict, "hint", wraps=True)
            is_bad = bool(facts.problem) or facts.level is Level.will_not_fit
            set_tone(label, "error" if is_bad and not facts.is_away else "")
            words.addWidget(label)
        words.addStretch(1)
        self._sample = text_label(name="modelSample")
        self._sample.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._sample.hide()
        top = hbox(self._sample, stretched(words), self._buttons(), spacing=16)
        self._check = CheckRow(facts.name, can_mend=facts.can_mend)
        self._check.asked.connect(self._ask)
        self._parts = PartRows(facts.parts, facts.name)
        self._parts.chosen.connect(self._choose_part)
        self._parts.download_asked.connect(self._download_other)
        self._parts.all_asked.connect(partial(self._ask, "parts"))
        self._parts.setVisible(bool(facts.parts))
        vbox(
            top,
            *((self._question(),) if facts.undecided else ()),
            self._parts,
            self._progress_row(),
            self._check,
            on=self,
            margins=(CARD_MARGIN_PX, 12, CARD_MARGIN_PX, 12),
            spacing=8,
        )
        self.show_download(None)
        self.show_check(None)

    def _question(self) -> QWidget:
        """Asks for what the weights do not tell; the answer is kept by the file's hash."""
        row = QWidget()
        asked = _label(tr("Which one is it? Neither its weights nor its name show it."), "hint", wraps=True)
        buttons = (
            push_button(
                (words := trait_words(VARIANT, value))[0].upper() + words[1:],
                partial(self.variant_chosen.emit, self.facts.key, value),
                name=f"{value}VariantButton",
                tip=tr("Kept for this file, also under another name; “How it was trained…” changes it"),
            )
            for value in self.facts.undecided
        )
        hbox(stretched(asked), *buttons, on=row, spacing=8)
        return row

    def show_sample(self, image: QImage) -> None:
        """Shows a picture that was made with it."""
        side = QSize(SAMPLE_PX, SAMPLE_PX)
        small = image.scaled(side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        self._sample.setPixmap(QPixmap.fromImage(small))
        self._sample.setFixedWidth(SAMPLE_PX)
        self._sample.setAccessibleName(tr("A picture made with {name}", name=self.facts.name))
        self._sample.show()

    def show_download(self, state: DownloadState | None) -> None:
        """Shows the state of its download, None without one."""
        self._row.setVisible(state is not None)
        if state is not None and self.window().focusWidget() is self._download:
            self._pause.setFocus()  # not to the next button, which would open a page
        self._download.setVisible(state is None and bool(self.facts.page) and not self.facts.is_installed)
        if state is None:
            return
        self._bar.setValue(state.percent)
        self._words.setText(state.words())
        has_failed = state.stage is Stage.failed
        set_tone(self._words, "error" if has_failed else "")
        self._pause.setText(
            tr("Resume") if state.stage is Stage.paused else tr("Try again") if has_failed else tr("Pause")
        )
        self._pause_action = "resume" if state.stage in (Stage.paused, Stage.failed) else "pause"
        self._why.setVisible(state.asks_for_access)
        is_unknown = state.failure is not None and state.failure.fault is Fault.not_logged_in
        self._why.setText(tr("Log in…") if is_unknown else tr("What to do…"))
        self._cancel.setText(tr("Remove") if has_failed else tr("Cancel"))
        self._cancel.setVisible(not state.is_repair)

    def show_check(self, check: Check | None) -> None:
        """Shows the state of the check of its files, None without one."""
        self._check.setVisible(check is not None)
        if check is not None:
            self._check.show_check(check)

    def _buttons(self) -> QVBoxLayout:
        self._download = self._button(tr("Download…"), "download", "downloadModelButton")
        column = vbox(self._download, spacing=6)
        if self.facts.is_installed and (self.facts.kind == "model" or not self.facts.fit):
            column.addWidget(self._button(tr("Use"), "use", "useModelButton"))
        keeping = hbox(spacing=0)  # side by side: four buttons below each other would make the card too high
        if self.facts.can_verify:
            verify = self._button(tr("Verify"), "verify", "verifyModelButton", "quiet")
            verify.setToolTip(tr("Reads all files and compares them with what the hub listed"))
            keeping.addWidget(verify)
        if self.facts.removable is not None:
            keeping.addWidget(self._button(tr("Remove…"), "remove", "removeModelButton", "quiet"))
        column.addLayout(keeping)
        if self.facts.training:
            training = self._button(tr("How it was trained…"), "training", "modelTrainingButton", "quiet")
            training.setToolTip(tr("What Emulsion found out, and choices of your own where it is wrong"))
            (column if keeping.count() == MOST_IN_A_ROW else keeping).addWidget(training)
        if self.facts.page:
            column.addWidget(self._button(tr("Licence and page"), "page", "modelPageButton", "quiet"))
        column.addStretch(1)
        return column

    def _progress_row(self) -> QWidget:
        self._row = QWidget()
        self._bar = progress_bar(tr("Download of {name}", name=self.facts.name))
        self._words = _label("", "hint", wraps=True)
        self._words.setObjectName("downloadWords")
        self._pause_action = "pause"
        self._pause = push_button(tr("Pause"), lambda: self._ask(self._pause_action), name="pauseDownloadButton")
        self._pause.setAccessibleName(tr("Pause {name}", name=self.facts.name))
        self._why = self._button(tr("Log in…"), "explain", "explainDownloadButton")
        self._cancel = self._button(tr("Cancel"), "cancel", "cancelDownloadButton", "quiet")
        line = hbox(stretched(self._words), self._why, self._pause, self._cancel, spacing=8)
        vbox(self._bar, line, on=self._row, margins=(0, 4, 0, 0), spacing=8)
        return self._row

    def _button(self, text: str, action: str, object_name: str, kind: str = "") -> QPushButton:
        button = push_button(text, partial(self._ask, action), name=object_name, kind=kind)
        button.setMinimumWidth(BUTTONS_PX if action in ("download", "use", "page") else 0)
        button.setAccessibleName(f"{text} {self.facts.name}")
        return button

    def _ask(self, action: str) -> None:
        self.asked.emit(self.facts.key, action)

    def _download_other(self, key: str) -> None:
        self.asked.emit(key, "download")

    def _choose_part(self, part: str, path: str) -> None:
        self.part_chosen.emit(str(self.facts.place), part, path)


def _state(facts: CardFacts) -> str:
    if facts.is_away:
        return tr("Not connected")
    return tr("Cannot be used") if facts.problem else tr("Installed") if facts.is_installed else ""


def _label(text: str, role: str, *, wraps: bool = False) -> QLabel:
    label = text_label(text, role=role, is_plain=True, wraps=wraps)
    label.setMinimumWidth(1)
    return label


class CheckRow(QWidget):
    """Signals:
    asked: ``"mend"`` or ``"leave"``.
    """

    asked = Signal(str)

    def __init__(self, name: str, *, can_mend: bool) -> None:
        super().__init__()
        self._can_mend = can_mend
        self._bar = progress_bar(tr("Check of {name}", name=name))
        self._words = text_label(name="checkWords", is_plain=True, role="hint", wraps=True)
        self._words.setMinimumWidth(1)
        self._mend = push_button(
            tr("Fetch it again"),
            partial(self.asked.emit, "mend"),
            name="mendModelButton",
            tip=tr("Downloads only what is damaged; all other files stay"),
        )
        self._leave = push_button(
            tr("Cancel"), partial(self.asked.emit, "leave"), name="leaveCheckButton", kind="quiet"
        )
        line = hbox(stretched(self._words), self._mend, self._leave, spacing=8)
        vbox(self._bar, line, on=self, margins=(0, 4, 0, 0), spacing=8)

    def show_check(self, check: Check) -> None:
        self._bar.setVisible(not check.is_over)
        self._bar.setValue(check.percent)
        self._words.setText(check.words())
        set_tone(self._words, "error" if check.damaged else "")
        self._mend.setVisible(check.is_over and bool(check.damaged) and self._can_mend)
        self._mend.setText(plural("Fetch it again", "Fetch them again", len(check.damaged)))
        self._leave.setText(tr("Close") if check.is_over else tr("Cancel"))
