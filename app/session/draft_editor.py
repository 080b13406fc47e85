"""Composing a request: the draft with its signals, the models to choose from, and its life between two starts."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.session.background import BackgroundTasks
from app.session.draft import Draft, differing_fields, fitted, with_defaults
from app.session.draft_files import DraftFiles
from app.session.presets import Presets, PresetStore
from core.models.catalogue import FoundModels, Model, RefusedModel
from core.models.own_defaults import defaults_of
from core.prompt.drawing import has_template
from core.prompt.unread import weighs_otherwise
from core.request.json_values import without_ending
from core.request.request import Autoencoder, GenerationRequest, Limits
from core.request.traits import outside
from core.runs.needed import needed_by
from core.runs.operations import Operation
from core.settings.engine_place import EnginePlace

SAVE_AFTER_MS = 1000


class DraftStore(PresetStore, Protocol):
    """Stores the draft between two starts."""

    def load_draft(self) -> GenerationRequest | None: ...

    def save_draft(self, request: GenerationRequest) -> None: ...

    def autoencoder_of(self, model: str) -> Autoencoder | None:
        """Returns the user's choice for a model, None for its own autoencoder."""
        ...


class ModelSource(Protocol):
    """Lists the models; `core.models.catalogue.Catalogue` does."""

    def find_all(self) -> FoundModels:
        """Reads files that are new; this may take a while."""
        ...

    def remembered(self) -> tuple[FoundModels, bool]:
        """Returns the models that need no reading, and True when there are files that do."""
        ...


Untold = frozenset[str]
"""Names of settings."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of using a picture's settings.

    Attributes:
        differing: names of the fields that had to differ.
        missing_loras: names of the LoRAs that are not on this computer.
        untold: names of the settings that the picture does not tell; the draft keeps its own.
        weighed_by: the program that made the picture, if weights in its prompts mean something else there.
    """

    differing: tuple[str, ...] = ()
    missing_loras: tuple[str, ...] = ()
    untold: frozenset[str] = frozenset()
    weighed_by: str = ""


