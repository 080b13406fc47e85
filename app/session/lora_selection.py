"""The LoRAs at hand and those of the draft: what was found, what fits the model, what recipes ask for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.messages.loras import misfit
from app.session.background import BackgroundTasks
from app.session.draft_editor import DraftEditor
from core.embeddings.file import EmbeddingFile, read_bundled
from core.embeddings.library import EmbeddingLibrary
from core.errors import ModelBroken
from core.language.words import tr
from core.lora.library import FoundLora, LoraLibrary
from core.lora.usage import LoraUsage
from core.models.catalogue import Model
from core.models.compatibility import fits, fitting_embeddings, kind_of
from core.request.request import MOST_LORAS, GenerationRequest, Lora
from core.request.settings.loras import take_tags, with_tags
from core.runs.events import Event, LoraInPart


@dataclass(frozen=True, slots=True)
class AvailableLoras:
    """The LoRAs and embeddings that were found, and the kind of each model.

    Attributes:
        bundled: the embeddings in the files of LoRAs, by the name of the LoRA.
    """

    loras: tuple[FoundLora, ...] = ()
    embeddings: tuple[EmbeddingFile, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    bundled: Mapping[str, tuple[EmbeddingFile, ...]] = field(default_factory=dict[str, tuple[EmbeddingFile, ...]])


class LoraSelection(QObject):
    """Part of the session; all methods return at once. The files are read in the background.

    Attributes:
        at_hand: what was found at the last look, None before the first one.

    Signals:
        changed: ``at_hand`` may be another one.
    """

    changed = Signal()

    def __init__(
        self,
        drafting: DraftEditor,
        background: BackgroundTasks,
        library: Callable[[], LoraLibrary] | None,
        parent: QObject,
        embeddings: Callable[[], EmbeddingLibrary] | None = None,
    ) -> None:
        """``library`` and ``embeddings`` are asked at each look; without one there is none."""
        super().__init__(parent)
        self.at_hand: AvailableLoras | None = None
        self._drafting = drafting
        self._library = library
        self._embeddings = embeddings
        self._usages: dict[tuple[str, str, tuple[int, int]], LoraUsage] = {}
        self._tasks = background.queue(self, "LoRAs")
        drafting.models_changed.connect(self.refresh)
        self.refresh()

    @Slot(Qt.ApplicationState)
    def refresh_when_active(self, state: Qt.ApplicationState) -> None:
        """Who comes back from a file manager or a browser may have brought one along."""
        if state is Qt.ApplicationState.ApplicationActive:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Looks for files again; ``changed`` follows."""
        if self._library is None:
            return
        library, models = self._library(), self._drafting.models
        embeddings = self._embeddings() if self._embeddings is not None else None
        known = self.at_hand.loras if self.at_hand is not None else ()

        def look() -> AvailableLoras:
            named = embeddings.look() if embeddings is not None else ()
            loras, kinds = library.look(known), {model.key: kind_of(model) for model in models}
            return AvailableLoras(loras, named, kinds, dict(_bundled(loras)))

        self._tasks.cancel()
        self._tasks.submit(look, self._on_looked)

    def found(self, lora: Lora) -> FoundLora | None:
        """Returns the file of a LoRA of the draft."""
        loras = self.at_hand.loras if self.at_hand is not None else ()
        return next((found for found in loras if found.name == lora.key), None)

    def embeddings_for(self, model: Model | None) -> Mapping[str, int]:
        """Returns the number of vectors of each embedding that a prompt for the model can name.

        Those in the file of a LoRA count while the draft has it.
        """
        if self.at_hand is None or model is None:
            return {}
        kind = self.at_hand.kinds.get(model.key, "")
        active = with_tags(self._drafting.draft).active_loras if self.at_hand.bundled else ()
        bundled = (file for lora in active for file in self.at_hand.bundled.get(lora.key, ()))
        return fitting_embeddings((*self.at_hand.embeddings, *bundled), model.family, kind)

    def names_for(self, model: Model | None) -> tuple[str, ...]:
        """Returns the words that complete a prompt for the model: embeddings, and tags of LoRAs."""
        if self.at_hand is None or model is None:
            return ()
        loras = (found.name for found in self.at_hand.loras if not self.objection(found, model))
        return (*self.embeddings_for(model), *(f"<lora:{name}:1>" for name in loras))

    def objection(self, found: FoundLora, model: Model) -> str:
        """Why it cannot be used with a model, as a phrase; "" when it can."""
        if found.file is None:
            return tr("cannot be used: {problem}", problem=found.problem)
        kind = self.at_hand.kinds.get(model.key, "") if self.at_hand is not None else ""
        return "" if not kind or fits(found.file, kind) else misfit(found.file.made_for, kind)

    def usage(self, found: FoundLora, model: Model) -> LoraUsage | None:
        """Returns the account of a file: that of the last run with the model, else what its header tells."""
        own = found.file.usage if found.file is not None else None
        return self._usages.get((found.name, model.key, found.stamp), own)

    def fitting(self, request: GenerationRequest) -> GenerationRequest:
        """Without those that were made for another kind of model, as their rows say."""
        model = self._drafting.model_of(request)
        if model is None:
            return request
        kept = tuple(lora for lora in request.loras if not self._is_misfit(lora, model))
        return replace(request, loras=kept)

    def resolved(self, request: GenerationRequest) -> tuple[GenerationRequest, tuple[str, ...]]:
        """Returns a recipe with its LoRAs by their names here, and the names of those that are missing here."""
        if self.at_hand is None:
            return request, ()
        pairs = [(lora, self._by_name_or_hash(lora)) for lora in request.loras]
        missing = tuple(lora.key for lora, found in pairs if found is None)
        here = {found.name: replace(lora, name=found.name) for lora, found in pairs if found is not None}
        return replace(request, loras=tuple(here.values())), missing

    def add(self, name: str) -> None:
        """Another LoRA for the draft, with weight 1."""
        loras = self._drafting.draft.loras
        if len(loras) < MOST_LORAS and not any(lora.key == name for lora in loras):
            self._edit((*loras, Lora(name)), is_own_step=True)

    def take_tags(self) -> None:
        """LoRAs that the prompt names as AUTOMATIC1111's program does, ``<lora:name:weight>``, go to the list."""
        draft = self._drafting.draft
        prompt, tagged = take_tags(draft.prompt, "")
        found = [(lora, self._by_name_or_hash(lora)) for lora in tagged]
        taken = {lora.key: replace(lora, name=file.name) if file is not None else lora for lora, file in found}
        kept = tuple(lora for lora in draft.loras if lora.key not in taken)
        self._drafting.end_step()
        self._drafting.edit(prompt=prompt, loras=(*kept, *taken.values())[:MOST_LORAS])
        self._drafting.end_step()

    def remove(self, name: str) -> None:
        self._edit(tuple(lora for lora in self._drafting.draft.loras if lora.key != name), is_own_step=True)

    def switch(self, name: str, is_on: bool) -> None:
        self._change(name, is_own_step=True, is_on=is_on)

    def weigh(self, name: str, weight: float) -> None:
        self._change(name, is_own_step=False, weight=weight)

    def _change(self, name: str, is_own_step: bool, **changes: object) -> None:
        loras = tuple(
            replace(lora, **changes) if lora.key == name else lora  # pyright: ignore[reportArgumentType]
            for lora in self._drafting.draft.loras
        )
        self._edit(loras, is_own_step)

    def _edit(self, loras: tuple[Lora, ...], is_own_step: bool) -> None:
        if is_own_step:
            self._drafting.end_step()
        self._drafting.edit(loras=loras)
        if is_own_step:
            self._drafting.end_step()

    def _is_misfit(self, lora: Lora, model: Model) -> bool:
        found = self.found(lora)
        return found is not None and found.file is not None and bool(self.objection(found, model))

    def _by_name_or_hash(self, lora: Lora) -> FoundLora | None:
        named = self.found(lora)
        if lora.hash and (named is None or named.hash not in ("", lora.hash)):
            loras = self.at_hand.loras if self.at_hand is not None else ()
            return next((found for found in loras if found.hash == lora.hash), named)
        return named

    def _on_looked(self, at_hand: AvailableLoras) -> None:
        if at_hand != self.at_hand:
            self.at_hand = at_hand
            self.changed.emit()

    @Slot(object)
    def follow(self, event: Event) -> None:
        """Notes the account of a LoRA that acts in part only."""
        if isinstance(event, LoraInPart) and (found := self.found(Lora(event.name))) is not None:
            self._usages[event.name, event.model, found.stamp] = event.usage
            self.changed.emit()


def _bundled(loras: Iterable[FoundLora]) -> Iterator[tuple[str, tuple[EmbeddingFile, ...]]]:
    """Yields the embeddings in the files of LoRAs."""
    for found in loras:
        if found.file is not None and found.file.has_embeddings:
            with suppress(ModelBroken):  # it has gone since it was looked at
                yield found.name, read_bundled(found.path)
