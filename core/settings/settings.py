"""The user's choices, kept between starts: versioned JSON that survives damage and other versions.

A value that cannot be used costs only itself: it is replaced by its default and logged. Keys that this version
does not know are kept. The file is written atomically and twice, so that a damaged one loses nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from core.files.atomic import DISK, FileSystem, words_of, write_file
from core.models.acceleration import Acceleration
from core.models.memory_plan import Placement
from core.paths import Folders
from core.pictures.saving import DEFAULT_RULES, SavingRules, rules_from_json, rules_to_json
from core.request.request import GenerationRequest
from core.runs.events import PreviewMode
from core.settings import kinds
from core.settings.computers import Computer, computers_from_json, computers_to_json
from core.settings.engine_place import EnginePlace, PlaceKind, each_once, places_from_json, places_to_json
from core.settings.kinds import Kind, choice_of
from core.settings.look import COPY_NAME, FILE_NAME, Theme

log = logging.getLogger(__name__)

FORMAT = 1
DAMAGED_NAME = "settings.damaged.json"


class FilmPolicy(Enum):
    """The choice whether films are saved beside pictures."""

    always = auto()
    ask = auto()
    never = auto()


RECENT_PICTURES = (20, 60, 120, 240)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, changed by `dataclasses.replace`.

    Attributes:
        pictures: folder for finished pictures.
        model_folders: where models are looked for, beside the one that ships with the program.
        embedding_places, lora_places, autoencoder_places: such files and folders elsewhere than around models.
        autoencoders: by the key of a model the name of the autoencoder to be used in the place of its own.
        model_traits, model_parts: what the user chose for models, see `core.models.folders.Places`.
        device, dtype: what the user insists on (``"cuda"``, ``"float32"``), or None for the best there is.
        acceleration: of the network's calls.
        own_processes: the choices of ``device``, "" for None, with which the engine has a process of its own.
        computers: others that ssh reaches.
        more_places: where engines make pictures beside the one on ``device``, see `places`.
        memory: how models are placed in the device's memory, or None for what is planned for each.
        tiled_decode: pictures are always decoded in tiles; otherwise only where memory is short.
        keeps_encodings: what large text encoders made of prompts is kept on the disk.
        language: of the window, "" for the system's.
        draft: what was last typed and chosen, or None before the first time.
        interface_scale: of the window, in percent; takes effect at the next start.
        recent_pictures: how many the page *Create* shows at the next start.
        confirms_quit: asks before the program is closed while something runs or waits.
        model_defaults: by the key of a model the user's own defaults for it, see `core.models.own_defaults`.
        presets: by the key of a model and a name, settings with their prompt.
        saving: format and names of finished pictures. strips_recipe: copies saved or copied elsewhere carry none.
        editor: the program that opens pictures beside this one, "" for the system's own.
        dialog_folders: the folder that each kind of file dialog was last in, by its title.
        film_views: the views of a film that are open: none, one or four.
        film_export: how the last film was exported, as text.
        explained_views: the views of a film whose explanation was shown once.
        gallery_layout: sizes and order of the gallery, as text.
        shortcuts: the user's own keys by the name of the command, as Qt writes them in English; () for none.
        tell_when_done: a notice of the desktop when a long run ends while the window is not in front.
        update_address: where "Check for updates" looks, "" for the program's own place.
        hub_endpoint, hub_proxy: for downloads, "" for what the environment says.
        window_geometry, window_state: as Qt saves them, in base64.
        unknown: keys of other versions, written back as they came.
    """

    pictures: Path
    model_folders: tuple[Path, ...]
    lora_places: tuple[Path, ...] = ()
    embedding_places: tuple[Path, ...] = ()
    autoencoders: Mapping[str, str] = field(default_factory=dict[str, str])
    autoencoder_places: tuple[Path, ...] = ()
    model_traits: Mapping[str, str] = field(default_factory=dict[str, str])
    model_parts: Mapping[str, str] = field(default_factory=dict[str, str])
    device: str | None = None
    dtype: str | None = None
    acceleration: Acceleration = Acceleration.automatic
    own_processes: tuple[str, ...] = ()
    more_places: tuple[EnginePlace, ...] = ()
    computers: tuple[Computer, ...] = ()
    memory: Placement | None = None
    tiled_decode: bool = False
    keeps_encodings: bool = True
    theme: Theme = Theme.system
    language: str = ""
    interface_scale: int = 100
    recent_pictures: int = RECENT_PICTURES[1]
    confirms_quit: bool = True
    previews: PreviewMode = PreviewMode.automatic
    keep_films: FilmPolicy = FilmPolicy.always
    draft: GenerationRequest | None = None
    model_defaults: Mapping[str, GenerationRequest] = field(default_factory=dict[str, GenerationRequest])
    presets: Mapping[str, Mapping[str, GenerationRequest]] = field(
        default_factory=dict[str, Mapping[str, GenerationRequest]]
    )
    saving: SavingRules = DEFAULT_RULES
    strips_recipe: bool = False
    editor: str = ""
    dialog_folders: Mapping[str, str] = field(default_factory=dict[str, str])
    film_views: tuple[str, ...] = ()
    film_export: str = ""
    explained_views: tuple[str, ...] = ()
    gallery_layout: str = ""
    shortcuts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    tell_when_done: bool = True
    update_address: str = ""
    hub_endpoint: str = ""
    hub_proxy: str = ""
    window_geometry: str = ""
    window_state: str = ""
    unknown: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def has_own_process(self) -> bool:
        """Returns True if the engine has a process of its own, on the chosen device."""
        return (self.device or "") in self.own_processes

    @property
    def places(self) -> tuple[EnginePlace, ...]:
        """Returns all places in which pictures are made; the window follows the first one."""
        kind = PlaceKind.process if self.has_own_process else PlaceKind.here
        return each_once((EnginePlace(kind, self.device), *self.more_places))

    @classmethod
    def default(cls, folders: Folders) -> Settings:
        return cls(pictures=folders.pictures, model_folders=(folders.models,))


