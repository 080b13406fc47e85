"""Single files in the spellings of other programs, and one run of the engine with each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from safetensors.torch import load_file, save_file

from app.messages.notices import notice_of
from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.pictures.pixels import Pixels
from core.request.request import Autoencoder, GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate
from tests import original_names

Weights = dict[str, torch.Tensor]
TEXT, UNET, VAE = "cond_stage_model.transformer.", "model.diffusion_model.", "first_stage_model."
BOTH = "conditioner.embedders."
QWEN = "text_encoders.qwen3_4b."


@dataclass(frozen=True)
class Place:
    """An installed tiny model, its weights in the names of its makers, and where files are tried."""

    whole: Path
    catalogue: Catalogue
    plain: Weights
    files: Path

    def write(self, weights: Weights) -> Path:
        path = self.files / "tried.safetensors"
        path.unlink(missing_ok=True)
        save_file({name: value.contiguous().clone() for name, value in weights.items()}, path)
        return path

    def picture(self, weights: Weights, autoencoder: Autoencoder | None = None) -> tuple[Pixels, list[str]]:
        """Returns the picture, and what was told before it."""
        return picture(self.catalogue, self.write(weights), autoencoder)


def picture(catalogue: Catalogue, path: Path, autoencoder: Autoencoder | None = None) -> tuple[Pixels, list[str]]:
    model = catalogue.find(str(path))
    side = model.limits.snap(32)
    sampler = "euler" if model.family == "z_image" else "ddim"
    request = GenerationRequest(
        "abc", "d", str(path), Size(side, side), sampler, 1, 3.0, 5, autoencoder=autoencoder
    )
    events = list(Engine(catalogue, "cpu", "float32").run(Generate(request)))
    assert isinstance(events[-1], ImageReady)
    told = [str(notice) for event in events if (notice := notice_of(event)) is not None]
    return events[-1].image.pixels, told


def placed(folder: Path, layout: str, make: Callable[[Path], object], write: Callable[..., Path]) -> Place:
    whole, files = folder / "whole" / "installed", folder / "files"
    make(whole)
    plain = load_file(write(whole, files / "plain.safetensors"))
    layouts = folder / "layouts"
    shutil.copytree(whole, layouts / layout, ignore=shutil.ignore_patterns("*.safetensors"))
    return Place(whole, Catalogue((folder / "whole", files), layouts=layouts), plain, files)


def of_folder(place: Place, part: str, prefix: str) -> Weights:
    """The weights of a part with diffusers' names."""
    files = (place.whole / part).glob("*.safetensors")
    return {f"{prefix}{name}": value for file in files for name, value in load_file(file).items()}


def without(weights: Weights, *starts: str) -> Weights:
    return {name: value for name, value in weights.items() if not name.startswith(starts)}


def renamed(weights: Weights, *renames: tuple[str, str]) -> Weights:
    named = dict(weights)
    for old, new in renames:
        named = {re.sub(old, new, name): value for name, value in named.items()}
    return named


def reshaped(weights: Weights, pattern: str, shape: Callable[[torch.Tensor], torch.Tensor]) -> Weights:
    return {name: shape(value) if re.search(pattern, name) else value for name, value in weights.items()}


def z_whole(place: Place, text: str = f"{QWEN}transformer.model.", vae: str = "vae.") -> Weights:
    """Z-Image with all its parts in one file."""
    own = AutoencoderKL.from_pretrained(place.whole / "vae")
    path = original_names.autoencoder(own, place.files / "vae" / "v.safetensors", prefix=vae)
    return (
        {f"{UNET}{name}": value for name, value in place.plain.items()}
        | of_folder(place, "text_encoder", text)
        | load_file(path)
    )
