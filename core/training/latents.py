"""From the trained autoencoder to what the diffusion model learns from: unit latents, encoded once and kept.

Also fits the linear map latent -> RGB that previews use.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from core.training.checkpoint import MovingAverage, load_checkpoint, part
from core.training.networks import new_autoencoder, place, posterior
from core.training.parallel import Team
from core.training.postcards import postcards
from core.training.settings import Settings
from core.training.shards import ROWS, Shards

DECODER = "decoder.safetensors"
_BATCH = 25


def trained_autoencoder(settings: Settings, folder: Path) -> AutoencoderKL:
    """The averaged weights of the last checkpoint, before `standardise`."""
    tensors, _ = load_checkpoint(folder / "autoencoder.safetensors")
    network = new_autoencoder(settings.autoencoder, settings.size_px)
    averages = part("average", tensors)
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            parameter.copy_(averages[str(number)])
    network.eval()
    for parameter in network.parameters():
        parameter.requires_grad = False
    return network


@torch.no_grad()
def standardise(network: AutoencoderKL, pictures: NDArray[np.uint8]) -> None:
    """Fold zero mean and unit deviation of each latent channel into the two 1x1 convolutions around the latents.

    With z' = (z - m) / s the encoder's last layer gives (mean - m) / s and log variance - 2 log s, the decoder's
    first one takes W (s z' + m) + b. The pictures stay the same, and the model's scaling factor is 1.
    """
    latents = torch.cat([encode(network, pictures[k : k + _BATCH]) for k in range(0, len(pictures), _BATCH)])
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
    """Latents, float32 (batch, channels, height, width), of pictures uint8 (batch, size, size, 3)."""
    device = next(network.parameters()).device
    batch = torch.from_numpy(np.array(pictures)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
    return posterior(network, batch.contiguous(memory_format=torch.channels_last)).mean.float()


def latent_rgb(
    network: AutoencoderKL, pictures: NDArray[np.uint8]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Matrix (channels, 3) and bias (3,) of the linear map from latents to RGB in [-1, 1], by least squares."""
    latents = torch.cat([encode(network, pictures[k : k + _BATCH]) for k in range(0, len(pictures), _BATCH)]).cpu()
    small = F.adaptive_avg_pool2d(
        torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1, latents.shape[-1]
    )
    known = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1]).numpy()
    wanted = small.permute(0, 2, 3, 1).reshape(-1, 3).numpy()
    known = np.concatenate([known, np.ones((len(known), 1), dtype=known.dtype)], axis=1)
    solution = np.linalg.lstsq(known.astype(np.float64), wanted.astype(np.float64), rcond=None)[0]
    return solution[:-1], solution[-1]


@dataclass(frozen=True, slots=True)
class Encoding:
    """Encodes all postcards, as a task for `run_together`; shards that are there already are kept."""

    settings: Settings
    folder: Path

    def __call__(self, team: Team) -> None:
        """Encode every `team.size`-th shard."""
        pictures = postcards(self.folder, self.settings.size_px)
        encoded = latents(self.folder)
        network = standard_autoencoder(self.settings, self.folder)
        place(network, team.device)
        starts = list(range(0, self.settings.pictures, ROWS))[team.rank :: team.size]
        for start in tqdm(starts, desc="encoding", unit="shard", disable=not team.leads):
            if encoded.path(start).exists():
                continue
            shard = pictures.shard(start)[: self.settings.pictures - start]
            rows = torch.cat([encode(network, shard[k : k + _BATCH]) for k in range(0, len(shard), _BATCH)])
            encoded.write(start, rows.cpu().numpy().astype(np.float16))


def standard_autoencoder(settings: Settings, folder: Path) -> AutoencoderKL:
    """The trained autoencoder with unit latents: always the same one for the same checkpoint."""
    network = trained_autoencoder(settings, folder)
    standardise(network, sample_postcards(settings, folder))
    return network


def finished_autoencoder(settings: Settings, folder: Path) -> AutoencoderKL:
    """The same with the decoder trained once more (`decoder.py`), where that has been done."""
    network = standard_autoencoder(settings, folder)
    if (folder / DECODER).exists():
        tensors, _ = load_checkpoint(folder / DECODER)
        average = MovingAverage(decoding_half(network).values(), settings.decoder.ema_decay)
        average.restore(part("average", tensors))
        average.swap()
    return network


def decoding_half(network: AutoencoderKL) -> dict[str, nn.Module]:
    """The parts of an autoencoder that latents pass on their way to a picture."""
    return {"entry": cast(nn.Module, network.post_quant_conv), "decoder": network.decoder}


def sample_postcards(settings: Settings, folder: Path) -> NDArray[np.uint8]:
    """The first postcards of a run, enough for the latents' statistics: uint8 (500 at most, size, size, 3)."""
    return postcards(folder, settings.size_px).first(min(ROWS, settings.pictures))


def latents(folder: Path) -> Shards:
    """The cached latents of a run's folder: each row float16 (channels, height, width)."""
    return Shards(folder / "latents", "latents")
