r"""Trains text encoder and U-Net together: the half of the model that turns words into latents.

Forward process. Noise is added to a clean latent x0 in T = 1000 small steps; a closed form leads to any of them
(Ho et al. 2020, eq. 4):

    q(x_t | x0) = N(alpha_t x0, sigma_t^2 I),   x_t = alpha_t x0 + sigma_t eps,   alpha_t^2 + sigma_t^2 = 1

with alpha_t^2 the running product of 1 - beta_s. The variational bound on log p(x0) is a sum of KL divergences
between Gaussians, each a weighted squared error; leaving the weights out gives the simplified objective (Ho et al.
2020, eq. 14)

    L = E_{x0, eps, t} |eps - eps_theta(x_t, t)|^2.

Velocity. At sigma = 1 the input holds no signal and eps is no target any more. We learn v instead (Salimans & Ho
2022, section 4 and appendix D):

    v_t = alpha_t eps - sigma_t x0,   x0 = alpha_t x_t - sigma_t v,   eps = sigma_t x_t + alpha_t v

|v - v_theta|^2 is the same error on x0 weighted by 1 + SNR(t), SNR = alpha^2 / sigma^2; the eps objective weights
it by SNR, which vanishes where the composition is decided.

Zero terminal SNR. Common schedules stop at alpha_T > 0: the network then reads the picture's brightness out of
x_T, which pure noise at sampling time does not have. The schedule is rescaled so that alpha_T = 0, and sampling
starts at the last step, "trailing" (Lin et al. 2024, sections 3.1 to 3.3).

Classifier-free guidance. A tenth of the captions is left empty, so one network knows both p(x|c) and p(x);
sampling exaggerates their difference, v = v(empty) + g (v(c) - v(empty)) (Ho & Salimans 2022, eq. 6, g = 1 + w).
"""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import CLIPTextModel, CLIPTokenizer

from core.training.batches import LatentBatch, LatentBatches
from core.training.checkpoint import Progress
from core.training.course import Course, Lesson, train
from core.training.generation import generated
from core.training.journal import save_grid
from core.training.latents import finished_autoencoder
from core.training.learner import Learner
from core.training.networks import latent_side, new_pipeline, new_scheduler, new_text_encoder, new_unet, place
from core.training.parallel import Team
from core.training.settings import Settings
from core.training.supply import plan, supplied
from core.training.words import EXAMPLE_PROMPTS

_GRID_STEPS, _GRID_GUIDANCE = 16, 4.0


