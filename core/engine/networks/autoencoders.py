"""The kinds of autoencoders: how each one's latents become those that the network sees, and back."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from core.engine.networks.kl_autoencoder import KLAutoencoder
from core.families.autoencoder_kinds import FLUX_2, KL, QWEN
from core.request.request import Size


class Flux2Autoencoder(KLAutoencoder):
    """diffusers' AutoencoderKLFlux2: 2x2 places are joined, and scaled by the statistics of a batch norm.

    Its pictures are encoded to the mean, as ``Flux2KleinInpaintPipeline`` does; the draw is taken all the same, so
    that the generators of every family are at the same number after it.
    """

    joined = 2

    @property
    def factor(self) -> int:
        return super().factor * self.joined

    def latent_shape(self, size: Size) -> tuple[int, int, int]:
        channels, height, width = super().latent_shape(size)
        return channels * self.joined**2, height, width

    def encode(self, pixels: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        mean = self.module.encode(pixels.to(self._dtype)).latent_dist.mode().float().contiguous()
        if generator is not None:
            torch.randn(mean.shape, generator=generator)
        mean_of_all, std_of_all = self._statistics(mean.device)
        return (pixel_unshuffle(mean, self.joined) - mean_of_all) / std_of_all

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        mean, std = self._statistics(latents.device)
        latents = pixel_shuffle(latents.float() * std + mean, self.joined)
        return self.module.decode(latents.to(self._dtype), return_dict=False)[0]

    def _statistics(self, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns mean and deviation of each joined channel, float32 (1, channels, 1, 1).

        They stay where the autoencoder rests: it is on the device only while it is called.
        """
        norm = self.module.bn
        both = (values.to(device).float() for values in (norm.running_mean, norm.running_var))
        mean, variance = (values.view(1, -1, 1, 1) for values in both)
        return mean, torch.sqrt(variance + self.module.config.batch_norm_eps)


class QwenAutoencoder(KLAutoencoder):
    """diffusers' AutoencoderKLQwenImage: a picture is a film of one frame; each channel has its own scale."""

    @property
    def factor(self) -> int:
        return 2 ** len(self.module.config.temperal_downsample)

    def latent_shape(self, size: Size) -> tuple[int, int, int]:
        return self.module.config.z_dim, size.height // self.factor, size.width // self.factor

    def encode(self, pixels: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        """Divides where nothing is drawn, as pipelines that edit do; those that begin with a picture multiply."""
        if generator is not None:
            return super().encode(pixels.unsqueeze(2), generator).squeeze(2)
        latents = self.module.encode(pixels.to(self._dtype).unsqueeze(2)).latent_dist.mode().float().contiguous()
        mean, std = self._statistics(latents)
        return ((latents - mean) / std).squeeze(2)

    def encode_map(self, pixels: torch.Tensor) -> torch.Tensor:
        return super().encode(pixels.unsqueeze(2), None).squeeze(2)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        mean, std = self._statistics(latents)
        latents = (latents.unsqueeze(2) / (1.0 / std) + mean).to(self._dtype)
        return self.module.decode(latents, return_dict=False)[0].squeeze(2)

    def _scaled(self, latents: torch.Tensor) -> torch.Tensor:
        mean, std = self._statistics(latents)
        return (latents - mean) * (1.0 / std)

    def _statistics(self, latents: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Returns mean and deviation of each channel, (1, channels, 1, 1, 1)."""
        config = self.module.config
        both = (torch.tensor(values).view(1, -1, 1, 1, 1) for values in (config.latents_mean, config.latents_std))
        return tuple(values.to(latents.device, latents.dtype) for values in both)


KINDS: Mapping[str, type[KLAutoencoder]] = MappingProxyType(
    {KL: KLAutoencoder, FLUX_2: Flux2Autoencoder, QWEN: QwenAutoencoder}
)


def autoencoder_of(module: Any) -> KLAutoencoder:
    """Returns a network of one of these classes of diffusers as the engine calls it."""
    return KINDS[type(module).__name__](module)
