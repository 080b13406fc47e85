"""Builds IP-Adapters, and the halves of CLIP that read pictures for them, from their files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModelWithProjection

from core.checkpoints.weights import files_of
from core.control.encoders import needed
from core.control.file import ControlFile, other_layers
from core.engine.devices.device import DevicePlan
from core.engine.networks.image_prompts import ImagePrompt, cross_attention
from core.engine.weights.guard import loading
from core.engine.weights.single_file import WeightFile
from core.files.json_file import read_json
from core.files.weights_header import read_header
from core.language.words import tr
from core.pictures.pixels import Pixels

_KEY = re.compile(r"ip_adapter\.(\d+)\.to_k_ip\.weight")
_LAYER = re.compile(r"vision_model\.encoder\.layers\.(\d+)\.")
_HEADS = 16
"""Of both, ViT-H and bigG; a lone file does not tell."""

Weights = Mapping[str, torch.Tensor]


def read_ip_adapter(file: ControlFile, unet: Any, plan: DevicePlan) -> ImagePrompt:
    """Returns the adapter in memory. Raises ControlBroken, also for one that does not fit the network."""
    (path,) = file.files
    header = read_header(path)
    with loading(file.path, tr("its network")):
        weights = {name: value.to(plan.dtype) for name, value in load_file(path).items()}
    numbers = sorted(int(match[1]) for match in map(_KEY.fullmatch, weights) if match)
    sides = [[weights.get(f"ip_adapter.{n}.to_{side}_ip.weight") for n in numbers] for side in "kv"]
    shapes = [(one.to_q.out_features, unet.config.cross_attention_dim) for one in cross_attention(unet).values()]
    if any([None if one is None else tuple(one.shape) for one in side] != shapes for side in sides):
        raise other_layers(file)
    start = "image_proj."
    inside = {name.removeprefix(start): one for name, one in weights.items() if name.startswith(start)}
    with loading(file.path, tr("its network")):
        projection = unet._convert_ip_adapter_image_proj_to_diffusers(inside, low_cpu_mem_usage=False)
    layers = list(zip(*sides, strict=True))
    return ImagePrompt(projection.to(plan.dtype), layers, is_projected=needed(header)[0]).eval()


def read_image_encoder(path: Path, dtype: torch.dtype) -> Any:
    """Returns CLIP's half for pictures in memory, from a file or a folder of diffusers. Raises ModelBroken."""
    headers = tuple(map(read_header, files_of(path) if path.is_dir() else (path,)))
    shapes = {name: tuple(entry.shape) for header in headers for name, entry in header.tensors.items()}
    if path.is_dir():
        config: dict[str, Any] = read_json(path / "config.json")
    else:
        width, _, patch, _ = shapes["vision_model.embeddings.patch_embedding.weight"]
        side = round((shapes["vision_model.embeddings.position_embedding.weight"][0] - 1) ** 0.5)
        config = {
            "hidden_size": width,
            "intermediate_size": shapes["vision_model.encoder.layers.0.mlp.fc1.weight"][0],
            "projection_dim": shapes["visual_projection.weight"][0],
            "num_hidden_layers": len({match[1] for match in map(_LAYER.match, shapes) if match}),
            "num_attention_heads": _HEADS,
            "patch_size": patch,
            "image_size": side * patch,
            "hidden_act": "gelu",
        }
    module, _ = WeightFile.of(*headers).build(
        CLIPVisionModelWithProjection, CLIPVisionConfig.from_dict(config).to_dict(), dtype, tr("its network")
    )
    return module.eval()


@torch.inference_mode()
def seen_by_clip(encoder: Any, picture: Pixels, is_projected: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns what an encoder makes of a picture, and of none, as the stock pipelines have it: (1, 1, ...)."""
    weight = next(encoder.parameters())
    side = encoder.config.image_size
    processor = CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    pixels = processor(Image.fromarray(picture), return_tensors="pt").pixel_values.to(weight.device, weight.dtype)
    if is_projected:
        seen = encoder(pixels).image_embeds
        return seen[None], torch.zeros_like(seen)[None]
    seen, unseen = (
        encoder(one, output_hidden_states=True).hidden_states[-2] for one in (pixels, torch.zeros_like(pixels))
    )
    return seen[None], unseen[None]