@dataclass(frozen=True, slots=True)
class DiffusionTraining:
    """The training as a task for `run_together`.

    Attributes:
        folder: the run's folder with tokenizer, autoencoder and latents.
        seconds: stop after so many seconds of this call; None trains to the end.
        grid_seconds: pause between two grids of sample pictures; None draws none.
        workers: processes that make batches ahead for each training process.
    """

    settings: Settings
    folder: Path
    seconds: float | None = None
    grid_seconds: float | None = 300.0
    workers: int = 0

    def __call__(self, team: Team) -> None:
        """Train until the samples or the seconds are used up, going on from the last checkpoint."""
        settings = self.settings.diffusion
        torch.manual_seed(self.settings.seed)
        text_encoder = new_text_encoder(settings, self.settings.vocabulary)
        unet = new_unet(settings, self.settings.autoencoder.latent_channels, latent_side(self.settings))
        networks: dict[str, nn.Module] = {"text": text_encoder, "unet": unet}
        for network in networks.values():
            network.to(team.device)
        batches = LatentBatches(self.settings, self.folder, team.rank)
        alphas = new_scheduler().alphas_cumprod.to(team.device)
        learner = Learner(
            self.folder / "diffusion.safetensors", networks, ema_decay=settings.ema_decay, weight_decay=1e-2
        )
        course = Course(
            name="diffusion",
            samples=settings.samples,
            peak_rate=settings.learning_rate,
            seconds=self.seconds,
            pause_seconds=self.settings.checkpoint_seconds,
            losses=self.folder / "diffusion.csv",
        )
        drawn = time.monotonic()

        steps = plan(learner.progress, lambda _: settings.batch * team.size)
        supply = supplied(batches, steps, self.workers)

        def give_lesson() -> Lesson:
            loss = diffusion_loss(text_encoder, unet, next(supply), alphas)
            return Lesson(loss, {"loss": float(loss.detach())}, settings.batch)

        def pause(is_last: bool) -> None:
            nonlocal drawn
            if self.grid_seconds is None or not (is_last or time.monotonic() - drawn > self.grid_seconds):
                return
            with learner.averaged():
                self._draw_grid(text_encoder, unet, learner.progress)
            drawn = time.monotonic()

        train(learner, team, course, give_lesson, pause)

    def _draw_grid(self, text_encoder: CLIPTextModel, unet: UNet2DConditionModel, progress: Progress) -> None:
        autoencoder = finished_autoencoder(self.settings, self.folder)
        place(autoencoder, unet.device)
        length = self.settings.diffusion.text_length
        tokenizer = CLIPTokenizer.from_pretrained(self.folder / "tokenizer", model_max_length=length)
        pipeline = new_pipeline(autoencoder, text_encoder, tokenizer, unet)
        made = generated(pipeline, EXAMPLE_PROMPTS, range(len(EXAMPLE_PROMPTS)), _GRID_GUIDANCE, _GRID_STEPS)
        shown = (made * 255).round().astype(np.uint8)
        save_grid(self.folder / "samples" / f"{progress.samples:08d}.png", shown, 4)


def diffusion_loss(
    text_encoder: CLIPTextModel, unet: UNet2DConditionModel, batch: LatentBatch, alphas: Tensor
) -> Tensor:
    """Mean squared error of the predicted velocity; `alphas` are the alpha_t^2 of all timesteps, on its device."""
    noised = _noised(batch, alphas)
    velocity = noised.alpha * noised.noise - noised.sigma * noised.clean
    return (_predicted(text_encoder, unet, batch, noised.noisy) - velocity).square().mean()


@torch.no_grad()
def denoised(
    text_encoder: CLIPTextModel, unet: UNet2DConditionModel, batch: LatentBatch, alphas: Tensor
) -> Tensor:
    """What the U-Net takes a batch's noised latents to be without the noise, float32, by one prediction."""
    noised = _noised(batch, alphas)
    return noised.alpha * noised.noisy - noised.sigma * _predicted(text_encoder, unet, batch, noised.noisy)


@dataclass(frozen=True, slots=True)
class _Noised:
    clean: Tensor
    noise: Tensor
    noisy: Tensor
    alpha: Tensor
    sigma: Tensor


def _noised(batch: LatentBatch, alphas: Tensor) -> _Noised:
    clean, timesteps = batch.latents.to(alphas.device), batch.timesteps.to(alphas.device)
    source = torch.Generator(alphas.device).manual_seed(batch.noise_seed)
    noise = torch.randn(clean.shape, generator=source, device=alphas.device)
    alpha = alphas[timesteps].sqrt()[:, None, None, None]
    sigma = (1 - alphas[timesteps]).sqrt()[:, None, None, None]
    return _Noised(clean, noise, alpha * clean + sigma * noise, alpha, sigma)


def _predicted(
    text_encoder: CLIPTextModel, unet: UNet2DConditionModel, batch: LatentBatch, noisy: Tensor
) -> Tensor:
    device = noisy.device
    # On a CPU plain attention is faster than the fused one in bfloat16, and the plain layout than channels_last.
    attention = sdpa_kernel(SDPBackend.MATH) if device.type == "cpu" else nullcontext()
    with attention, torch.autocast(device.type, torch.bfloat16):
        words = text_encoder(batch.tokens.to(device)).last_hidden_state
        return unet(noisy, batch.timesteps.to(device), words).sample.float()
