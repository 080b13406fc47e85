"""All that an operation works with: the device, the models on the disk, and the one that is loaded."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from weakref import WeakSet

from core.checkpoints.schedule import trait_names
from core.control.file import ControlFile
from core.control.maps import MapsBySize
from core.engine.decoding.preview_budget import DecodeTimes
from core.engine.devices.device import DevicePlan, held_by_us, memory_now
from core.engine.devices.offloading import free_caches
from core.engine.devices.out_of_memory import RAN_OUT, attempt, away
from core.engine.loading.identification import hashes_of
from core.engine.loading.kept import encoder_files, is_worth_keeping
from core.engine.loading.load import load
from core.engine.loading.loaded_model import NO_MAPS, LoadedModel, PreparedModel
from core.engine.loading.planning import Work, plan_for
from core.engine.prompt_calls import PromptCalls, prompt_calls, text_of_second
from core.engine.upscaling.enlarging import Enlarger
from core.errors import EmulsionError, InvalidRequest, OutOfMemory
from core.families import FAMILIES
from core.files.stamps import stamps_of_model
from core.film.film import Film
from core.language.words import tr
from core.models.catalogue import Catalogue, Model, hashed_files
from core.models.compatibility import lent_autoencoder
from core.models.memory_plan import MemoryInUse, MemoryPlan, Placement, placement_after
from core.pictures.masked_picture import worked_size
from core.pictures.opening import is_moving
from core.prompt.drawing import drawn, has_template
from core.prompt.encodings import Encodings
from core.prompt.timeline import timeline_of
from core.request.control import Control
from core.request.request import GenerationRequest
from core.request.settings import validate
from core.request.settings.emphasis import PLAIN
from core.request.settings.loras import with_tags
from core.request.traits import SCHEDULE, outside, traits_from_text
from core.runs.events import AutoencoderLent, Event, FirstFrameTaken, Loading, PartsAway, Phase, WeightsLeftOut

log = logging.getLogger(__name__)


class Context:
    """Owns at most one loaded model: the last one that was needed.

    A run holds the model that it works with, also while a film of another one is looked at. Then both are there if
    both fit, and the one without work is the first to go when memory runs out.

    Attributes:
        plan: the device and dtype in use.
        decode_times: measured in one run, known to the next.
        enlarger: enlarges finished pictures. sources: the folder for copies of pictures that runs work with.
        find: returns the model of a key, without loading it.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        plan: DevicePlan,
        memory: Placement | None,
        tiled_decode: bool,
        collect: Callable[[], object],
        encodings: Encodings | None,
    ) -> None:
        self.plan = plan
        self.decode_times: DecodeTimes = {}
        self.enlarger = Enlarger(catalogue, plan.device, lambda: away(m.offloading for m in self._there()))
        self._catalogue, self.sources, self.find = catalogue, catalogue.sources, catalogue.find
        self._memory = memory
        self._tiled_decode = tiled_decode
        self._collect = collect
        self._encodings = encodings
        self._loaded: LoadedModel | None = None
        self._alive: WeakSet[LoadedModel] = WeakSet()
        self._in_use: WeakSet[PreparedModel] = WeakSet()

    def prepare(
        self, request: GenerationRequest, known: MapsBySize = NO_MAPS
    ) -> Generator[Event, None, PreparedModel]:
        """Loads the request's model unless it is there, and returns it as the request wants it.

        Raises InvalidRequest, ModelMissing, ModelBroken, and what `LoadedModel.prepared_for`, which has ``known``
        too, and `core.prompt.drawing.draw` raise.
        """
        request = self._drawn(request)
        model = self.find(request.model)
        validate(request, model.limits)
        names = trait_names(FAMILIES[model.family])
        if foreign := traits_from_text(request.training).keys() - set(names):
            allowed = tr(" or ").join(name for name in names if name in SCHEDULE)
            raise InvalidRequest("training", ", ".join(foreign), tr("{allowed} for this model", allowed=allowed))
        if not model.has_autoencoder and request.autoencoder is None:
            request = replace(request, autoencoder=(lent := lent_autoencoder(model, self._catalogue)))
            yield AutoencoderLent(model.place, lent.name)
        request = replace(request, size=worked_size(request, model.limits))
        request = yield from self.enlarger.resolved_in(request)
        seen = (*filter(None, (request.source,)), *request.references, *request.controls)
        yield from map(FirstFrameTaken, filter(is_moving, dict.fromkeys(Path(one.path) for one in seen)))
        work = Work.planned(request, model, self._catalogue)
        loaded = yield from self._load(model, request, work)
        self._fit(loaded, work, reads_text=loaded.offloading.reads_text)
        if loaded.family.left_out:
            yield WeightsLeftOut(model.place, loaded.family.left_out)
        if model.without:
            yield PartsAway(model.place, model.without)
        request = replace(request, training=request.training or outside(loaded.model.traits))
        prepared = loaded.prepared_for(request, known)
        self._in_use.add(prepared)
        yield from prepared.told
        return prepared

    def find_control(self, control: Control) -> ControlFile:
        """Returns the file of a control's network. Raises ControlMissing or ControlBroken."""
        return self._catalogue.controls.find(control)

    def decoder_of(self, film: Film) -> Generator[Event, None, PreparedModel]:
        """Returns the film's model, to decode with; the weights of its network may be packed otherwise there."""
        loaded = next((loaded for loaded in self._there() if loaded.model.key == film.request.model), None)
        if loaded is None:
            loaded = yield from self._load(self._catalogue.find(film.request.model), film.request)
        asked, masked = film.request.seamless, film.masked
        return PreparedModel(
            loaded, film.request, masked.along_whole_sides(asked) if masked is not None else asked
        )

    def read_prompt(
        self,
        prepared: PreparedModel,
        request: GenerationRequest,
        skipped_steps: int = 0,
        following: Iterable[GenerationRequest] = (),
    ) -> Generator[Event, None, PromptCalls]:
        """Returns the network's calls with the request's prompt built in. Raises InvalidRequest.

        Where the text encoders have to come for it and leave afterwards, the prompts of ``following`` requests are
        read in the same visit, as far as they are for this model as it is.
        """
        (loaded := prepared.loaded).embeddings.use(prepared.request)
        texts = timeline_of(request, loaded.model.family)
        second = text_of_second(prepared.family, request)
        is_known = all(map(prepared.family.knows_prompt, (*texts.requests, *second)))
        self._fit(loaded, Work.of(request, prepared.beside), reads_text=not is_known)
        if not is_known:
            yield Loading(Phase.reading_prompt)
        with loaded.offloading.encoders_stay():
            calls = prompt_calls(texts, request, skipped_steps, prepared.read_prompt, second)
            leave = loaded.offloading.placement is not Placement.on_device
            if not is_known and leave and not prepared.family.encoders:  # those with CLIP alone are quick
                for text in islice(self._texts(loaded.model, following), prepared.family.prompts_ahead):
                    if not prepared.family.knows_prompt(text):
                        yield Loading(Phase.reading_prompt)
                        prepared.read_ahead(text)
        return calls

    def _texts(self, model: Model, of: Iterable[GenerationRequest]) -> Iterator[GenerationRequest]:
        """Yields the texts of those requests that are for a model, each with one prompt."""
        for one in of:
            if one.model == model.key and not one.references and (one.seed is not None or not has_template(one)):
                with suppress(EmulsionError):  # it will be told when it is that request's turn
                    yield from timeline_of(self._drawn(one), model.family).requests

    def _drawn(self, request: GenerationRequest) -> GenerationRequest:
        """Returns the request with its variants drawn and the LoRAs of its prompt in their field."""
        request = drawn(request, self._catalogue.wildcards.values)
        return request if request.emphasis == PLAIN else with_tags(request)

    def memory_in_use(self) -> MemoryInUse:
        """Tells how the loaded model was placed, and what the device has; nothing is loaded for it."""
        device = memory_now(self.plan)
        if (loaded := self._loaded) is None:
            return MemoryInUse(device, held=held_by_us(self.plan.device))
        offloading = loaded.offloading
        return MemoryInUse(
            replace(device, free=min(device.free + offloading.held(), device.total)),
            loaded.model.key,
            loaded.plan.weight_bits,
            loaded.memory,
            offloading.placement,
            held_by_us(self.plan.device),
        )

    def out_of_memory(self, needed: int | None = None) -> OutOfMemory:
        """Frees what can be freed, and returns the error that tells what was needed, by the model's plan."""
        self._free()
        if needed is None and self._loaded is not None:
            needed = self._loaded.memory.needed
        return OutOfMemory(self.plan.device.type, needed, memory_now(self.plan).free)

    def close(self) -> None:
        """Frees the model and the device's memory."""
        self._settle()
        self._loaded = None
        self.enlarger.close()
        self._free()

    def _settle(self) -> None:
        """Writes the encodings that wait; apart from `close`, where its names would hold the model."""
        for loaded in self._there():
            if (kept := loaded.family.kept) is not None:
                kept.settle()

    def _free(self) -> None:
        self._collect()
        free_caches(self.plan.device)

    def _load(
        self, model: Model, request: GenerationRequest, work: Work | None = None
    ) -> Generator[Event, None, LoadedModel]:
        """Loads the model, after the one before has been freed, unless it is there."""
        work = work or Work.of(request)
        if (loaded := self._loaded_for(model, request)) is not None:
            if loaded.model.traits != model.traits:  # the user has chosen others: the weights stay
                loaded = self._keep(
                    replace(loaded, model=replace(model, sha256=model.sha256 or loaded.model.sha256))
                )
            return loaded
        yield Loading(Phase.loading_model)
        memory, files = self._catalogue.memory, hashed_files(model)
        named = (*files, *self._encoder_files(model))
        if not all(map(memory.sha256_if_known, named)):
            memory.hash_beside(dict.fromkeys(named))
        if self._catalogue.places().model_traits:  # the user has chosen some by hash, perhaps for this file
            yield from hashes_of(files, memory)
        if (loaded := self._loaded_for(model, request)) is None:  # nobody else has needed it meanwhile
            if self._alive:
                self.close()
            if all(map(memory.sha256_if_known, files)):
                model = self._catalogue.identified(model)
            plan = replace(self.plan.fitting(FAMILIES[model.family]), weight_bits=request.weight_bits)
            planned = plan_for(model, work, plan, self._memory, self._tiled_decode)
            log.info("memory of %s: %s", model.key, planned.figures)
            if self._alive and not planned.fits:
                raise self.out_of_memory(planned.needed)  # the run beside it is not put at risk
            return self._keep(self._loaded_with_room(model, request, plan, planned, work))
        return loaded

    def _loaded_with_room(
        self, model: Model, request: GenerationRequest, plan: DevicePlan, memory: MemoryPlan, work: Work
    ) -> LoadedModel:
        """Loads the model as planned, or as much slower as the device's memory turns out to need."""
        rest = self._catalogue, self._free_unused, request.autoencoder, self._encodings
        has_run_out = False
        while (loaded := attempt(lambda memory=memory: load(model, plan, memory, *rest))) is RAN_OUT:
            self._free()
            slower = placement_after(memory.placement, plan.device.type)
            if slower is None:
                raise self.out_of_memory(memory.needed)
            log.info("out of memory while loading; trying again with %s", slower.name)
            placed = plan_for(model, work, plan, slower, memory.tiled_decode)
            memory, has_run_out = replace(placed, is_asked=memory.is_asked), True
        loaded.offloading.pixels, loaded.offloading.beside = work.pixels, work.beside
        if has_run_out:
            loaded.offloading.remember_shortage()
        return loaded

    def _encoder_files(self, model: Model) -> tuple[Path, ...]:
        """Returns the files whose hashes name the encodings that are kept. Raises ModelBroken."""
        keeps = self._encodings is not None and is_worth_keeping(model, self._encodings)
        return tuple(encoder_files(model)) if keeps else ()

    def _fit(self, loaded: LoadedModel, work: Work, *, reads_text: bool) -> None:
        """Has a model placed for a picture of this size, and for those that are being made with it."""
        others = (
            Work.of(use.request, use.beside) for use in self._in_use if use.loaded.offloading is loaded.offloading
        )
        largest = max((work, *others), key=lambda one: one.pixels)
        loaded.ladder.run(lambda: loaded.fit(largest, self._memory, self._tiled_decode, reads_text=reads_text))

    def _keep(self, loaded: LoadedModel) -> LoadedModel:
        self._loaded = loaded
        self._alive.add(loaded)
        return loaded

    def _loaded_for(self, model: Model, request: GenerationRequest) -> LoadedModel | None:
        """Returns the model if it is there, unless its files have changed since it was read."""
        wanted = (model.key, request.weight_bits, model.variant)
        for loaded in self._there():
            if (loaded.model.key, loaded.plan.weight_bits, loaded.model.variant) == wanted:
                if loaded.stamps == stamps_of_model(model.folder, *model.places):
                    self._loaded = loaded
                    return loaded
                log.info("%s has changed on the disk and is read again", model.key)
        return None

    def _there(self) -> tuple[LoadedModel, ...]:
        """Returns the model that was needed last, and those that runs hold."""
        return (*((self._loaded,) if self._loaded is not None else ()), *self._alive)

    def _free_unused(self) -> None:
        self._collect()
        if len(self._alive) > 1:
            self.close()
            self._loaded = next(iter(self._alive), None)
