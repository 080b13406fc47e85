"""Trains the starter model's upscaler: postcards as its autoencoder decodes them, against the drawings, four times
as wide.

A drawing has no size of its own (`draw`), so the true large picture of each small one is known. The small ones are
decoded from the latents of drawings, half of them as they are, half after one prediction of the U-Net from little
noise, which blurs them as a generated picture is blurred (see `decoder.py`). Both are cached beside the drawings.
"""

from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from core.engine.upscaling.compact import Compact
from core.engine.upscaling.reading import read_network
from core.training.autoencoder_loss import psnr, reconstruction_loss
from core.training.batches import LatentBatch
from core.training.captions import caption
from core.training.checkpoint import Progress, load_averages
from core.training.course import train
from core.training.diffusion import denoised
from core.training.latents import encode
from core.training.networks import decoded, new_scheduler, place
from core.training.parallel import Team
from core.training.pixels import as_pixels, as_tensor
from core.training.postcards import FIRST_UNSEEN, draw
from core.training.scene import random_scene
from core.training.settings import Run, UpscalerSettings
from core.training.shards import ROWS, Shards

SCALE = 4
_BATCH = 25
_MOST_NOISE = 60
"""The largest timestep of those that go through the U-Net: with more noise it paints another picture."""
_SLOPE = 0.25
"""Of PReLU below 0, before it is trained."""
_NOISE = 0.3
"""The share of random weights in the layers before they are trained."""


def train_upscaler(run: Run, team: Team, model: StableDiffusionPipeline) -> None:
    """Trains the upscaler for a finished model until the samples or the seconds are used up."""
    settings = run.settings.upscaler
    torch.manual_seed(run.settings.seed)
    network = new_upscaler(settings)
    place(network, team.device)

    def losses(batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        small, large = (part.to(team.device, memory_format=torch.channels_last) for part in batch)
        with torch.autocast(team.device.type, torch.bfloat16):
            made = network(small)
        return {"reconstruction": reconstruction_loss(large * 2 - 1, made.float() * 2 - 1)}

    small, large = _pairs(model, FIRST_UNSEEN, settings.measured, run.settings.size_px)

    @torch.no_grad()
    def measure(_progress: Progress, _ends: bool) -> dict[str, float]:
        return {"psnr": enlarged_psnr(network, small, large), "lanczos": lanczos_psnr(small, large)}

    draw_pairs(run, model)
    batches = UpscalerBatches(run, team.rank)
    train(run, team, settings, {"upscaler": network}, batches, losses, measure)


def new_upscaler(settings: UpscalerSettings) -> Compact:
    """Returns an untrained network that begins as the plain enlargement, and whose layers pass on what they get.

    By torch's own first weights each layer would halve it, and nothing would be learnt (He et al. 2015, Delving
    deep into rectifiers, section 2.2).
    """
    network = Compact(settings.width, settings.depth, SCALE)
    first, *inner, last = (layer for layer in network.body if isinstance(layer, nn.Conv2d))
    for layer in (first, *inner, last):
        nn.init.zeros_(cast(Tensor, layer.bias))
    nn.init.kaiming_normal_(first.weight, a=_SLOPE)
    for layer in inner:
        nn.init.kaiming_normal_(layer.weight, a=_SLOPE)
        noise = _NOISE * layer.weight.detach()
        nn.init.dirac_(layer.weight)
        with torch.no_grad():
            layer.weight += noise
    nn.init.zeros_(last.weight)
    return network


@torch.no_grad()
def enlarged_psnr(network: nn.Module, small: NDArray[np.uint8], large: NDArray[np.uint8]) -> float:
    """Returns the mean PSNR in dB of small pictures, enlarged by the network, against the large ones."""
    device = next(network.parameters()).device
    values = []
    for one, true in zip(small, large, strict=True):
        made = network(_unit(one[None]).to(device)).clamp(0, 1).mul(255).round() / 255
        values.append(float(psnr(as_tensor(true[None]), made.cpu() * 2 - 1)))
    return float(np.mean(values))


def lanczos_psnr(small: NDArray[np.uint8], large: NDArray[np.uint8]) -> float:
    """Returns the mean PSNR in dB of small pictures, enlarged by Lanczos' filter, against the large ones."""
    side = large.shape[1]
    made = np.stack(
        [np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.LANCZOS)) for one in small]
    )
    return float(psnr(as_tensor(large), as_tensor(made)).mean())


