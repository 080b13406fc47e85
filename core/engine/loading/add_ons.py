"""Additions to a loaded model: LoRAs, another autoencoder, a tiny one for previews."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import torch

from core.autoencoders.file import AutoencoderLibrary
from core.engine.decoding import decoding
from core.engine.decoding.preview_budget import DecodeTimes, PreviewBudget
from core.engine.generation import Decode
from core.engine.loading.loaded_model import LoadedModel
from core.lora.library import LoraLibrary
from core.models.catalogue import Catalogue
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest
from core.runs.events import LoraDiffers, PreviewMode


def with_loras(
    loaded: LoadedModel, request: GenerationRequest, library: LoraLibrary
) -> tuple[GenerationRequest, tuple[LoraDiffers, ...]]:
    """Puts the request's LoRAs in, and no others; returns it with their hashes, and what is not as it says.

    Raises LoraMissing, ModelBroken or WrongFamily.
    """
    asked = request.active_loras
    loras, has_changed = loaded.loras.apply(asked, library)
    if has_changed:
        loaded.family.forget_prompts()
    differing = tuple(
        LoraDiffers(lora.key, library.find(lora), lora.hash, used.hash)
        for lora, used in zip(asked, loras, strict=True)
        if lora.hash and lora.hash != used.hash
    )
    return replace(request, loras=loras), differing


@contextmanager
def temporary_loras(loaded: LoadedModel, request: GenerationRequest, library: LoraLibrary) -> Generator[None]:
    """The request's LoRAs for this moment: a run that is in progress has its own again afterwards."""
    present = loaded.loras.present
    with_loras(loaded, request, library)
    try:
        yield
    finally:
        with_loras(loaded, replace(request, loras=present), library)


def with_autoencoder(
    loaded: LoadedModel, request: GenerationRequest, library: AutoencoderLibrary
) -> GenerationRequest:
    """Lets the model decode by the request's autoencoder; returns it with its SHA-256.

    Raises AutoencoderMissing, WrongAutoencoder, ModelBroken or torch.OutOfMemoryError.
    """
    wanted = request.autoencoder
    return replace(request, autoencoder=loaded.ladder.run(lambda: loaded.autoencoders.use(wanted, library)))


def decoder(loaded: LoadedModel, request: GenerationRequest, library: AutoencoderLibrary) -> Decode:
    """Decodes with the request's autoencoder, also when another film was looked at meanwhile."""

    def decode(latents: torch.Tensor) -> tuple[Pixels, str]:
        with_autoencoder(loaded, request, library)
        return decoding.decode(loaded.family, latents)

    return decode


def previewing(
    loaded: LoadedModel,
    request: GenerationRequest,
    mode: PreviewMode,
    catalogue: Catalogue,
    decode_times: DecodeTimes,
) -> tuple[Decode | None, PreviewBudget]:
    """The tiny autoencoder for a run's previews, where there is one and it is wanted, and what they may cost."""
    wants_tiny = mode in (PreviewMode.automatic, PreviewMode.sharp)
    tiny = loaded.tiny.decoder(catalogue.tiny_autoencoders) if wants_tiny else None
    if tiny is None and mode is PreviewMode.sharp:
        mode = PreviewMode.automatic
    return tiny, PreviewBudget(mode, decode_times, (request.model, request.size, tiny is not None))
