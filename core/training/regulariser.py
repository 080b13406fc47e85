"""Two ways to keep latents in bounds, both of the latent diffusion paper (Rombach et al. 2022, section 3.1).

Kullback-Leibler: the encoder gives a Gaussian, drawn a little towards N(0, 1); latents are continuous. Vector
quantisation (van den Oord et al. 2017, eq. 1 to 3): each latent vector is replaced by the nearest of a learnt
codebook; the decoder only ever sees codes. The starter model ships with the first.
"""

from typing import Any, cast

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.vq_model import VQModel
from torch import Tensor, nn

from core.training.autoencoder_loss import kl_loss
from core.training.networks import autoencoder_shapes, decoded, new_autoencoder, posterior
from core.training.settings import AutoencoderSettings


class KullbackLeibler:
    """AutoencoderKL: latents are mean + deviation * noise in training, the mean afterwards."""

    def __init__(self, network: AutoencoderKL, weight: float) -> None:
        self.network: nn.Module = network
        self.channels = int(network.config["latent_channels"])
        self._model = network
        self._weight = weight

    def learnt_from(self, pictures: Tensor, source: torch.Generator) -> tuple[Tensor, Tensor]:
        """Returns a sample of the Gaussian, (batch, channels, h, w), and its weighted divergence from N(0, 1)."""
        gaussian = posterior(self._model, pictures)
        noise = torch.randn(gaussian.mean.shape, generator=source, device=pictures.device)
        return gaussian.mean + gaussian.std * noise, self._weight * kl_loss(gaussian.mean, gaussian.logvar)

    def encoded(self, pictures: Tensor) -> Tensor:
        """Returns the Gaussian's mean."""
        return posterior(self._model, pictures).mean

    def decoded(self, latents: Tensor) -> Tensor:
        return decoded(self._model, latents)


class VectorQuantised:
    """VQModel: latents are codes; their gradient goes straight through to the encoder's output."""

    def __init__(self, settings: AutoencoderSettings, size_px: int) -> None:
        shapes = autoencoder_shapes(settings, size_px)
        network = VQModel(**shapes, num_vq_embeddings=settings.codes, vq_embed_dim=settings.code_width)
        # The codes follow the latents, the latents are drawn to the codes a quarter as much (eq. 3); the default
        # has it the other way round for the sake of old weights.
        network.quantize.legacy = False
        # The first latents are about that large: among codes a thousand times smaller nearly all stay unused.
        nn.init.normal_(network.quantize.embedding.weight)
        self.network: nn.Module = network
        self.channels = settings.code_width
        self._model = network

    def learnt_from(self, pictures: Tensor, source: torch.Generator) -> tuple[Tensor, Tensor]:
        """Returns the nearest codes, (batch, channels, h, w), and their distance from the encoder's output."""
        codes, penalty, _ = self._quantised(pictures)
        return codes, penalty

    def encoded(self, pictures: Tensor) -> Tensor:
        """Returns the nearest codes."""
        return self._quantised(pictures)[0]

    def decoded(self, latents: Tensor) -> Tensor:
        pictures: Any = self._model.decode(cast(Any, latents), force_not_quantize=True, return_dict=False)
        return cast(Tensor, pictures[0])

    def numbers(self, pictures: Tensor) -> Tensor:
        """Returns the codes' numbers, int64, of all latent vectors of all pictures."""
        return self._quantised(pictures)[2]

    def _quantised(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        raw: Any = self._model.encode(cast(Any, pictures), return_dict=False)
        codes, penalty, (_, _, numbers) = self._model.quantize(raw[0])
        return codes, penalty, numbers


def new_regularised(settings: AutoencoderSettings, size_px: int) -> KullbackLeibler | VectorQuantised:
    """Returns an untrained autoencoder with the settings' regulariser."""
    if settings.regulariser == "vq":
        return VectorQuantised(settings, size_px)
    return KullbackLeibler(new_autoencoder(settings, size_px), settings.kl_weight)
