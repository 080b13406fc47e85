"""All that the window shows and works with, ready before the window is made."""

from __future__ import annotations

from dataclasses import dataclass

from app.grid.grids import Grids
from app.models.importing import ModelImport
from app.models.lora_import import LoraImport
from app.models.part_choices import PartChoices
from app.models.training import TrainingChoices
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.control_selection import ControlSelection
from app.session.mask_selection import MaskSelection
from app.session.memory import MemoryService
from app.session.picture_loader import PictureLoader
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.session.upscaler_selection import UpscalerSelection
from app.widgets.theme import Appearance
from core.models.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Services:
    """Made once, by `Services.over`. The session's end is theirs, too."""

    session: Session
    settings_store: SettingsStore
    appearance: Appearance
    memory: MemoryService
    autoencoders: AutoencoderSelection
    model_import: ModelImport
    lora_import: LoraImport
    pictures: PictureLoader
    training: TrainingChoices
    parts: PartChoices
    grids: Grids
    upscalers: UpscalerSelection
    masks: MaskSelection
    controls: ControlSelection

    @classmethod
    def over(
        cls, session: Session, settings_store: SettingsStore, appearance: Appearance, catalogue: Catalogue
    ) -> Services:
        autoencoders = AutoencoderSelection(catalogue, settings_store, session)
        controls = ControlSelection(catalogue, session, settings_store.folders.pasted)
        model_import = ModelImport(catalogue, settings_store, session)
        return cls(
            session,
            settings_store,
            appearance,
            MemoryService(session, settings_store, controls),
            autoencoders,
            model_import,
            LoraImport(catalogue, settings_store, session, autoencoders.add, model_import.add),
            PictureLoader(session.background, session),
            TrainingChoices(catalogue, settings_store, session),
            PartChoices(catalogue, settings_store, session),
            Grids(session, settings_store, catalogue),
            UpscalerSelection(catalogue, session),
            MaskSelection(session, settings_store.folders.pasted),
            controls,
        )
