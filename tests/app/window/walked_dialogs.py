"""Every window, sheet and question that opens over the pages, for `tests.app.window.walk`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.controls.lora_menu import LoraMenu
from app.controls.presets import PresetDialog
from app.create.compare_menu import ChoosePictureDialog
from app.create.contact_sheet import ContactSheet
from app.dialogs.about import AboutDialog
from app.dialogs.branch import BranchDialog
from app.dialogs.enlarge import EnlargeDialog
from app.dialogs.export_film import ExportFilmDialog
from app.dialogs.machine import MachineDialog
from app.dialogs.unfinished import UnfinishedDialog
from app.film.export_choices import ExportChoices
from app.film.film_exporter import FilmExporter
from app.film.help_sheet import HelpSheet
from app.film.views import VIEWS
from app.gallery.export_dialog import ExportDialog
from app.gallery.file_mover import PatternDialog, RenameDialog
from app.gallery.filter_dialogs import PeriodDialog, SeedDialog
from app.models.access_dialog import AccessDialog
from app.models.download_dialog import DownloadDialog
from app.models.removal import ModelRemoval
from app.models.training import TrainingDialog
from app.recent.model import RecentPictures
from app.shortcuts.key_sheet import KeySheet
from core.downloads.failures import Failure, Fault
from core.film.film import Film
from core.film.stored import UnfinishedRun
from core.gallery.query import LibraryPicture, Query
from core.gallery.system_trash import SystemTrash
from core.models.downloadable import known_models
from core.request.request import GenerationRequest, Size
from core.upscalers.file import UpscalerFile
from core.upscalers.kind import UpscalerKind
from tests import synthetic_film
from tests.app.windows import Opened

NOW = datetime(2026, 11, 21, 12, 0)
PICTURE = LibraryPicture(
    id=1,
    path=Path("picture.png"),
    folder=Path(),
    size=Size(64, 64),
    size_bytes=1,
    created=NOW,
    prompt="a red house",
    negative_prompt="",
    steps=20,
    seed=7,
    program="Emulsion",
    run="run",
    parent_run="",
    is_branch=False,
    kept_step=0,
    is_sheet=False,
    enlarged=0.0,
    rating=0,
    is_favourite=False,
    note="",
    has_film=False,
    stamp=1,
    is_away=False,
    problem="",
)


def film() -> Film:
    return replace(synthetic_film.film(steps=6), request=GenerationRequest("a red house", steps=6, seed=7))


def export_film(opened: Opened) -> QWidget:
    session, window = opened.window.session, opened.window
    exporter = FilmExporter(session.engine_tasks, session.background, window)
    return ExportFilmDialog(film(), PICTURE.path, ExportChoices(), exporter, session.background, window)


def unfinished(opened: Opened) -> QWidget:
    runs = [UnfinishedRun(Path(f"{step}"), GenerationRequest("a red house"), step, NOW) for step in (3, 12)]
    return UnfinishedDialog(runs, (False, True), opened.window.session.engine_tasks, opened.window)


def quit_question(opened: Opened) -> QWidget:
    hold = opened.engine.holds[2] = threading.Event()
    opened.window.session.background.closing_begun.connect(hold.set)
    opened.window.session.edit(prompt="a red house", steps=20)
    opened.window.session.generate()
    opened.window.contents.quit_question.quit()
    return opened.child("quitBox")


def removal(opened: Opened) -> QWidget:
    ask = ModelRemoval(opened.window, SystemTrash(), opened.window.session.background)
    ask.ask("tiny", "Tiny", Path("tiny"))
    return opened.child("removeModelDialog")


def choose_early(opened: Opened) -> QWidget:
    sheet = opened.window.findChild(ContactSheet)
    assert sheet is not None
    opened.window.session.early_choice.take_back((film(),))
    return sheet


def compare(opened: Opened) -> QWidget:
    pictures = RecentPictures(opened.window.services.pictures)
    return ChoosePictureDialog(pictures, Path(), opened.window)


def enlarge(opened: Opened) -> QWidget:
    dialog = EnlargeDialog((Path("a.png"),), Size(128, 64), None, opened.window)
    files = (Path("mine.safetensors"), Path("mine-too.pth"))
    kinds = UpscalerKind("Compact", 4, 8, 2), None
    dialog.show_files(tuple(UpscalerFile(path, kind) for path, kind in zip(files, kinds, strict=True)))
    return dialog


DIALOGS: Mapping[str, Callable[[Opened], QWidget]] = {
    "about": lambda opened: AboutDialog(opened.window),
    "access": lambda opened: AccessDialog(
        Failure(Fault.licence_not_accepted, "tiny/tiny", host="hub.example", status=403), opened.window
    ),
    "branch": lambda opened: BranchDialog(film(), 2, None, opened.window),
    "choose early": choose_early,
    "compare": compare,
    "download": lambda opened: DownloadDialog(
        known_models()[0], "1 GB free on the disk.", "https://hub.example", opened.window
    ),
    "download another": lambda opened: DownloadDialog(None, "", "https://hub.example", opened.window),
    "enlarge": enlarge,
    "export film": export_film,
    "export pictures": lambda opened: ExportDialog(
        (1, 2), Path("index"), opened.window.session.background, opened.window
    ),
    "keys": lambda opened: KeySheet(opened.window.contents.keymap, lambda: None, opened.window),
    "LoRAs": lambda opened: LoraMenu(opened.window),
    "machine": lambda opened: MachineDialog(
        opened.window.session.device, opened.window.services.memory, opened.window
    ),
    "period": lambda opened: PeriodDialog(Query(), NOW.date(), NOW.date(), opened.window),
    "preset": lambda opened: PresetDialog(opened.window.session.draft_editor.presets, opened.window),
    "quit": quit_question,
    "removal": removal,
    "rename": lambda opened: RenameDialog(PICTURE, opened.window),
    "rename several": lambda opened: PatternDialog((1, 2), opened.window),
    "seeds": lambda opened: SeedDialog(Query(), opened.window),
    "training": lambda opened: TrainingDialog(opened.window.session.draft_editor.models[0], opened.window),
    "unfinished": unfinished,
    **{
        f"help of {name}": lambda opened, name=name, kind=kind: HelpSheet(name, kind, film(), opened.window)
        for name, kind in VIEWS.items()
    },
}
"""By name, as they are opened in the program."""
