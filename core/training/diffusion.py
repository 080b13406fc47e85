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

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import CLIPTextModel

from core.training.batches import LatentBatch, LatentBatches
from core.training.checkpoint import Progress
from core.training.course import train
from core.training.latents import finished_autoencoder
from core.training.networks import (
    generated,
    latent_side,
    new_pipeline,
    new_scheduler,
    new_text_encoder,
    new_unet,
    place,
)
from core.training.parallel import Team
from core.training.pixels import save_grid
from core.training.settings import Run
from core.training.tokenizer import tokenizer_of
from core.training.words import EXAMPLE_PROMPTS

_GRID_STEPS, _GRID_GUIDANCE = 16, 4.0


def train_diffusion(run: Run, team: Team) -> None:
    """Trains both networks on the run's latents until the samples or the seconds are used up."""
    settings = run.settings.diffusion
    torch.manual_seed(run.settings.seed)
    text_encoder = new_text_encoder(settings, run.settings.vocabulary)
    unet = new_unet(settings, run.settings.autoencoder.latent_channels, latent_side(run.settings))
    networks: dict[str, nn.Module] = {"text": text_encoder, "unet": unet}
    for network in networks.values():
        network.to(team.device)
    alphas = new_scheduler().alphas_cumprod.to(team.device)
    drawn = time.monotonic()

    def losses(batch: LatentBatch) -> dict[str, Tensor]:
        return {"loss": diffusion_loss(text_encoder, unet, batch, alphas)}

    def draw_grid(progress: Progress, ends: bool) -> dict[str, float]:
        nonlocal drawn
        if run.grid_seconds is None or not (ends or time.monotonic() - drawn > run.grid_seconds):
            return {}
        autoencoder = finished_autoencoder(run.settings, run.folder)
        place(autoencoder, unet.device)
        pipeline = new_pipeline(autoencoder, text_encoder, tokenizer_of(run.settings, run.folder), unet)
        made = generated(pipeline, EXAMPLE_PROMPTS, range(len(EXAMPLE_PROMPTS)), _GRID_GUIDANCE, _GRID_STEPS)
        save_grid(run.folder / "samples" / f"{progress.samples:08d}.png", made, 4)
        drawn = time.monotonic()
        return {}

    batches = LatentBatches(run.settings, run.folder, team.rank)
    train(run, team, settings, networks, batches, losses, draw_grid)


def diffusion_loss(
    text_encoder: CLIPTextModel, unet: UNet2DConditionModel, batch: LatentBatch, alphas: Tensor
) -> Tensor:
    """Returns the mean squared error of the velocity; `alphas` are the alpha_t^2 of all timesteps."""
    noised = _noised(batch, alphas)
    velocity = noised.alpha * noised.noise - noised.sigma * noised.clean
    return (_predicted(text_encoder, unet, batch, noised.noisy) - velocity).square().mean()


@torch.no_grad()
def denoised(
    text_encoder: CLIPTextModel, unet: UNet2DConditionModel, batch: LatentBatch, alphas: Tensor
) -> Tensor:
    """Returns a batch's noised latents without the noise, float32, by one prediction of the U-Net."""
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
