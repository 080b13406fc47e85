"""Presets of the draft's model, which are settings with their prompt, and the user's own defaults for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from core.models.own_defaults import kept
from core.request.request import GenerationRequest
from core.request.setting import DEFAULT

OF_RUN = frozenset({"seed", "count", "source"})
"""Settings that a preset leaves as they are."""


class PresetStore(Protocol):
    """Stores presets and defaults between two starts; models are named by their key."""

    def presets_of(self, model: str) -> Mapping[str, GenerationRequest]: ...

    def keep_presets(self, model: str, presets: Mapping[str, GenerationRequest]) -> None: ...

    def own_defaults(self, model: str) -> GenerationRequest | None:
        """Returns None where the maker's defaults hold."""
        ...

    def keep_defaults(self, model: str, defaults: GenerationRequest | None) -> None: ...


class Presets(QObject):
    """Part of the draft editor.

    Signals:
        changed: there are others.
    """

    changed = Signal()

    def __init__(self, store: PresetStore, draft: Callable[[], GenerationRequest], parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._draft = draft

    @property
    def of_model(self) -> Mapping[str, GenerationRequest]:
        """Returns those of the draft's model, by name."""
        return self._store.presets_of(self._draft().model)

    @property
    def has_own_defaults(self) -> bool:
        return self._store.own_defaults(self._draft().model) is not None

    def keep(self, name: str) -> None:
        """Keeps the draft under a name, in the place of an older preset of that name."""
        request = replace(self._draft(), **{setting: getattr(DEFAULT, setting) for setting in OF_RUN})
        self._change({**self.of_model, name: request})

    def remove(self, name: str) -> None:
        self._change({other: request for other, request in self.of_model.items() if other != name})

    def keep_defaults(self, *, are_own: bool) -> None:
        """Makes the draft's settings the model's defaults, or lets its maker's hold again."""
        draft = self._draft()
        self._store.keep_defaults(draft.model, kept(draft) if are_own else None)
        self.changed.emit()

    def _change(self, presets: Mapping[str, GenerationRequest]) -> None:
        self._store.keep_presets(self._draft().model, presets)
        self.changed.emit()
