"""The parts of a model on its card: the file that each comes from, others that fit, and those that are missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from app.models.download_dialog import model_size_text
from app.widgets.building import STRETCH, hbox, push_button, text_label, vbox
from app.widgets.field import combo_box, set_tone
from app.widgets.file_dialogs import ask_file
from core.families import FAMILIES, part_name
from core.files.weights_header import SUFFIXES
from core.language.words import tr
from core.models.catalogue import RefusedModel
from core.models.downloadable import KnownModel, KnownPart, known_parts
from core.models.model import Model
from core.models.parts import Wanted

CHOICE_PX = 280


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One part.

    Attributes:
        part: its folder in a diffusers folder. needed: the kind that the network asks for.
        choices: name and place of all that fit; none for a missing part.
        is_optional: the model works without it. is_of_folder: it would lie in the model's folder, not elsewhere.
        place: the one in use.
        brings: what can be downloaded for it, by key and in words. is_alone: that is the part alone.
    """

    part: str
    needed: str
    choices: tuple[tuple[str, str], ...] = ()
    place: Path | None = None
    brings: tuple[str, str] | None = None
    is_alone: bool = False
    is_optional: bool = False
    is_of_folder: bool = False


def parts_of(model: Model) -> tuple[PartFacts, ...]:
    """Returns the parts that come from elsewhere than the model's own file, and those that it works without."""
    parts, family = model.parts, FAMILIES[model.family]
    elsewhere = (
        PartFacts(
            part,
            parts.needed[part],
            tuple((_named(one), str(one)) for one in places),
            parts.places.get(part),
            is_optional=not places,
        )
        for part, places in parts.choices.items()
    )
    absent = (
        PartFacts(part, Wanted(family, part, None).name, is_optional=True, is_of_folder=True)
        for part in model.without
        if part not in parts.choices
    )
    return (*elsewhere, *absent)


def missing_in(refused: RefusedModel, brings: KnownModel | None) -> tuple[PartFacts, ...]:
    """Returns the parts for which nothing was found, and where they can be had: alone, or else with a model."""
    found: list[PartFacts] = []
    for part, needed in refused.missing.items():
        alone = (one for one in known_parts().values() if _is_needed(one, refused.family, part, needed))
        source = next(alone, brings)
        facts = "" if source is None else ", ".join(filter(None, (model_size_text(source), source.licence)))
        told = None if source is None else (source.key, f"{source.name} ({facts})")
        found.append(PartFacts(part, needed, brings=told, is_alone=isinstance(source, KnownPart)))
    return tuple(found)


def _is_needed(one: KnownPart, family: str, part: str, needed: str) -> bool:
    return one.fits.get(family) == part and Wanted(FAMILIES[family], part, one.width).name == needed


def _named(place: Path) -> str:
    """Returns a file's name, or that of the model that lends its part."""
    return tr("{model} (installed)", model=place.parent.name) if place.is_dir() else place.name


class PartRows(QWidget):
    """Shows a row for each part.

    Signals:
        chosen: a part and the path of its file.
        download_asked: the key of what can be downloaded for a missing one.
        all_asked: all parts that are missing are to be downloaded.
    """

    chosen = Signal(str, str)
    download_asked = Signal(str)
    all_asked = Signal()

    def __init__(self, parts: tuple[PartFacts, ...], model: str) -> None:
        super().__init__()
        self._combos: dict[str, QComboBox] = {}
        column = vbox(on=self, margins=0, spacing=4)
        for facts in parts:
            column.addWidget(self._row(facts, model))
        if sum(facts.is_alone for facts in parts) > 1:
            fetch = push_button(
                tr("Download all that is missing…"),
                self.all_asked,
                name="downloadPartsButton",
                tip=tr("The parts that no file here fits"),
            )
            column.addLayout(hbox(fetch, STRETCH))

    def _row(self, facts: PartFacts, model: str) -> QWidget:
        row = QWidget()
        name = part_name(facts.part)
        caption = text_label(f"{name[0].upper()}{name[1:]}", role="hint", is_plain=True)
        caption.setMinimumWidth(150)
        other = push_button(
            tr("Another file…") if facts.choices else tr("Choose its file…"),
            partial(self._ask, facts.part, name),
            name="choosePartButton",
            kind="quiet",
            tip=tr("From any folder; it stays there"),
        )
        other.setAccessibleName(tr("A file for the {part} of {model}", part=name, model=model))
        if not facts.choices:
            needed, optional = facts.needed, facts.is_optional
            told = (
                tr("works without: {needed}", needed=needed)
                if optional
                else tr("missing: {needed}", needed=needed)
            )
            lacks = text_label(told, role="hint", is_plain=True)
            lacks.setObjectName("missingPart")
            set_tone(lacks, "" if optional else "error")
            buttons = () if facts.is_of_folder else (other,)
            lane = hbox(caption, lacks, *buttons, on=row, margins=0, spacing=8)
            if facts.brings is not None:
                key, told = facts.brings
                fetch = push_button(
                    tr("Download {model}…", model=told),
                    partial(self.download_asked.emit, key),
                    name="downloadPartButton",
                    kind="quiet",
                    tip=tr("It is this part") if facts.is_alone else tr("It brings this part"),
                )
                lane.addWidget(fetch)
            lane.addStretch(1)
            return row
        combo = combo_box(
            facts.choices,
            "partChoice",
            tr("The {part} of {model}", part=name, model=model),
            tr("All files that fit: {needed}", needed=facts.needed),
        )
        combo.setCurrentIndex(combo.findData(str(facts.place)))
        combo.setMinimumWidth(CHOICE_PX)
        combo.activated.connect(partial(self._take, facts.part))
        self._combos[facts.part] = combo
        hbox(caption, combo, other, STRETCH, on=row, margins=0, spacing=8)
        return row

    def _take(self, part: str, _index: int) -> None:
        self.chosen.emit(part, self._combos[part].currentData())

    def _ask(self, part: str, name: str) -> None:
        filters = (tr("Files of weights ({endings})", endings=" ".join(f"*{ending}" for ending in SUFFIXES)),)
        ask_file(self, tr("Choose the {part}", part=name), lambda path: self.chosen.emit(part, str(path)), filters)
