"""The autoencoder between pixels and latents of most models (Rombach et al. 2022, section 3.1)."""

from typing import Any

import torch

from core.request.request import Size


class KLAutoencoder:
    """diffusers' AutoencoderKL with its scale: latents have a standard deviation of about 1.

    Attributes:
        module: the network itself, so that a failed decode can be repeated in tiles or another dtype.
        joined: places along a side that are joined into one of more channels, see `core.film.latent_rgb`.
    """

    joined = 1

    def __init__(self, module: Any) -> None:
        self.module = module

    @property
    def factor(self) -> int:
        """Returns pixels along a side for each place of a latent."""
        return 2 ** (len(self.module.config.block_out_channels) - 1)

    @property
    def _dtype(self) -> torch.dtype:
        """Asks one layer only, since a failed decode changes all: `dtype` of diffusers looks through each."""
        return next(self.module.parameters()).dtype

    def latent_shape(self, size: Size) -> tuple[int, int, int]:
        return self.module.config.latent_channels, size.height // self.factor, size.width // self.factor

    def encode(self, pixels: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        """See `core.engine.families.Family.encode`."""
        posterior = self.module.encode(pixels.to(self._dtype)).latent_dist
        mean, std = posterior.mean.float().contiguous(), posterior.std.float().contiguous()
        if generator is None:
            return self._scaled(mean)
        noise = torch.randn(mean.shape, generator=generator).to(mean.device)
        return self._scaled(mean + std * noise)

    def encode_map(self, pixels: torch.Tensor) -> torch.Tensor:
        """See `core.engine.families.Family.encode_map`."""
        return self.encode(pixels, None)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """See `core.engine.families.Family.decode`."""
        latents = latents.to(self._dtype) / self.module.config.scaling_factor
        if self.module.config.shift_factor:
            latents = latents + self.module.config.shift_factor
        return self.module.decode(latents, return_dict=False)[0]

    def _scaled(self, latents: torch.Tensor) -> torch.Tensor:
        if self.module.config.shift_factor:
            latents = latents - self.module.config.shift_factor
        return self.module.config.scaling_factor * latents
