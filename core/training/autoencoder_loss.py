"""The autoencoder's losses: wrong colours, lost edges, lost hues, latents far from a unit Gaussian.

The autoencoder is a KL-regularised one (Kingma & Welling 2014, eq. 7; Rombach et al. 2022, section 3.1): the
encoder gives a Gaussian q(z|x) = N(mu, sigma^2), the decoder D a picture, and the loss is

    L = E_q |x - D(z)| + ... + beta KL(q(z|x) || N(0, 1)),   KL = (mu^2 + sigma^2 - 1 - log sigma^2) / 2

with a very small beta: the latents are to be smooth, not to be sampled from N(0, 1).

Pixel losses alone let red, purple and pink all decode as orange while the error stays small. A thumbnail of the
picture, read off the latents by a single linear map, is therefore asked for from the first step on; its chroma
(what is left when the mean of the three channels is taken away) counts most.
"""

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

_SCALES = 3


def reconstruction_loss(picture: Tensor, decoded: Tensor) -> Tensor:
    """Returns the error of pixels, edges and local means; both (batch, 3, height, width) in [-1, 1]."""
    residual = decoded - picture
    loss = residual.abs().mean() + residual.square().mean()
    for _ in range(_SCALES):
        loss = loss + 0.5 * (_slope_x(residual).abs().mean() + _slope_y(residual).abs().mean())
        residual = F.avg_pool2d(residual, 2)
        loss = loss + 0.3 * residual.abs().mean()
    return loss


def thumbnail_loss(picture: Tensor, seen: Tensor) -> Tensor:
    """Returns the error of `seen`, the thumbnail read off the latents: (batch, 3, latent height, width)."""
    residual = seen - F.adaptive_avg_pool2d(picture, seen.shape[-1])
    chroma = residual - residual.mean(dim=1, keepdim=True)
    return residual.abs().mean() + 3 * chroma.abs().mean() + 2 * chroma.square().mean()


def kl_loss(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Returns the KL divergence from the unit Gaussian, mean over all values of the latents."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()


def chroma_error(picture: Tensor, decoded: Tensor) -> Tensor:
    """Returns the mean absolute error of the colours without their brightness, in units of [-1, 1]."""
    residual = decoded - picture
    return (residual - residual.mean(dim=1, keepdim=True)).abs().mean()


def psnr(picture: Tensor, decoded: Tensor) -> Tensor:
    """Returns the peak signal-to-noise ratio in dB of each picture, (batch,)."""
    error = (decoded.clamp(-1, 1) - picture).square().mean(dim=(1, 2, 3))
    return 10 * torch.log10(4 / error.clamp_min(1e-12))


def _slope_x(picture: Tensor) -> Tensor:
    return picture[..., 1:] - picture[..., :-1]


def _slope_y(picture: Tensor) -> Tensor:
    return picture[..., 1:, :] - picture[..., :-1, :]
