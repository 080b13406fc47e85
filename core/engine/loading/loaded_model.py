"""A model in memory: planned, loaded, placed; and the one way to use it, as a request wants it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import starmap
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import torch

from core.control.maps import MapsBySize, map_key, read_maps_of_sizes, sizes_of
from core.engine.decoding import decoding
from core.engine.decoding.preview_budget import DecodeTimes, PreviewBudget
from core.engine.devices.device import DevicePlan
from core.engine.devices.offloading import Offloading
from core.engine.devices.out_of_memory import OutOfMemoryLadder
from core.engine.families import Family
from core.engine.loading.autoencoders import Autoencoders
from core.engine.loading.control_nets import ControlNets
from core.engine.loading.embeddings import PromptEmbeddings
from core.engine.loading.lora_layers import LoraLayers
from core.engine.loading.planning import Work, plan_for
from core.engine.loading.references import encoded_references
from core.engine.loading.tiny_autoencoder import TinyAutoencoder
from core.engine.networks.compiled import reason_of
from core.engine.networks.full_precision import repeated_in_float32
from core.engine.networks.seamless import Seamless
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.errors import CompilerMissing, LoraBroken
from core.files.stamps import Stamp
from core.film.control_maps import with_maps
from core.film.film import Film
from core.language.words import tr
from core.models.catalogue import Catalogue, Model
from core.models.memory_plan import SHARED_MEMORY, MemoryPlan, Placement
from core.pictures.masked_picture import resized, worked_seamless
from core.pictures.pixels import Pixels
from core.request.control import IMAGE_PROMPTS, Control
from core.request.request import GenerationRequest, Lora, Size
from core.runs.events import AddOnNotice, LoraDiffers, LoraInPart, PreviewMode

log = logging.getLogger(__name__)
Result = TypeVar("Result")

NO_MAPS: MapsBySize = MappingProxyType({})
MORE_ROOM = 1.1
"""Of the memory that was too little, with which a faster placement is tried again."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LoadedModel:
    """All that the engine holds of one model. It is shared by all who use it, each through `prepared_for`.

    Attributes:
        stamps: of the files that it was read from.
        plan: the device and the precision that it is in.
        autoencoders: its own, and others in its place.
        controls: the networks that guide pictures.
        embeddings: that prompts name.
        tiny: the decoder of its sharp previews.
        seamless: what lets the network and the autoencoder go around the edges.
        catalogue: finds the files of LoRAs and autoencoders.
    """

    model: Model
    family: Family
    stamps: frozenset[tuple[Path, Stamp]]
    plan: DevicePlan
    offloading: Offloading
    ladder: OutOfMemoryLadder
    loras: LoraLayers
    autoencoders: Autoencoders
    controls: ControlNets
    embeddings: PromptEmbeddings
    tiny: TinyAutoencoder
    seamless: tuple[Seamless, Seamless]
    catalogue: Catalogue

    def prepared_for(self, request: GenerationRequest, known: MapsBySize = NO_MAPS) -> PreparedModel:
        """Puts in the request's LoRAs, autoencoder, controls and reference pictures, and reads their hashes.

        ``known`` are maps of controls whose pictures need not be there. Raises LoraMissing, AutoencoderMissing,
        WrongAutoencoder, ControlMissing, WrongFamily, ModelBroken, UnreadablePicture or torch.OutOfMemoryError.
        """
        library = self.catalogue.autoencoders
        autoencoder = self.ladder.run(lambda: self.autoencoders.use(request.autoencoder, library))
        asked = request.active_loras
        used = self.ladder.run(lambda: self.put_loras(asked))
        told: list[LoraDiffers | LoraInPart] = []
        for lora, found, usage in zip(asked, used, self.loras.usages, strict=True):
            path = self.catalogue.loras.find(lora)
            if lora.hash and lora.hash != found.hash:
                told.append(LoraDiffers(lora.key, path, lora.hash, found.hash))
            if usage.left_out:
                told.append(LoraInPart(lora.key, path, self.model.key, usage))
        named, notices = self.embeddings.use(request)
        sources = self.catalogue.sources
        request = replace(request, controls=tuple(map(self.catalogue.controls.suited, request.controls)))
        folders, sizes = (sources,) if sources is not None else (), sizes_of(request, self.model.limits.size_step)
        maps, controls = read_maps_of_sizes(request, sizes, folders, known)
        controls = self.ladder.run(lambda: self.controls.use(controls, lambda: self.catalogue.controls))
        changed = replace(request, autoencoder=autoencoder, loras=used, embeddings=named, controls=controls)
        request = self.ladder.run(lambda: encoded_references(self.family, changed, self.plan.device, sources))
        more = (*told, *notices), maps, self.controls.values()
        return PreparedModel(self, request, worked_seamless(request), *more)

    @property
    def memory(self) -> MemoryPlan:
        """Returns the plan that holds now."""
        return self.offloading.plan

    def fit(self, work: Work, asked: Placement | None, tiles: bool, *, reads_text: bool) -> None:
        """Plans anew for the largest picture that is being made, where it is another one or memory has run out.

        Text encoders that have not been read, and need not be, count only with ``reads_text``.

        A faster placement is taken for a picture smaller than the one that ran out of memory, or where there is
        more memory than there was then.
        """
        offloading, pixels = self.offloading, work.pixels
        reads_text = reads_text or not offloading.absent
        now = offloading.pixels, offloading.reads_text, offloading.beside
        is_same = (pixels, reads_text, work.beside) == now
        if is_same and offloading.is_placed and not offloading.has_fallen:
            return
        held = offloading.held()
        planned = plan_for(self.model, work, self.plan, asked, tiles, held, reads_text=reads_text)
        offloading.reads_text = reads_text
        self.family.autoencoder().use_tiling = planned.tiled_decode
        fits_again = pixels < offloading.too_large or planned.free > MORE_ROOM * offloading.room_then
        has_other_room = planned.has_room_for_graphs != offloading.plan.has_room_for_graphs
        offloading.plan, offloading.pixels, offloading.beside = planned, pixels, work.beside
        further = planned.placement.value - offloading.placement.value
        target = planned.placement if further > 0 or fits_again else offloading.placement
        is_there = target is offloading.placement and offloading.is_placed
        if not is_there and self.plan.device.type not in SHARED_MEMORY:
            offloading.move_to(target)
            log.info("for %s pixels from now on: %s", pixels, target.name)
        elif has_other_room:
            offloading.use_graphs()

    def put_loras(self, loras: tuple[Lora, ...]) -> tuple[Lora, ...]:
        """Lets these LoRAs act, and no others; returns them with their hashes."""
        try:
            used, has_changed = self.loras.apply(loras, self.catalogue.loras)
        except BaseException:  # of any kind: it has taken all of them out then
            self._forget_loras()
            raise
        if has_changed:
            self._forget_loras()
            self.family.reads_as_loaded = not self.loras.change_text
        return used

    def _forget_loras(self) -> None:
        """Has prompts read and graphs made anew, in which LoRAs act, and hooks put around their layers."""
        self.seamless[0].forget()
        self.family.forget_prompts()
        self.offloading.forget_graphs()


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class PreparedModel:
    """A loaded model as one request wants it.

    Between two steps of a run somebody else may use the model with other LoRAs, another autoencoder or other
    traits. So each use puts its own in first, which costs nothing where they are there, and is repeated with more
    room when memory runs out.

    Attributes:
        request: with the hashes of its LoRAs and autoencoder.
        seamless: directions in which the picture goes around; fewer than the request's where it is a masked part.
        told: LoRAs that are other files than the request says, or act in part only.
        maps: what its controls look at in each pass.
        beside: the number of weights of their networks.
    """

    loaded: LoadedModel
    request: GenerationRequest
    seamless: str = ""
    told: tuple[AddOnNotice, ...] = ()
    maps: MapsBySize = field(default_factory=lambda: NO_MAPS)
    beside: int = 0

    @property
    def family(self) -> Family:
        return self.loaded.family

    @property
    def way_of_calls(self) -> str:
        """Returns how the network is called, where that is not as ever; for `Film.computed_by`."""
        return self.loaded.offloading.way_of_calls

    def read_prompt(self, request: GenerationRequest) -> Predict:
        """Returns the network's call with the prompt of ``request`` built in; see `guarded`."""
        if request.references:  # another autoencoder that was in use since then has taken their latents along
            device, sources = self.loaded.plan.device, self.loaded.catalogue.sources
            self.with_autoencoder(lambda: encoded_references(self.family, request, device, sources))
        controls, shown = self.loaded.controls, self._shown(request)
        if shown:
            self._with_loras(lambda: None)  # has the networks there
            self.with_autoencoder(lambda: controls.encode(shown))
        return self._with_loras(lambda: self.family.read_prompt(request, 1, [*starmap(controls.guide, shown)]))

    def _shown(self, request: GenerationRequest) -> list[tuple[Control, Pixels]]:
        """Returns what the controls of a request look at; CLIP sees its picture whatever size is made."""
        maps = self.maps[request.size]
        keyed = [(one, maps[map_key(one)], one.preprocessor in IMAGE_PROMPTS) for one in request.controls]
        return [(one, pixels if is_seen else resized(pixels, request.size)) for one, pixels, is_seen in keyed]

    def with_maps(self, film: Film) -> Film:
        """Returns a film that keeps the maps of this request's controls, and no others."""
        return with_maps(film, self.request.controls, self.maps)

    def read_ahead(self, request: GenerationRequest) -> None:
        """Has the prompt of another request for this model encoded, to be known later."""
        self._with_loras(lambda: self.family.encoded(request))

    def guarded(self, predict: Predict, *, checks: bool = True) -> Predict:
        """Returns a network call that has the LoRAs it wants, and is repeated when memory ends.

        With ``checks`` it is waited for, and repeated when float16 ends. It raises CompilerMissing where it cannot
        be compiled as it was to be.
        """
        moved, beside = self.loaded.offloading.forget_graphs, self.loaded.controls.present.values
        precise = repeated_in_float32(predict, self.family.network(), moved, beside) if checks else predict

        def call(x: torch.Tensor, t: Timestep) -> Prediction:
            # a few layers at a time come in their own dtype
            in_groups = self.loaded.offloading.placement is Placement.group_offload
            try:
                return self._with_loras(lambda: (predict if in_groups else precise)(x, t))
            except RuntimeError as error:
                if reason := reason_of(error):
                    raise CompilerMissing(reason) from error
                raise

        return call

    def with_autoencoder(self, work: Callable[[], Result]) -> Result:
        """Does ``work`` with the request's autoencoder and the model's traits as they were when it was prepared.

        All of it is repeated when memory runs out.
        """
        self.family.model = self.loaded.model

        def attempt() -> Result:
            self.loaded.autoencoders.use(self.request.autoencoder, self.loaded.catalogue.autoencoders)
            self.family.seamless = self.seamless
            self.loaded.seamless[1].use(self.family.autoencoder(), self.seamless)
            return work()

        return self.loaded.ladder.run(attempt)

    def decode(self, latents: torch.Tensor, size: Size | None = None) -> tuple[Pixels, str]:
        """Returns the picture of a latent (1, channels, height, width), and a note if it needed another attempt.

        Without a ``size`` it has that of the request.

        Raises NotANumberPicture or torch.OutOfMemoryError.
        """
        self.with_autoencoder(lambda: None)
        makes_room = self.loaded.plan.device.type not in SHARED_MEMORY
        alone = self.loaded.offloading.alone if makes_room else None
        pixels, note = decoding.decode(self.family, latents, alone)
        return decoding.cut(pixels, size or self.request.size), note

    def _decode_preview(self, latents: torch.Tensor) -> tuple[Pixels, str]:
        """Moves nothing to make room, which would cost more than a preview is worth."""
        self.with_autoencoder(lambda: None)
        return decoding.decode(self.family, latents)

    def previews(self, mode: PreviewMode, size: Size, decode_times: DecodeTimes) -> decoding.Previews:
        """Returns the maker of a run's previews: by the tiny autoencoder where there is one and it is wanted."""
        wants_tiny = mode in (PreviewMode.automatic, PreviewMode.sharp)
        tiny = self.loaded.tiny.decoder(self.loaded.catalogue.tiny_autoencoders) if wants_tiny else None
        if tiny is None and mode is PreviewMode.sharp:
            mode = PreviewMode.automatic
        budget = PreviewBudget(mode, decode_times, (self.request.model, size, tiny is not None))
        return decoding.Previews(tiny or self._decode_preview, budget)

    def _with_loras(self, work: Callable[[], Result]) -> Result:
        def attempt() -> Result:
            asked, present = self.request.loras, self.loaded.loras.present
            if present != asked:
                present = self.loaded.put_loras(asked)
            for lora, found in zip(asked, present, strict=True):
                if found.hash != lora.hash:
                    path = self.loaded.catalogue.loras.find(lora)
                    raise LoraBroken(path, tr("its content has changed since the run began"))
            self.loaded.controls.use(self.request.controls, lambda: self.loaded.catalogue.controls)
            if self.loaded.seamless[0].use(self.family.network(), self.seamless):
                self.loaded.offloading.forget_graphs()
            return work()

        return self.loaded.ladder.run(attempt)
