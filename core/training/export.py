"""Writes the finished model as an ordinary diffusers folder in float16, with word list and the preview's map."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from transformers import CLIPTextModel

from core.training.captions import prompts
from core.training.checkpoint import load_averages
from core.training.latents import finished_autoencoder, latent_rgb, sample_postcards
from core.training.networks import latent_side, new_pipeline, new_text_encoder, new_unet
from core.training.settings import Settings
from core.training.tokenizer import tokenizer_of
from core.training.words import EXAMPLE_PROMPTS, word_list

DRAWN_PROMPTS = 300


def trained_pipeline(settings: Settings, folder: Path) -> StableDiffusionPipeline:
    """Returns the pipeline of the last checkpoints, averaged weights, float32; its U-Net may be untrained yet."""
    text_encoder, unet = trained_networks(settings, folder)
    return new_pipeline(finished_autoencoder(settings, folder), text_encoder, tokenizer_of(settings, folder), unet)


def trained_networks(settings: Settings, folder: Path) -> tuple[CLIPTextModel, UNet2DConditionModel]:
    """Returns text encoder and U-Net with the averaged weights of the last checkpoint; without one, untrained."""
    text_encoder = new_text_encoder(settings.diffusion, settings.vocabulary)
    unet = new_unet(settings.diffusion, settings.autoencoder.latent_channels, latent_side(settings))
    if (path := folder / "diffusion.safetensors").exists():
        load_averages(path, (text_encoder, unet))
    return text_encoder.eval(), unet.eval()


def finished_pipeline(folder: Path) -> StableDiffusionPipeline:
    """Returns a model that `export` wrote, widened to float32."""
    return StableDiffusionPipeline.from_pretrained(folder, use_safetensors=True, local_files_only=True)


def export(settings: Settings, folder: Path, target: Path) -> None:
    """Writes the model to a new folder, which then replaces the old one; its `README.md` is kept."""
    pipeline = trained_pipeline(settings, folder)
    matrix, bias = latent_rgb(pipeline.vae, sample_postcards(settings, folder))
    fresh = target.with_name(f"{target.name}.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    pipeline.to(torch.float16).save_pretrained(fresh, safe_serialization=True)
    # transformers then widen the text encoder when no dtype is asked for, as diffusers does with the rest
    text_config = fresh / "text_encoder" / "config.json"
    _write_json(text_config, {**json.loads(text_config.read_text(encoding="utf-8")), "dtype": "float32"})
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(folder / "tokenizer" / name, fresh / "tokenizer" / name)
    (fresh / "tokenizer" / "tokenizer.json").unlink(missing_ok=True)
    for file in fresh.rglob("*.safetensors"):
        file.chmod(0o644)
    latent_map = {"matrix": np.round(matrix, 5).tolist(), "bias": np.round(bias, 5).tolist()}
    _write_json(fresh / "latent_rgb.json", latent_map)
    _write_json(fresh / "words.json", {"words": word_list(), "prompts": example_prompts(settings.seed)})
    if (target / "README.md").exists():
        shutil.copyfile(target / "README.md", fresh / "README.md")
    outdated = target.with_name(f"{target.name}.outdated")
    shutil.rmtree(outdated, ignore_errors=True)
    if target.exists():
        target.rename(outdated)
    fresh.rename(target)
    shutil.rmtree(outdated, ignore_errors=True)


def example_prompts(seed: int) -> list[str]:
    """Returns the prompts that the window's dice chooses from, by hand and from the grammar."""
    return [*EXAMPLE_PROMPTS, *prompts(DRAWN_PROMPTS, seed)]


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