def settings_from_json(content: Mapping[str, Any], defaults: Settings) -> Settings:
    """Takes each value that can be used; the others stay as in ``defaults``, which is logged."""
    settings = defaults
    for name, kind in _KINDS.items():
        if name in content:
            try:
                settings = replace(settings, **{name: kind.read(content[name])})
            except (ValueError, TypeError, KeyError) as error:
                log.warning("the setting %s cannot be used and gets its default: %s", name, error)
    return replace(settings, unknown={key: value for key, value in content.items() if key not in _KINDS})


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Returns all settings, with the version of the format."""
    content = {"format": FORMAT, **settings.unknown}
    return content | {name: kind.write(getattr(settings, name)) for name, kind in _KINDS.items()}


def load_settings(folders: Folders) -> Settings:
    """Reads the settings; what is missing, damaged or of the wrong kind is replaced by its default and logged.

    A damaged file is put aside as ``settings.damaged.json`` and the copy is read instead.
    """
    path = folders.config / FILE_NAME
    content = _read_object(path)
    if content is None:
        _put_aside(path)
        content = _read_object(folders.config / COPY_NAME) or {}
    return settings_from_json(content, Settings.default(folders))


def save_settings(settings: Settings, folders: Folders, disk: FileSystem = DISK) -> None:
    """Writes the settings and their copy. Raises SaveFailed; the file from before stays whole then."""
    text = (json.dumps(settings_to_json(settings), indent=2) + "\n").encode()
    write_file(folders.config / FILE_NAME, text, disk)
    write_file(folders.config / COPY_NAME, text, disk)


_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "pictures": kinds.FOLDER,
        "model_folders": kinds.FOLDERS,
        "lora_places": kinds.FOLDERS,
        "embedding_places": kinds.FOLDERS,
        "autoencoders": kinds.NAMES,
        "autoencoder_places": kinds.FOLDERS,
        "model_traits": kinds.NAMES,
        "model_parts": kinds.NAMES,
        "device": kinds.TEXT_OR_NONE,
        "dtype": kinds.TEXT_OR_NONE,
        "acceleration": choice_of(Acceleration),
        "own_processes": kinds.TEXTS,
        "computers": Kind(computers_from_json, computers_to_json),
        "more_places": Kind(places_from_json, places_to_json),
        "memory": Kind(
            lambda value: None if value is None else Placement[value],
            lambda placement: None if placement is None else placement.name,
        ),
        "tiled_decode": kinds.SWITCH,
        "keeps_encodings": kinds.SWITCH,
        "theme": choice_of(Theme),
        "language": kinds.TEXT,
        "interface_scale": kinds.PERCENT,
        "recent_pictures": kinds.one_of(RECENT_PICTURES),
        "confirms_quit": kinds.SWITCH,
        "previews": choice_of(PreviewMode),
        "keep_films": choice_of(FilmPolicy),
        "draft": kinds.REQUEST,
        "model_defaults": kinds.REQUESTS,
        "presets": kinds.REQUESTS_OF_MODELS,
        "saving": Kind(rules_from_json, rules_to_json),
        "strips_recipe": kinds.SWITCH,
        "editor": kinds.TEXT,
        "dialog_folders": kinds.NAMES,
        "film_views": kinds.TEXTS,
        "film_export": kinds.TEXT,
        "explained_views": kinds.TEXTS,
        "gallery_layout": kinds.TEXT,
        "shortcuts": kinds.KEYS,
        "tell_when_done": kinds.SWITCH,
        "update_address": kinds.TEXT,
        "hub_endpoint": kinds.TEXT,
        "hub_proxy": kinds.TEXT,
        "window_geometry": kinds.TEXT,
        "window_state": kinds.TEXT,
    }
)


def _read_object(path: Path) -> dict[str, Any] | None:
    """Returns the JSON object in a file, {} when there is no file, None when it is damaged or cannot be read."""
    try:
        content = json.loads(path.read_bytes())
        if isinstance(content, dict):
            return cast("dict[str, Any]", content)
    except FileNotFoundError:
        return {}
    except OSError as error:
        log.warning("the settings in %s cannot be read: %s", path, words_of(error))
        return None
    except (ValueError, RecursionError) as error:
        log.warning("the settings in %s are damaged: %s", path, error)
        return None
    log.warning("the settings in %s are damaged: they are no object", path)
    return None


def _put_aside(path: Path) -> None:
    try:
        path.replace(path.with_name(DAMAGED_NAME))
    except OSError as error:
        log.warning("%s cannot be put aside: %s", path, words_of(error))