class DraftEditor(QObject):
    """The draft and the models.

    Attributes:
        presets: of the draft's model. files: those of the draft that are being written.

    Signals:
        completing: the draft is about to be used; whoever has a change that is not in it yet edits it now.
        edited: the new draft, a `GenerationRequest`.
        undo_changed: ``can_undo`` or ``can_redo`` may have changed.
        models_changed: ``models``, ``refused_models`` or ``elsewhere`` has changed.
    """

    completing = Signal()
    edited = Signal(object)
    undo_changed = Signal()
    models_changed = Signal()

    def __init__(
        self, catalogue: ModelSource, store: DraftStore, background: BackgroundTasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._catalogue = catalogue
        self._store = store
        self._tasks = background.queue(self, "models")
        self._found = self._find_models()
        self._draft = Draft(self._first_draft())
        self.files = DraftFiles(background, self)
        self.presets = Presets(store, lambda: self.draft, self)
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._save_timer.timeout.connect(self.save)

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns all that can be loaded, best first."""
        return self._found.models

    @property
    def refused_models(self) -> tuple[RefusedModel, ...]:
        """Returns the files in the model folders that cannot be used."""
        return self._found.refused

    @property
    def elsewhere(self) -> tuple[Model, ...]:
        """Returns the models that only other computers have."""
        return self._found.elsewhere

    def computers_with(self, request: GenerationRequest | None) -> tuple[str, ...]:
        """Returns the addresses of those computers that alone have the model; () where it is here."""
        model = self.model_of(request) if request is not None else None
        return model.computers if model is not None else ()

    def can_make(self, place: EnginePlace, operation: Operation[Any]) -> bool:
        """Returns whether the model of an operation is in a place, as far as is known."""
        request = needed_by(operation)
        if request is None or (model := self.model_of(request)) is None:
            return True
        if model.computers:
            return place.address in model.computers
        return model.key not in self._found.lacking.get(place.address, ())

    @property
    def draft(self) -> GenerationRequest:
        return self._draft.request

    @property
    def can_undo(self) -> bool:
        return self._draft.can_undo

    @property
    def undo_depth(self) -> int:
        """Returns how many steps can be taken back."""
        return self._draft.undo_depth

    @property
    def can_redo(self) -> bool:
        return self._draft.can_redo

    @property
    def limits(self) -> Limits:
        """Returns the sizes that the draft's model can work with, any beside reference pictures."""
        model = self.model_of(self.draft)
        limits = model.limits if model is not None else Limits()
        return limits.with_references(self.draft.references)

    def model_of(self, request: GenerationRequest) -> Model | None:
        """Returns the model that a request asks for, None if it is neither here nor elsewhere."""
        return self._model(request.model)

    def edit(self, **changes: Any) -> None:
        """Changes fields by name. Another model brings its own defaults for what is not given."""
        model = self._model(changes.get("model"))
        for prompt, template in (("prompt", "template"), ("negative_prompt", "negative_template")):
            if prompt in changes:
                changes.setdefault(template, "")  # what is typed has not been drawn from it
        if model is not None and model.key != self.draft.model:
            own = with_defaults(model, self._defaults_of(model), changes)
            changes = {"autoencoder": self._store.autoencoder_of(model.key)} | own
        self._follow(self._draft.edit(changes))

    def use_defaults(self) -> None:
        """Takes the defaults of the draft's model as one undo step."""
        if (model := self.model_of(self.draft)) is not None:
            self._draft.end_step()
            self._follow(self._draft.edit(with_defaults(model, self._defaults_of(model), {})))
            self._draft.end_step()

    def apply(self, request: GenerationRequest) -> tuple[str, ...]:
        """Uses a picture's settings as one undo step, except a model that is not there.

        Returns the names of the fields that had to differ, because model or program do not know or allow them.
        """
        named = self.model_of(request) or self._model(without_ending(request.model))
        request = request if named is None else replace(request, model=named.key)
        model = named or self.model_of(self.draft)
        if model is not None and request.training == outside(model.traits):
            request = replace(request, training="")  # it is the model's own here, too
        request = self._drawing(request)
        taken = fitted(request, model) if model is not None else request
        self._draft.end_step()
        changed = {name: getattr(taken, name) for name in differing_fields(taken, self.draft)}
        self._follow(self._draft.edit(changed))
        self._draft.end_step()
        return differing_fields(request, taken)

    def weighed_by(self, program: str) -> str:
        """Returns the program that wrote the draft's prompts, if weights in them mean something else there."""
        model = self.model_of(self.draft)
        is_other = model is not None and weighs_otherwise(self.draft, program, model.family)
        return program if is_other else ""

    def undo(self) -> None:
        self._follow(self._draft.undo())

    def redo(self) -> None:
        self._follow(self._draft.redo())

    def end_step(self) -> None:
        """The next edit begins an undo step of its own."""
        self._draft.end_step()

    def complete(self) -> None:
        """Puts all that was done into the draft, which is about to be used, and keeps it; see ``completing``."""
        self.completing.emit()
        self.end_step()
        self.save()

    @Slot()
    def refresh_models(self) -> None:
        """Looks for models on the disk again; those in new files follow when they have been read."""
        self._show_models(self._find_models())

    @Slot(Qt.ApplicationState)
    def refresh_when_active(self, state: Qt.ApplicationState) -> None:
        """Who comes back from a file manager may have connected a drive; looks in the background."""
        if state is Qt.ApplicationState.ApplicationActive:
            self._tasks.cancel()
            self._tasks.submit(self._catalogue.find_all, self._show_models)

    @Slot()
    def save(self) -> None:
        """Keeps the draft for the next start; otherwise done a moment after the last edit."""
        self._save_timer.stop()
        self._store.save_draft(self.draft)

    def _find_models(self) -> FoundModels:
        found, has_more = self._catalogue.remembered()
        self._tasks.cancel()
        if has_more:
            self._tasks.submit(self._catalogue.find_all, self._show_models)
        return found

    def _show_models(self, found: FoundModels) -> None:
        if found != self._found:
            self._found = found
            self.models_changed.emit()

    def _drawing(self, request: GenerationRequest) -> GenerationRequest:
        """Lets what will be typed be drawn, unless there are braces that have been text so far."""
        return request if has_template(replace(request, variants=True)) else replace(request, variants=True)

    def _first_draft(self) -> GenerationRequest:
        kept = self._store.load_draft()
        if kept is None:
            first = self._defaults_of(self.models[0]) if self.models else GenerationRequest("")
            return replace(first, variants=True)
        model = self.model_of(kept)
        return self._drawing(fitted(kept, model) if model is not None else kept)

    def _defaults_of(self, model: Model) -> GenerationRequest:
        return defaults_of(model, self._store.own_defaults(model.key))

    def _model(self, key: str | None) -> Model | None:
        return next((model for model in (*self.models, *self.elsewhere) if model.key == key), None)

    def _follow(self, is_edited: bool) -> None:
        if is_edited:
            self._save_timer.start()
            self.edited.emit(self.draft)
            self.undo_changed.emit()
