"""Makes the networks of the starter model, all of them classes of diffusers and transformers, and calls them."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from core.training.settings import AutoencoderSettings, DiffusionSettings, Settings


def new_autoencoder(settings: AutoencoderSettings, size_px: int) -> AutoencoderKL:
    """Returns an untrained autoencoder; its latents are 2^(widths - 1) times smaller than the picture."""
    return AutoencoderKL(**autoencoder_shapes(settings, size_px))


def autoencoder_shapes(settings: AutoencoderSettings, size_px: int) -> dict[str, Any]:
    """Returns the arguments that autoencoders with either regulariser share."""
    depth = len(settings.channels)
    return {
        "in_channels": 3,
        "out_channels": 3,
        "down_block_types": ("DownEncoderBlock2D",) * depth,
        "up_block_types": ("UpDecoderBlock2D",) * depth,
        "block_out_channels": settings.channels,
        "layers_per_block": 1,
        "latent_channels": settings.latent_channels,
        "norm_num_groups": settings.groups,
        "sample_size": size_px,
        "scaling_factor": 1.0,
        "mid_block_add_attention": False,
    }


def new_text_encoder(settings: DiffusionSettings, vocabulary: int) -> CLIPTextModel:
    """Returns an untrained text encoder; the two last entries of the vocabulary begin and end a text."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=settings.text_width,
            intermediate_size=4 * settings.text_width,
            projection_dim=settings.text_width,
            num_hidden_layers=settings.text_layers,
            num_attention_heads=settings.text_heads,
            max_position_embeddings=settings.text_length,
            hidden_act="gelu",
            bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1,
            pad_token_id=vocabulary - 1,
        )
    )


def new_unet(settings: DiffusionSettings, latent_channels: int, latent_side: int) -> UNet2DConditionModel:
    """Returns an untrained U-Net; the text enters by cross-attention and, added, by the time embedding."""
    down = tuple("CrossAttnDownBlock2D" if has else "DownBlock2D" for has in settings.has_attention)
    up = tuple("CrossAttnUpBlock2D" if has else "UpBlock2D" for has in reversed(settings.has_attention))
    shapes: dict[str, Any] = {
        "down_block_types": down,
        "up_block_types": up,
        "block_out_channels": settings.channels,
        "attention_head_dim": tuple(width // settings.head_width for width in settings.channels),
    }
    return UNet2DConditionModel(
        **shapes,
        sample_size=latent_side,
        in_channels=latent_channels,
        out_channels=latent_channels,
        layers_per_block=1,
        norm_num_groups=settings.groups,
        cross_attention_dim=settings.text_width,
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=settings.text_heads,
    )


def new_scheduler() -> DDIMScheduler:
    """Returns the noise schedule, with zero terminal SNR (Lin et al. 2024, section 3.1 to 3.3)."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )


def latent_side(settings: Settings) -> int:
    """Returns height and width of the latents."""
    return settings.size_px // 2 ** (len(settings.autoencoder.channels) - 1)


def new_pipeline(
    autoencoder: AutoencoderKL, text_encoder: CLIPTextModel, tokenizer: CLIPTokenizer, unet: UNet2DConditionModel
) -> StableDiffusionPipeline:
    """Returns the stock pipeline of these parts, without the safety checker that has never seen postcards."""
    absent: dict[str, Any] = {"safety_checker": None, "feature_extractor": None}
    scheduler: Any = new_scheduler()
    return StableDiffusionPipeline(
        vae=autoencoder,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        requires_safety_checker=False,
        **absent,
    )


def generated(
    pipeline: StableDiffusionPipeline, prompts: Sequence[str], seeds: Sequence[int], guidance: float, steps: int
) -> NDArray[np.uint8]:
    """Returns one picture for each prompt and its seed: uint8 (prompts, height, width, 3)."""
    pipeline.set_progress_bar_config(disable=True)
    call: Any = pipeline
    made = call(
        list(prompts),
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=[torch.Generator().manual_seed(seed) for seed in seeds],
        output_type="np",
    )
    return (np.asarray(made.images, dtype=np.float32) * 255).round().astype(np.uint8)


def place(module: nn.Module, device: torch.device) -> None:
    """Moves a network to a device and lays out the weights of its convolutions so that they run fastest."""
    module.to(device)
    module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def posterior(network: AutoencoderKL, pictures: Tensor) -> DiagonalGaussianDistribution:
    """Returns the Gaussian q(z|x) over latents of pictures (batch, 3, height, width) in [-1, 1]."""
    return cast(DiagonalGaussianDistribution, network.encode(pictures, return_dict=False)[0])


def decoded(network: AutoencoderKL, latents: Tensor) -> Tensor:
    """Returns the pictures of latents: (batch, 3, height, width), about [-1, 1]."""
    return cast(Tensor, network.decode(latents, return_dict=False)[0])  # pyright: ignore[reportArgumentType]
