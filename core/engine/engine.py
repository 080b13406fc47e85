"""The engine: from a request to pictures, told as a stream of events. The whole story on one page."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TypeVar

import diffusers.utils.logging
import torch
import transformers.utils.logging

from core.engine import forward_process
from core.engine.attention_probes import AttentionRecorder
from core.engine.decoding.preview_budget import DecodeTimes
from core.engine.devices.allocation import is_out_of_memory
from core.engine.devices.device import DevicePlan, memory_now, plan
from core.engine.devices.offloading import free_caches
from core.engine.families import Family
from core.engine.generation import Decode, Generation, image_of, rebuild_frames
from core.engine.initial_state import from_branch, from_recording, from_request
from core.engine.loading.add_ons import decoder, previewing, temporary_loras, with_autoencoder, with_loras
from core.engine.loading.loaded_model import LoadedModel, load, plan_for
from core.engine.sampling.denoising import Predict
from core.engine.sampling.schedule_comparison import other_schedules
from core.engine.sampling.tensors import to_torch
from core.errors import OutOfMemory
from core.film.film import Film, Frame, Latent, Schedule
from core.film.reader import Recording
from core.measures.conversions import noisy_of
from core.models.catalogue import Catalogue, hashed_file
from core.models.memory_plan import MemoryInUse, Placement
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.pictures.source import read_source
from core.prompt.tokens import TokenCounter
from core.recipes.recipe import Stage
from core.request.request import GenerationRequest
from core.request.settings import validate
from core.request.settings.seed import RANDOM_SEEDS
from core.runs.branch import Branch
from core.runs.events import Event, Loading, LoraDiffers, Phase, PreviewMode
from core.runs.round_trip import OneStep, RoundTrip

log = logging.getLogger(__name__)

HASHED_AT_ONCE = 64 * 2**20

Result = TypeVar("Result")


class Engine:
    """Owns at most one loaded model; serves one caller at a time, all in one thread.

    Attributes:
        plan: the device and dtype in use.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        device: str | None = None,
        dtype: str | None = None,
        memory: Placement | None = None,
        tiled_decode: bool = False,
    ) -> None:
        """Chooses the device. Raises DeviceMissing.

        ``memory`` takes the place of the planned placement of models; ``tiled_decode`` decodes in tiles always.
        """
        _silence_progress_bars()
        self.plan: DevicePlan = plan(device, dtype)
        self._catalogue = catalogue
        self._memory = memory
        self._tiled_decode = tiled_decode
        self._model: LoadedModel | None = None
        self._decode_times: DecodeTimes = {}

    def generate(
        self, request: GenerationRequest, previews: PreviewMode = PreviewMode.automatic, attention: bool = False
    ) -> Generator[Event, None, None]:
        """Makes ``request.count`` pictures, one after the other: a picture does not depend on its neighbours.

        With ``attention`` each `Stepped` tells where words acted; it takes longer, and the picture is the same.
        Stopping is closing the generator; nothing is left behind. Pausing is not asking for the next event.

        Raises:
            InvalidRequest, ModelMissing, ModelBroken, UnreadablePicture: before the first step.
            OutOfMemory, NotANumberPicture: later.
        """
        validate(request, self._catalogue.find(request.model).limits)
        yield from self._guarded(self._generate(request, previews, attention))

    def branch(
        self, branch: Branch, previews: PreviewMode = PreviewMode.automatic, attention: bool = False
    ) -> Generator[Event, None, None]:
        """Takes a run up again at one of its calls; only the calls after it run the network.

        With nothing changed the picture is the one that the uninterrupted run gives. Events and errors are those
        of `generate`; the film of `Started` already has the frames that were taken over.
        """
        # what a run began with is in its film: the source picture may be gone
        request = replace(branch.request, source=None) if branch.film.frames else branch.request
        validate(request, self._catalogue.find(request.model).limits)
        yield from self._guarded(self._branch(branch, previews, attention))

    @torch.inference_mode()
    def decode(self, film: Film, latent: Latent) -> Pixels:
        """The true picture of a latent in variance-preserving scale, such as `Frame.denoised`."""
        return self._decoder_of(film)(to_torch(latent, self.plan.device))[0]

    @torch.inference_mode()
    def keep(self, film: Film, frame: Frame, stage: Stage) -> GeneratedImage:
        """A picture of one frame: what the model believed in (``denoised``), or what it saw (``noisy``)."""
        began = time.perf_counter()
        decode = self._decoder_of(film)
        latent = to_torch(noisy_of(frame, film.space) if stage == "noisy" else frame.denoised, self.plan.device)
        pixels, note = decode(latent)
        return image_of(film, self.plan, pixels, stage, frame.step + 1, time.perf_counter() - began, note)

    @torch.inference_mode()
    def replay(self, recording: Recording) -> Film:
        """The film of a recording, with every latent rebuilt exactly; neither network nor model is needed."""
        return rebuild_frames(from_recording(recording, self.plan.device))

    @torch.inference_mode()
    def round_trip(self, request: GenerationRequest) -> RoundTrip:
        """Encodes and decodes the request's source picture.

        Raises InvalidRequest, ModelMissing, ModelBroken, UnreadablePicture, OutOfMemory, NotANumberPicture.
        """
        validate(request, self._catalogue.find(request.model).limits)
        assert request.source is not None
        picture = read_source(request.source, request.size)
        loaded = self._loaded_model(request)
        with_autoencoder(loaded, request, self._catalogue.autoencoders)
        family = loaded.family
        return self._in_memory(lambda: forward_process.round_trip(family, picture, self.plan.device))

    @torch.inference_mode()
    def one_step(self, request: GenerationRequest, trip: RoundTrip, noisy: Latent, t: int) -> OneStep:
        """Returns the network's prediction from x_t in one step, with the request's prompt and guidance.

        Raises InvalidRequest, ModelMissing, ModelBroken, OutOfMemory, NotANumberPicture.
        """
        validate(request, self._catalogue.find(request.model).limits)
        loaded = self._loaded_model(request)
        family, device = loaded.family, self.plan.device
        with_autoencoder(loaded, request, self._catalogue.autoencoders)
        with temporary_loras(loaded, request, self._catalogue.loras):
            return self._in_memory(lambda: forward_process.one_step(family, request, trip, noisy, t, device))

    def other_schedules(self, film: Film) -> dict[str, Schedule]:
        """The schedules of other samplers with as many steps; see `schedule_comparison`. Needs no model."""
        return other_schedules(film)

    def memory_in_use(self) -> MemoryInUse:
        """Returns the placement of the loaded model, and the device's memory; loads nothing."""
        device, loaded = memory_now(self.plan), self._model
        if loaded is None:
            return MemoryInUse(device)
        placement = loaded.offloading.placement
        freed = loaded.memory.weights if placement is Placement.on_device else 0
        return MemoryInUse(
            replace(device, free=min(device.free + freed, device.total)),
            loaded.model.key,
            loaded.weight_bits,
            loaded.memory,
            placement,
        )

    def close(self) -> None:
        """Frees the model and the device's memory; the engine can be used again and loads anew."""
        self._model = None
        free_caches(self.plan.device)

    def _guarded(self, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        try:
            yield from events
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        else:
            return
        raise self._out_of_memory()  # here the failed attempt's tensors are free

    def _in_memory(self, work: Callable[[], Result]) -> Result:
        """Runs ``work`` beside runs, with the rescue from running out of memory."""
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        raise self._out_of_memory()

    def _out_of_memory(self) -> OutOfMemory:
        free_caches(self.plan.device)
        needed = self._model.memory.needed if self._model is not None else None
        return OutOfMemory(self.plan.device.type, needed, memory_now(self.plan).free)

    @torch.inference_mode()
    def _generate(
        self, request: GenerationRequest, previews: PreviewMode, attention: bool
    ) -> Generator[Event, None, None]:
        loaded = yield from self._load(request)
        request, differing = self._with_add_ons(loaded, request)
        yield from differing
        family, ladder = loaded.family, loaded.ladder
        predict = yield from self._read_prompt(loaded, request)
        recorder = self._recorder(family, request, predict) if attention else None
        call = ladder.wrap(recorder or predict)
        first_seed = secrets.randbelow(RANDOM_SEEDS) if request.seed is None else request.seed
        for index in range(request.count):
            single = replace(request, seed=(first_seed + index) % 2**64, count=1)
            with_autoencoder(loaded, request, self._catalogue.autoencoders)
            start = ladder.run(lambda single=single: from_request(family, single, self.plan.device))
            decode = self._decoder(loaded, single)
            tiny, budget = previewing(loaded, request, previews, self._catalogue, self._decode_times)
            yield from Generation(
                decode, self.plan, call, start, budget, index, request.count, recorder, tiny
            ).run()

    @torch.inference_mode()
    def _branch(self, branch: Branch, previews: PreviewMode, attention: bool) -> Generator[Event, None, None]:
        loaded = yield from self._load(branch.request)
        request, differing = self._with_add_ons(loaded, branch.request)
        yield from differing
        branch = replace(branch, request=request)
        family, ladder = loaded.family, loaded.ladder
        start = ladder.run(lambda: from_branch(family, branch, self.plan.device))
        predict = yield from self._read_prompt(loaded, start.film.request)
        tiny, budget = previewing(loaded, start.film.request, previews, self._catalogue, self._decode_times)
        recorder = self._recorder(family, start.film.request, predict) if attention else None
        call = ladder.wrap(recorder or predict)
        decode = self._decoder(loaded, start.film.request)
        yield from Generation(decode, self.plan, call, start, budget, 0, 1, recorder, tiny).run()

    def _load(self, request: GenerationRequest) -> Generator[Event, None, LoadedModel]:
        if not self._is_loaded(request):
            yield Loading(Phase.loading_model)
            weights = hashed_file(self._catalogue.find(request.model))
            for done in self._catalogue.memory.hashing(weights):
                if done % HASHED_AT_ONCE == 0:  # files of many GB: the run can be stopped meanwhile
                    yield Loading(Phase.loading_model)
        return self._loaded_model(request)

    def _with_add_ons(
        self, loaded: LoadedModel, request: GenerationRequest
    ) -> tuple[GenerationRequest, tuple[LoraDiffers, ...]]:
        request = with_autoencoder(loaded, request, self._catalogue.autoencoders)
        return with_loras(loaded, request, self._catalogue.loras)

    def _decoder(self, loaded: LoadedModel, request: GenerationRequest) -> Decode:
        return decoder(loaded, request, self._catalogue.autoencoders)

    def _decoder_of(self, film: Film) -> Decode:
        """However the weights of the network are packed: the autoencoder is the same."""
        loaded = self._model
        is_there = loaded is not None and loaded.family.identity.key == film.request.model
        return self._decoder(loaded if loaded and is_there else self._loaded_model(film.request), film.request)

    def _read_prompt(self, loaded: LoadedModel, request: GenerationRequest) -> Generator[Event, None, Predict]:
        if not loaded.family.knows_prompt(request):
            yield Loading(Phase.reading_prompt)
        return loaded.ladder.run(lambda: loaded.family.read_prompt(request, batch=1))

    def _recorder(self, family: Family, request: GenerationRequest, predict: Predict) -> AttentionRecorder | None:
        model = self._catalogue.find(request.model)
        if not model.capabilities.has_attention_words:
            return None
        words = TokenCounter.for_model(model).words(request.prompt)
        return AttentionRecorder(predict, family.network(), words)

    def _is_loaded(self, request: GenerationRequest) -> bool:
        loaded, wanted = self._model, (request.model, request.weight_bits)
        return loaded is not None and (loaded.family.identity.key, loaded.weight_bits) == wanted

    def _loaded_model(self, request: GenerationRequest) -> LoadedModel:
        """The request's model; loads it, after the one before has been freed."""
        if self._model is None or not self._is_loaded(request):
            self.close()
            model = self._catalogue.identified(self._catalogue.find(request.model))
            plan = replace(self.plan, weight_bits=request.weight_bits)
            memory = plan_for(model, request.size, plan, self._memory, self._tiled_decode)
            log.info("memory of %s: %s", model.key, memory.describe())
            self._model = load(model, plan, memory)
        return self._model


def _silence_progress_bars() -> None:
    """The libraries draw bars on standard error, which a windowed program does not have."""
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
