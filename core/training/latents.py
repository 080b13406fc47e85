"""Encodes the postcards once, into the unit latents that the diffusion model learns from.

Also fits the linear map latent -> RGB that previews use.
"""

from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from core.training.checkpoint import load_averages
from core.training.networks import new_autoencoder, place, posterior
from core.training.parallel import Team
from core.training.pixels import as_tensor
from core.training.postcards import postcards
from core.training.settings import Run, Settings
from core.training.shards import ROWS, latents

DECODER = "decoder.safetensors"
_BATCH = 25


def trained_autoencoder(settings: Settings, folder: Path) -> AutoencoderKL:
    """Returns the autoencoder with the averaged weights of the last checkpoint, before `standardise`."""
    network = new_autoencoder(settings.autoencoder, settings.size_px)
    load_averages(folder / "autoencoder.safetensors", (network,))
    return network.eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def standardise(network: AutoencoderKL, pictures: NDArray[np.uint8]) -> None:
    """Folds zero mean and unit deviation of each latent channel into the two 1x1 convolutions around the latents.

    With z' = (z - m) / s the encoder's last layer gives (mean - m) / s and log variance - 2 log s, the decoder's
    first one takes W (s z' + m) + b. The pictures stay the same, and the model's scaling factor is 1.
    """
    latents = encode(network, pictures)
    mean, deviation = latents.mean(dim=(0, 2, 3)), latents.std(dim=(0, 2, 3))
    channels = len(mean)
    into, out_of = cast(nn.Conv2d, network.quant_conv), cast(nn.Conv2d, network.post_quant_conv)
    into_bias, out_of_bias = cast(Tensor, into.bias), cast(Tensor, out_of.bias)
    into.weight[:channels] /= deviation[:, None, None, None]
    into_bias[:channels] = (into_bias[:channels] - mean) / deviation
    into_bias[channels:] -= 2 * deviation.log()
    out_of_bias += out_of.weight[:, :, 0, 0] @ mean
    out_of.weight *= deviation[None, :, None, None]


@torch.no_grad()
def encode(network: AutoencoderKL, pictures: NDArray[np.uint8]) -> Tensor:
    """Returns the latents, float32 (count, channels, height, width), of pictures uint8 (count, size, size, 3)."""
    device = next(network.parameters()).device
    starts = range(0, len(pictures), _BATCH)
    batches = (as_tensor(np.array(pictures[k : k + _BATCH])).to(device) for k in starts)
    laid_out = (batch.contiguous(memory_format=torch.channels_last) for batch in batches)
    return torch.cat([posterior(network, batch).mean.float() for batch in laid_out])


def latent_rgb(
    network: AutoencoderKL, pictures: NDArray[np.uint8]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Fits the linear map from latents to RGB in [-1, 1]: matrix (channels, 3) and bias (3,), by least squares."""
    latents = encode(network, pictures).cpu()
    small = F.adaptive_avg_pool2d(as_tensor(pictures), latents.shape[-1])
    known = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1]).numpy()
    wanted = small.permute(0, 2, 3, 1).reshape(-1, 3).numpy()
    known = np.concatenate([known, np.ones((len(known), 1), dtype=known.dtype)], axis=1)
    solution = np.linalg.lstsq(known.astype(np.float64), wanted.astype(np.float64), rcond=None)[0]
    return solution[:-1], solution[-1]


def encode_postcards(run: Run, team: Team) -> None:
    """Encodes every `team.size`-th shard of a run's postcards; keeps shards that are there already."""
    settings, pictures, encoded = run.settings, postcards(run.folder, run.settings.size_px), latents(run.folder)
    network = standard_autoencoder(settings, run.folder)
    place(network, team.device)
    starts = list(range(0, settings.pictures, ROWS))[team.rank :: team.size]
    for start in tqdm(starts, desc="encoding", unit="shard", disable=not team.leads):
        if not encoded.path(start).exists():
            rows = encode(network, pictures.shard(start)[: settings.pictures - start])
            encoded.write(start, rows.cpu().numpy().astype(np.float16))


def standard_autoencoder(settings: Settings, folder: Path) -> AutoencoderKL:
    """Returns the trained autoencoder with unit latents, which depends on the checkpoint alone."""
    network = trained_autoencoder(settings, folder)
    standardise(network, sample_postcards(settings, folder))
    return network


def finished_autoencoder(settings: Settings, folder: Path) -> AutoencoderKL:
    """Returns the autoencoder with unit latents, its decoder trained once more (`decoder.py`) if that was done."""
    network = standard_autoencoder(settings, folder)
    if (folder / DECODER).exists():
        load_averages(folder / DECODER, decoding_half(network).values())
    return network


def decoding_half(network: AutoencoderKL) -> dict[str, nn.Module]:
    """Returns the parts of an autoencoder that latents pass on their way to a picture."""
    return {"entry": cast(nn.Module, network.post_quant_conv), "decoder": network.decoder}


def sample_postcards(settings: Settings, folder: Path) -> NDArray[np.uint8]:
    """Returns postcards of a run for the latents' statistics: uint8 (500 at most, size, size, 3)."""
    return postcards(folder, settings.size_px).first(min(ROWS, settings.pictures))