def draw_pairs(run: Run, model: StableDiffusionPipeline) -> None:
    """Draws and decodes the pairs of a run's folder; keeps shards that are there already."""
    smalls, larges = pairs(run.folder, run.settings.size_px)
    count = run.settings.upscaler.pictures
    for start in tqdm(range(0, count, ROWS), desc="drawing pairs", unit="shard"):
        if not (smalls.path(start).exists() and larges.path(start).exists()):
            small, large = _pairs(model, start, min(ROWS, count - start), run.settings.size_px)
            larges.write(start, large)
            smalls.write(start, small)


def pairs(folder: Path, size_px: int) -> tuple[Shards, Shards]:
    """Returns decoded postcards, rows uint8 (size_px, size_px, 3), and drawings of four times the size."""
    return Shards(folder / "pairs", f"decoded-{size_px}"), Shards(folder / "pairs", f"drawn-{SCALE * size_px}")


class UpscalerBatches:
    """The upscaler's batches: crops of both sizes at the same place, (batch, 3, side, side) each."""

    def __init__(self, run: Run, rank: int) -> None:
        self._settings = run.settings
        self._small, self._large = pairs(run.folder, run.settings.size_px)
        self._rank = rank

    def size(self, samples: int) -> int:
        """Returns the size of any batch."""
        del samples
        return self._settings.upscaler.batch

    def __call__(self, progress: Progress) -> tuple[Tensor, Tensor]:
        settings = self._settings.upscaler
        rng = np.random.default_rng((self._settings.seed, 7, progress.step, self._rank))
        side, small, large = settings.crop_px, [], []
        for number in rng.integers(settings.pictures, size=settings.batch).tolist():
            y, x = rng.integers(self._settings.size_px - side + 1, size=2).tolist()
            turned = slice(None, None, -1 if rng.random() < 0.5 else 1)
            small.append(self._small[number][y : y + side, x : x + side][:, turned])
            top, left, wide = SCALE * y, SCALE * x, SCALE * side
            large.append(self._large[number][top : top + wide, left : left + wide][:, turned])
        return _unit(np.stack(small)), _unit(np.stack(large))


def export_upscaler(run: Run, target: Path) -> None:
    """Writes the averaged weights in float16, with the names of other Compact networks, as one file."""
    settings = run.settings.upscaler
    network = Compact(settings.width, settings.depth, SCALE)
    load_averages(run.folder / f"{settings.name}.safetensors", (network,))
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.half().contiguous() for name, weight in network.state_dict().items()}, target)
    target.chmod(0o644)


def measured(run: Run, model: StableDiffusionPipeline, file: Path) -> str:
    """Returns the figures of a written upscaler on unseen pictures, and of Lanczos' filter, in words."""
    small, large = _pairs(
        model, FIRST_UNSEEN + run.settings.upscaler.measured, run.settings.unseen, run.settings.size_px
    )
    network, _ = read_network(file, "", None)
    ours, theirs = (enlarge(small, large) for enlarge in (partial(enlarged_psnr, network), lanczos_psnr))
    return f"{ours:.2f} dB against {theirs:.2f} dB by Lanczos, on {len(small)} unseen pictures"


@torch.no_grad()
def _pairs(
    model: StableDiffusionPipeline, first: int, count: int, size_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Returns decoded postcards from this number on, every second one through the U-Net, and their drawings."""
    scenes = [random_scene(first + number) for number in range(count)]
    alphas = new_scheduler().alphas_cumprod
    small: list[NDArray[np.uint8]] = []
    for start in range(0, count, _BATCH):
        part = scenes[start : start + _BATCH]
        latents = encode(model.vae, np.stack([draw(scene, size_px) for scene in part]))
        rng = np.random.default_rng((first, 8, start))
        tokens = model.tokenizer(
            [caption(scene, rng) for scene in part],
            padding="max_length",
            truncation=True,
            max_length=model.tokenizer.model_max_length,
            return_tensors="pt",
        ).input_ids
        timesteps = torch.from_numpy((_MOST_NOISE * rng.random(len(part))).astype(np.int64))
        batch = LatentBatch(latents, timesteps, tokens, int(rng.integers(2**62)))
        predicted = denoised(model.text_encoder, model.unet, batch, alphas)
        latents[1::2] = predicted[1::2]
        small.append(as_pixels(decoded(model.vae, latents)))
    return np.concatenate(small), np.stack([draw(scene, SCALE * size_px) for scene in scenes])


def _unit(pictures: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
