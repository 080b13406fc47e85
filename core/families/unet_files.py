"""Recognises U-Nets in single files as CompVis and Stability AI wrote them; for Stable Diffusion and its XL kind.

The names are those that diffusers' ``single_file_utils.py`` and ComfyUI's ``model_detection.py`` know.
"""

from __future__ import annotations

from core.errors import ModelBroken
from core.families.spec import DefaultSettings, Variant
from core.files.safetensors_header import SafetensorsHeader

UNET = "model.diffusion_model."
VAE = "first_stage_model."
CONDITIONER = "conditioner."
"""The text encoders of Stable Diffusion XL."""

_FIRST_CONVOLUTION = f"{UNET}input_blocks.0.0.weight"

EMBEDDED_GUIDANCE = "time_cond_proj_dim"
DISTILLED = (
    Variant(DefaultSettings("lcm", 4, 8.0), config_key=EMBEDDED_GUIDANCE),
    Variant(DefaultSettings("lcm", 6, 1.5), r"lcm"),
    Variant(DefaultSettings("euler_a", 4, 1.0), r"turbo|schnell"),
    Variant(DefaultSettings("euler", 8, 1.0), r"lightning|hyper"),
)
"""The ways in which U-Nets are distilled to few steps."""


def has_unet(header: SafetensorsHeader) -> bool:
    """Returns True when the file holds a U-Net under its makers' own names."""
    return _FIRST_CONVOLUTION in header.tensors


def check_unet(header: SafetensorsHeader) -> None:
    """Raises ModelBroken when its U-Net is of a special kind, or its autoencoder is missing."""
    shape = header.shape(_FIRST_CONVOLUTION) or ()
    if len(shape) != 4 or shape[1] != 4:
        channels = shape[1] if len(shape) == 4 else 0
        what = {9: "an inpainting model", 8: "a model for editing pictures", 5: "a model with depth"}
        reason = f"it is {what.get(channels, 'a special model')}, which Emulsion cannot use yet"
        raise ModelBroken(header.path, reason)
    if f"{UNET}time_embed.cond_proj.weight" in header.tensors:
        reason = "it is distilled with embedded guidance (LCM); use it as a diffusers folder"
        raise ModelBroken(header.path, reason)
    if not any(name.startswith(VAE) for name in header.tensors):
        raise ModelBroken(header.path, "it holds no autoencoder (VAE): only a part of a model is in this file")


def no_text_encoder(header: SafetensorsHeader) -> ModelBroken:
    """Returns the error for a file without the text encoder that its family needs."""
    return ModelBroken(header.path, "it holds no text encoder: only a part of a model is in this file")


def text_width(header: SafetensorsHeader) -> int | None:
    """Returns the width of the text that the U-Net reads, or None where no layer tells."""
    ending = ".transformer_blocks.0.attn2.to_k.weight"
    shapes = (entry.shape for name, entry in header.tensors.items() if name.endswith(ending))
    return next((shape[1] for shape in shapes if len(shape) == 2), None)


def declared_prediction(header: SafetensorsHeader) -> str | None:
    """Returns the prediction type that the file's metadata names, or None."""
    declared = header.metadata.get("modelspec.prediction_type", "").lower()
    return {"v": "v_prediction", "v_prediction": "v_prediction", "epsilon": "epsilon"}.get(declared)
