"""The models that other computers have told of, kept between starts, and listed beside those that are here."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from core.errors import SaveFailed, WireBroken
from core.files.atomic import write_file
from core.models.catalogue import Catalogue, FoundModels, Model
from core.models.elsewhere import lacking, only_elsewhere
from core.settings.computers import Computer

log = logging.getLogger(__name__)

FILE_NAME = "computers.json"
_MOST_BYTES = 2**26


class ToldModels:
    """May be asked from several threads."""

    def __init__(self, file: Path, computers: Callable[[], Sequence[Computer]]) -> None:
        """Reads ``file`` when there are computers."""
        self._file, self._computers = file, computers
        self._told: Mapping[str, tuple[Model, ...]] | None = None
        self._lock = threading.Lock()

    @property
    def told(self) -> Mapping[str, tuple[Model, ...]]:
        """Returns the models by the addresses of the computers that are known now."""
        if not (known := {computer.address for computer in self._computers()}):
            return {}
        if self._told is None:
            self._told = _read(self._file)
        return {address: models for address, models in self._told.items() if address in known}

    def take(self, address: str, models: tuple[Model, ...]) -> bool:
        """Keeps the models of a computer that were told now. Returns True if they are others than before."""
        with self._lock:  # each engine's thread tells of its own computer
            told = self.told
            if told.get(address) == models:
                return False
            self._told = {**told, address: models}
            _write(self._file, self._told)
        return True


class ModelsEverywhere:
    """A `app.session.draft_editor.ModelSource` of the models here and on other computers."""

    def __init__(self, catalogue: Catalogue, told_models: ToldModels) -> None:
        self._catalogue, self._told_models = catalogue, told_models

    def find_all(self) -> FoundModels:
        return self._with_told(self._catalogue.find_all())

    def remembered(self) -> tuple[FoundModels, bool]:
        found, has_more = self._catalogue.remembered()
        return self._with_told(found), has_more

    def _with_told(self, found: FoundModels) -> FoundModels:
        if not (told := self._told_models.told):
            return found
        here = [replace(model, sha256=self._catalogue.sha256_if_known(model)) for model in found.models]
        return replace(found, elsewhere=only_elsewhere(told, here), lacking=lacking(told, here))


def _read(file: Path) -> Mapping[str, tuple[Model, ...]]:
    """Returns what another start has kept; nothing of another version's, which the next test tells again."""
    from core.remote.codec import Decoder  # for those who have other computers
    from core.remote.frames import Message
    from core.remote.table import fingerprint

    try:
        with file.open("rb") as stream:
            content = cast("dict[str, Any]", json.loads(stream.read(_MOST_BYTES)))
        if content["table"] != fingerprint():
            return {}
        told = {
            address: Decoder().decode(Message(text.encode(), {})) for address, text in content["models"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, WireBroken) as error:
        log.info("the models of other computers are not known any more: %s", error)
        return {}
    return {address: tuple(one for one in models if isinstance(one, Model)) for address, models in told.items()}


def _write(file: Path, told: Mapping[str, tuple[Model, ...]]) -> None:
    from core.remote.codec import Encoder
    from core.remote.table import fingerprint

    texts = {address: Encoder().encode(models)[0].decode() for address, models in told.items()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_file(file, json.dumps({"table": fingerprint(), "models": texts}).encode())
    except (OSError, SaveFailed) as error:
        log.info("the models of other computers are not kept: %s", error)
