"""The user's choices, kept between starts: versioned JSON that survives damage and other versions.

A value that cannot be used costs only itself: it is replaced by its default and logged. Keys that this version
does not know are kept. The file is written atomically and twice, so that a damaged one loses nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
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
from core.request.json_codec import request_from_json, request_to_json
from core.request.request import GenerationRequest
from core.runs.events import PreviewMode
from core.settings.look import COPY_NAME, FILE_NAME, Theme

log = logging.getLogger(__name__)

FORMAT = 1
DAMAGED_NAME = "settings.damaged.json"


class FilmPolicy(Enum):
    """The choice whether films are saved beside pictures."""

    always = auto()
    ask = auto()
    never = auto()


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
        memory: how models are placed in the device's memory, or None for what is planned for each.
        tiled_decode: pictures are always decoded in tiles; otherwise only where memory is short.
        draft: what was last typed and chosen, or None before the first time.
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
    memory: Placement | None = None
    tiled_decode: bool = False
    theme: Theme = Theme.system
    previews: PreviewMode = PreviewMode.automatic
    keep_films: FilmPolicy = FilmPolicy.always
    draft: GenerationRequest | None = None
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """A setting's conversion from JSON, raising ValueError, TypeError or KeyError, and to JSON."""

    read: Callable[[Any], object]
    write: Callable[[Any], object]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _folder(value: object) -> Path:
    path = Path(_text(value))
    if not path.is_absolute() or "\0" in str(path):
        raise ValueError(f"{value!r} is not the full path of a folder")
    return path


def _folders(value: object) -> tuple[Path, ...]:
    return tuple(_folder(text) for text in _texts(value))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list of texts")
    return tuple(_text(item) for item in cast("list[object]", value))


def request_from_settings(value: object) -> GenerationRequest | None:
    """Reads what `request_to_settings` made. Raises ValueError, TypeError or KeyError."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not a request")
    content = cast("dict[str, Any]", value)
    request = request_from_json(content)
    if request.source is not None:
        request = replace(request, source=replace(request.source, path=_text(content.get("source_path", ""))))
    names = _texts(content.get("lora_places", []))
    if len(names) == len(request.loras):
        loras = (replace(lora, name=name) for lora, name in zip(request.loras, names, strict=True))
        request = replace(request, loras=tuple(loras))
    if request.autoencoder is not None and (name := _text(content.get("autoencoder_place", ""))):
        request = replace(request, autoencoder=replace(request.autoencoder, name=name))
    return request


def request_to_settings(request: GenerationRequest | None) -> dict[str, Any] | None:
    """Returns the JSON of a request; unlike a recipe, the user's own settings know where its files lie."""
    if request is None:
        return None
    content = request_to_json(request)
    if request.source is not None:
        content["source_path"] = request.source.path
    if request.loras:
        content["lora_places"] = [lora.name for lora in request.loras]
    if request.autoencoder is not None:
        content["autoencoder_place"] = request.autoencoder.name
    return content


def _keys(value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} does not name keys")
    return {_text(name): _texts(keys) for name, keys in cast("dict[object, object]", value).items()}


def _names(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} does not name anything")
    return {_text(key): _text(name) for key, name in cast("dict[object, object]", value).items()}


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _choice(choices: type[Enum]) -> _Kind:
    return _Kind(lambda value: choices[_text(value)], lambda choice: choice.name)


_TEXT = _Kind(_text, str)
_TEXT_OR_NONE = _Kind(lambda value: None if value is None else _text(value), lambda value: value)
_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "pictures": _Kind(_folder, str),
        "model_folders": _Kind(_folders, lambda folders: [str(folder) for folder in folders]),
        "lora_places": _Kind(_folders, lambda places: [str(place) for place in places]),
        "embedding_places": _Kind(_folders, lambda places: [str(place) for place in places]),
        "autoencoders": _Kind(_names, dict),
        "autoencoder_places": _Kind(_folders, lambda places: [str(place) for place in places]),
        "model_traits": _Kind(_names, dict),
        "model_parts": _Kind(_names, dict),
        "device": _TEXT_OR_NONE,
        "dtype": _TEXT_OR_NONE,
        "acceleration": _choice(Acceleration),
        "memory": _Kind(
            lambda value: None if value is None else Placement[_text(value)],
            lambda placement: None if placement is None else placement.name,
        ),
        "tiled_decode": _Kind(_switch, bool),
        "theme": _choice(Theme),
        "previews": _choice(PreviewMode),
        "keep_films": _choice(FilmPolicy),
        "draft": _Kind(request_from_settings, request_to_settings),
        "saving": _Kind(rules_from_json, rules_to_json),
        "strips_recipe": _Kind(_switch, bool),
        "editor": _TEXT,
        "dialog_folders": _Kind(_names, dict),
        "film_views": _Kind(_texts, list),
        "film_export": _TEXT,
        "explained_views": _Kind(_texts, list),
        "gallery_layout": _TEXT,
        "shortcuts": _Kind(_keys, lambda keys: {name: list(texts) for name, texts in keys.items()}),
        "tell_when_done": _Kind(_switch, bool),
        "update_address": _TEXT,
        "hub_endpoint": _TEXT,
        "hub_proxy": _TEXT,
        "window_geometry": _TEXT,
        "window_state": _TEXT,
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
