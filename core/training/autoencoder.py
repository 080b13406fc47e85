"""Trains the autoencoder: the half of the model that turns pictures into latents and back.

The picture, 128 x 128 x 3 numbers, becomes 16 x 16 x 12; the diffusion model never sees anything else. The losses
and the mathematics are in `autoencoder_loss`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.training.autoencoder_loss import chroma_error, psnr, reconstruction_loss, thumbnail_loss
from core.training.checkpoint import Progress
from core.training.course import Course, Lesson, train
from core.training.journal import append_losses, save_grid
from core.training.learner import Learner
from core.training.networks import place
from core.training.parallel import Team
from core.training.postcards import load_postcards, unseen_postcards
from core.training.regulariser import Regularised, new_regularised
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
        autoencoder = new_regularised(settings, self.settings.size_px)
        seer = nn.Conv2d(autoencoder.channels, 3, 1)
        place(autoencoder.network, team.device)
        place(seer, team.device)
        pictures = load_postcards(self.folder / "postcards", self.settings.pictures, self.settings.size_px)
        learner = Learner(
            self.folder / "autoencoder.safetensors",
            {"network": autoencoder.network, "seer": seer},
            ema_decay=settings.ema_decay,
            weight_decay=1e-4,
        )
        course = Course(
            name="autoencoder",
            samples=settings.samples,
            peak_rate=settings.learning_rate,
            seconds=self.seconds,
            pause_seconds=self.settings.checkpoint_seconds,
            losses=self.folder / "autoencoder.csv",
        )

        def give_lesson(progress: Progress) -> Lesson:
            batch, noise_source = self._batch(pictures, progress, team)
            return self._lesson(autoencoder, seer, batch, noise_source)

        def pause(_is_last: bool) -> None:
            with learner.averaged():
                measured = self._measure(autoencoder, team.device)
            append_losses(self.folder / "autoencoder-measured.csv", learner.progress.step, measured)

        train(learner, team, course, give_lesson, pause)

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

    def _lesson(
        self, autoencoder: Regularised, seer: nn.Conv2d, batch: Tensor, noise_source: torch.Generator
    ) -> Lesson:
        latents, penalty = autoencoder.learnt_from(batch, noise_source)
        reconstruction = reconstruction_loss(batch, autoencoder.decoded(latents))
        thumbnail = thumbnail_loss(batch, seer(latents))
        values = {"reconstruction": reconstruction, "thumbnail": thumbnail, "penalty": penalty}
        return Lesson(
            reconstruction + thumbnail + penalty,
            {name: float(value.detach()) for name, value in values.items()},
            len(batch),
        )

    @torch.no_grad()
    def _measure(self, autoencoder: Regularised, device: torch.device, count: int = 32) -> dict[str, float]:
        unseen = unseen_postcards(count, self.settings.size_px)
        batch = torch.from_numpy(unseen).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents = autoencoder.encoded(batch)
        made = autoencoder.decoded(latents)
        shown = ((made.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        pairs = np.stack([unseen, shown], axis=1).reshape(-1, *unseen.shape[1:])
        save_grid(self.folder / "autoencoder.png", pairs, 8)
        return {
            "psnr": float(psnr(batch, made).mean()),
            "chroma": float(chroma_error(batch, made)),
            "latent_std": float(latents.std()),
        }
