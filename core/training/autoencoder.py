"""Trains the autoencoder: the half of the model that turns pictures into latents and back.

The picture, 128 x 128 x 3 numbers, becomes 16 x 16 x 12; the diffusion model never sees anything else. The losses
and the mathematics are in `autoencoder_loss`.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from core.training.autoencoder_loss import chroma_error, kl_loss, psnr, reconstruction_loss, thumbnail_loss
from core.training.checkpoint import (
    MovingAverage,
    Progress,
    load_checkpoint,
    optimiser_tensors,
    part,
    prefixed,
    restore_optimiser,
    save_checkpoint,
)
from core.training.journal import append_losses, forget_losses_after, save_grid
from core.training.networks import decoded, new_autoencoder, place, posterior
from core.training.parallel import Team
from core.training.postcards import load_postcards, unseen_postcards
from core.training.schedule import learning_rate
from core.training.settings import Settings


@dataclass(frozen=True, slots=True)
class AutoencoderTraining:
    """The training as a task for `run_together`.

    Attributes:
        folder: the run's folder; postcards are read from it, checkpoints, losses and grids written to it.
        seconds: stop after so many seconds of this call; None trains to the end.
    """

    settings: Settings
    folder: Path
    seconds: float | None = None

    def __call__(self, team: Team) -> None:
        """Train until the samples or the seconds are used up, going on from the last checkpoint."""
        settings = self.settings.autoencoder
        torch.manual_seed(self.settings.seed)
        network = new_autoencoder(settings, self.settings.size_px)
        place(network, team.device)
        seer = nn.Conv2d(settings.latent_channels, 3, 1).to(team.device)
        modules = (network, seer)
        average = MovingAverage(modules, settings.ema_decay)
        parameters = [parameter for module in modules for parameter in module.parameters()]
        optimiser = torch.optim.AdamW(parameters, betas=(0.9, 0.99), weight_decay=1e-4)
        path = self.folder / "autoencoder.safetensors"
        progress = Progress()
        if path.exists():
            tensors, progress = load_checkpoint(path)
            network.load_state_dict(part("network", tensors))
            seer.load_state_dict(part("seer", tensors))
            average.restore(part("average", tensors))
            restore_optimiser(optimiser, part("optimiser", tensors))
        pictures = load_postcards(self.folder / "postcards", self.settings.pictures, self.settings.size_px)
        losses = self.folder / "autoencoder.csv"
        if team.leads:
            forget_losses_after(losses, progress.step)
        bar = tqdm(initial=progress.samples, total=settings.samples, desc="autoencoder", disable=not team.leads)
        started, last_saved = time.monotonic(), time.monotonic()
        spent = progress.seconds
        network.train()
        while True:
            elapsed = team.agreed(time.monotonic() - started)
            ends = progress.samples >= settings.samples or (self.seconds is not None and elapsed > self.seconds)
            if team.leads and (ends or time.monotonic() - last_saved > self.settings.checkpoint_seconds):
                tensors = prefixed("network", network.state_dict()) | prefixed("seer", seer.state_dict())
                tensors |= prefixed("average", average.tensors())
                tensors |= prefixed("optimiser", optimiser_tensors(optimiser))
                save_checkpoint(path, tensors, progress)
                average.swap()
                measured = self._measure(network, team.device)
                average.swap()
                append_losses(self.folder / "autoencoder-measured.csv", progress.step, measured)
                last_saved = time.monotonic()
            if ends:
                return
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(settings.learning_rate, progress.samples, settings.samples)
            batch, noise_source = self._batch(pictures, progress, team)
            values = self._step(network, seer, optimiser, team, batch, noise_source)
            average.update(progress.step)
            count = len(batch) * team.size
            progress = replace(
                progress,
                step=progress.step + 1,
                samples=progress.samples + count,
                seconds=spent + time.monotonic() - started,
            )
            bar.update(count)
            if team.leads:
                append_losses(losses, progress.step, {"samples": progress.samples, **values})
                bar.set_postfix({name: f"{value:.3f}" for name, value in values.items()}, refresh=False)

    def _batch(
        self, pictures: NDArray[np.uint8], progress: Progress, team: Team
    ) -> tuple[Tensor, torch.Generator]:
        """Crops, flipped and sometimes recoloured, float32 (batch, 3, side, side) in [-1, 1]."""
        settings = self.settings.autoencoder
        rng = np.random.default_rng((self.settings.seed, 3, progress.step, team.rank))
        whole = progress.samples >= settings.samples * (1 - settings.whole_share)
        side = self.settings.size_px if whole else settings.crop_px
        count = max(1, settings.batch * settings.crop_px**2 // side**2)
        chosen = rng.integers(len(pictures), size=count)
        corners = rng.integers(self.settings.size_px - side + 1, size=(count, 2))
        crops = np.stack(
            [pictures[k, y : y + side, x : x + side] for k, (y, x) in zip(chosen, corners, strict=True)]
        )
        flips = rng.random(count) < 0.5
        crops[flips] = crops[flips, :, ::-1]
        batch = torch.from_numpy(crops).to(team.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        if not whole and rng.random() < settings.recolour:
            batch = batch[:, torch.from_numpy(rng.permutation(3))]
            batch = -batch if rng.random() < 0.5 else batch
        source = torch.Generator(team.device).manual_seed(int(rng.integers(2**62)))
        return batch.contiguous(memory_format=torch.channels_last), source

    def _step(
        self,
        network: AutoencoderKL,
        seer: nn.Conv2d,
        optimiser: torch.optim.Optimizer,
        team: Team,
        batch: Tensor,
        noise_source: torch.Generator,
    ) -> dict[str, float]:
        encoded = posterior(network, batch)
        noise = torch.randn(encoded.mean.shape, generator=noise_source, device=team.device)
        latents = encoded.mean + encoded.std * noise
        reconstruction = reconstruction_loss(batch, decoded(network, latents))
        thumbnail = thumbnail_loss(batch, seer(latents))
        divergence = kl_loss(encoded.mean, encoded.logvar)
        loss = reconstruction + thumbnail + self.settings.autoencoder.kl_weight * divergence
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        team.average_gradients((network, seer))
        parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        return {
            "reconstruction": float(reconstruction.detach()),
            "thumbnail": float(thumbnail.detach()),
            "kl": float(divergence.detach()),
        }

    @torch.no_grad()
    def _measure(self, network: AutoencoderKL, device: torch.device, count: int = 32) -> dict[str, float]:
        unseen = unseen_postcards(count, self.settings.size_px)
        batch = torch.from_numpy(unseen).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents = posterior(network, batch).mean
        made = decoded(network, latents)
        shown = ((made.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        pairs = np.stack([unseen, shown], axis=1).reshape(-1, *unseen.shape[1:])
        save_grid(self.folder / "autoencoder.png", pairs, 8)
        return {
            "psnr": float(psnr(batch, made).mean()),
            "chroma": float(chroma_error(batch, made)),
            "latent_std": float(latents.std()),
        }
