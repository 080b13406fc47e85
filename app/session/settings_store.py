"""The settings while the program runs: read at the start, written at each change."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.session.told_models import FILE_NAME as MODELS_FILE
from app.session.told_models import ToldModels
from core.errors import SaveFailed
from core.paths import Folders
from core.request.request import Autoencoder, GenerationRequest
from core.runs.recorder import FOLDER_NAME
from core.settings.look import FILE_NAME
from core.settings.settings import FilmPolicy, Settings, load_settings, save_settings

log = logging.getLogger(__name__)


class SettingsStore:
    """Holds the current settings; also the session's `DraftStore`.

    Attributes:
        settings: as they are now.
        folders: where they and everything else lie.
        is_first_start: there were no settings yet.
        told_models: those that other computers have, as they were told last.
    """

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.is_first_start = not (folders.config / FILE_NAME).exists()
        self.settings: Settings = load_settings(folders)
        self.told_models = ToldModels(folders.cache / MODELS_FILE, lambda: self.settings.computers)

    def change(self, **changes: Any) -> None:
        """Replaces fields by name and writes the file. Without a disk the changes hold until the end."""
        self.take(replace(self.settings, **changes))

    def take(self, changed: Settings) -> None:
        """Replaces all of them and writes the file."""
        if changed != self.settings:
            self.settings = changed
            try:
                save_settings(changed, self.folders)
            except SaveFailed as error:
                log.warning("the settings could not be saved: %s", error)

    def dialog_folder(self, title: str) -> str:
        """Returns the folder that a file dialog of this title was last in, "" before the first time."""
        return self.settings.dialog_folders.get(title, "")

    def keep_dialog_folder(self, title: str, folder: str) -> None:
        """Remembers it."""
        self.change(dialog_folders={**self.settings.dialog_folders, title: folder})

    def films_folder(self) -> Path | None:
        """Returns the folder for films of unfinished runs; None if films are not kept."""
        if self.settings.keep_films is FilmPolicy.never:
            return None
        return self.settings.pictures / FOLDER_NAME

    def load_draft(self) -> GenerationRequest | None:
        return self.settings.draft

    def save_draft(self, request: GenerationRequest) -> None:
        self.change(draft=request)

    def presets_of(self, model: str) -> Mapping[str, GenerationRequest]:
        return self.settings.presets.get(model, {})

    def keep_presets(self, model: str, presets: Mapping[str, GenerationRequest]) -> None:
        self.change(presets={**self.settings.presets, model: presets})

    def own_defaults(self, model: str) -> GenerationRequest | None:
        return self.settings.model_defaults.get(model)

    def keep_defaults(self, model: str, defaults: GenerationRequest | None) -> None:
        others = {key: own for key, own in self.settings.model_defaults.items() if key != model}
        self.change(model_defaults=others | ({} if defaults is None else {model: defaults}))

    def autoencoder_of(self, model: str) -> Autoencoder | None:
        name = self.settings.autoencoders.get(model)
        return Autoencoder(name) if name else None
