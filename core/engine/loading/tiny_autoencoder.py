"""Decodes previews by a tiny autoencoder: nearly the picture, at a hundredth of the cost."""

import logging
import re
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from safetensors.torch import load_file

from core.autoencoders.latent_space import own_space
from core.autoencoders.tiny import AUTHORS_FIRST, TinyAutoencoderFile, TinyAutoencoderLibrary
from core.engine.decoding.decoding import Decode, to_pixels
from core.engine.devices.device import DevicePlan
from core.engine.devices.out_of_memory import RAN_OUT, attempt
from core.engine.networks.processor_blocks import use_processor_layers
from core.engine.weights.components import load_component
from core.engine.weights.fit import misfit, shapes_of
from core.engine.weights.guard import loading
from core.errors import ModelBroken, NotANumberPicture
from core.language.words import tr
from core.models.catalogue import Model
from core.pictures.pixels import Pixels

log = logging.getLogger(__name__)

_DECODER = "decoder."


class TinyAutoencoder:
    """The tiny autoencoder of one loaded model, loaded when it is first wanted."""

    def __init__(self, model: Model, plan: DevicePlan) -> None:
        self._model = model
        self._plan = plan
        self._file: TinyAutoencoderFile | None = None
        self._module: Any = None

    def decoder(self, library: TinyAutoencoderLibrary) -> Decode | None:
        """Returns None where there is none that can be used: a preview is not worth a run."""
        try:
            if attempt(lambda: self._load(library.find(own_space(self._model.folder)))) is RAN_OUT:
                log.info("no sharp previews: out of memory")
        except ModelBroken as error:
            log.info("no sharp previews: %s", error)
        return self._decode if self._module is not None else None

    def _load(self, file: TinyAutoencoderFile | None) -> None:
        if file != self._file:
            self._file, self._module = file, None
            self._module = load_tiny(file, self._plan) if file is not None else None
            if self._module is not None:
                use_processor_layers(self._module)

    def _decode(self, latents: torch.Tensor) -> tuple[Pixels, str]:
        decoded = decode_tiny(self._module, latents)
        if not torch.isfinite(decoded).all():
            raise NotANumberPicture(tr("the tiny autoencoder"))
        return to_pixels(decoded), ""


def decode_tiny(module: Any, latents: torch.Tensor) -> torch.Tensor:
    """Pictures (batch, 3, height, width), -1 to 1, of latents as the network sees them."""
    scaled = latents.to(module.dtype) / module.config.scaling_factor
    return module.decode(scaled, return_dict=False)[0]


def load_tiny(file: TinyAutoencoderFile, plan: DevicePlan) -> Any:
    """On the planned device. Raises ModelBroken or torch.OutOfMemoryError."""
    if file.path.is_dir():
        return load_component(AutoencoderTiny, file.path, plan)
    weights: dict[str, torch.Tensor] = {}
    with loading(
        file.path, tr("its decoder"), lambda: misfit(shapes_of(module.decoder.state_dict()), shapes_of(weights))
    ):
        module: Any = AutoencoderTiny(latent_channels=file.space.channels)
        weights = _named(load_file(file.path))
        module.decoder.load_state_dict(weights)
    del module.encoder  # it has no weights: previews only decode
    return module.to(plan.device, plan.dtype).eval().requires_grad_(requires_grad=False)


def _named(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """With diffusers' names within the decoder; the author counts the clamp before the first layer, too."""
    if AUTHORS_FIRST not in weights:
        return {name.removeprefix(_DECODER): value for name, value in weights.items() if name.startswith(_DECODER)}
    return {
        re.sub(r"^\d+", lambda found: f"layers.{int(found[0]) - 1}", name): value
        for name, value in weights.items()
    }
