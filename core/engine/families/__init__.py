"""The model families: what is special about each kind of checkpoint, one file each.

A family is added by its file, one line in `FAMILIES`, and one tiny builder in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch

from core.engine.devices.device import DevicePlan
from core.engine.families import stable_diffusion, stable_diffusion_xl, z_image
from core.engine.sampling.denoising import Predict
from core.film.latent_rgb import LatentRgb
from core.models.catalogue import Model
from core.recipes.recipe import ModelIdentity
from core.request.request import GenerationRequest, Size


class Family(Protocol):
    """A loaded model; latents are float32 (batch, channels, height / factor, width / factor), on its device."""

    @property
    def identity(self) -> ModelIdentity: ...

    @property
    def scheduler_config(self) -> Mapping[str, Any]:
        """Content of the checkpoint's ``scheduler_config.json``."""
        ...

    @property
    def latent_rgb(self) -> LatentRgb:
        """The linear map from a latent to colours, for previews."""
        ...

    def latent_shape(self, size: Size) -> tuple[int, int, int]: ...

    def knows_prompt(self, request: GenerationRequest) -> bool:
        """True if `read_prompt` will not have to run the text encoder."""
        ...

    def read_prompt(self, request: GenerationRequest, batch: int) -> Predict:
        """Encodes prompt and negative prompt, and returns the network's call with them built in."""
        ...

    def network(self) -> Any:
        """The denoising network, for probes in a U-Net; the prompt's half is the last of its batch."""
        ...

    def parts(self) -> Mapping[str, Any]:
        """All networks, by the name of their folder in a diffusers folder."""
        ...

    def forget_prompts(self) -> None:
        """The text encoder has changed: prompts are to be read anew."""
        ...

    def encode(self, pixels: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        """A latent of pictures (1, 3, height, width), -1 to 1: one sample of what the autoencoder sees in them.

        Takes one draw of float32 noise of the latent's shape from the CPU generator; without one it is the mean.
        """
        ...

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Pictures (batch, 3, height, width), float, -1 to 1. May raise torch.OutOfMemoryError."""
        ...

    def autoencoder(self) -> Any:
        """The autoencoder behind `decode`, so that a failed decode can be repeated in tiles or another dtype."""
        ...

    def set_autoencoder(self, vae: Any, latent_rgb: LatentRgb) -> None:
        """Another autoencoder for the same latents, and its linear map."""
        ...


FAMILIES: Mapping[str, Callable[[Model, DevicePlan], Family]] = {
    "stable_diffusion": stable_diffusion.load,
    "stable_diffusion_xl": stable_diffusion_xl.load,
    "z_image": z_image.load,
}
