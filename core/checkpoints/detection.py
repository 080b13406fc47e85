"""Recognises a file of weights by the names and shapes of its tensors; says why if it cannot.

The names are those of the programs that trained the models (CompVis, Stability AI, Tongyi-MAI), as diffusers'
``single_file_utils.py`` and ComfyUI's ``model_detection.py`` know them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.checkpoints.safetensors_header import SafetensorsHeader
from core.errors import ModelBroken

UNET = "model.diffusion_model."
VAE = "first_stage_model."
FIRST_CONVOLUTION = f"{UNET}input_blocks.0.0.weight"
_CLIP = "cond_stage_model.transformer.text_model.embeddings.position_embedding.weight"
_OPEN_CLIP = "cond_stage_model.model.token_embedding.weight"
_XL_CLIP = "conditioner.embedders.0.transformer.text_model.embeddings.position_embedding.weight"
_XL_OPEN_CLIP = "conditioner.embedders.1.model.positional_embedding"
_Z_IMAGE = "layers.0.adaLN_modulation.0.weight"
_V_PREDICTION = "v_pred"
"""An empty tensor by which makers of SDXL models mark v-prediction."""


@dataclass(frozen=True, slots=True)
class CheckpointKind:
    """The kind of a file.

    Attributes:
        layout: folder in ``resources/families`` with the configurations of its parts; "" for a lone transformer.
        family: key in `core.models.families.MODEL_FAMILIES`.
        width: of the text that its network reads, which must be that of its configuration; None if not checked.
        prediction_type: what it predicts, where that differs from its family.
        has_zero_snr: its noise schedule ends in nothing but noise (Lin et al. 2024).
    """

    layout: str
    family: str
    width: int | None = None
    prediction_type: str | None = None
    has_zero_snr: bool = False


def recognise(header: SafetensorsHeader) -> CheckpointKind:
    """Returns the kind of a file. Raises ModelBroken with its real content, or because it is unknown."""
    names = header.tensors.keys()
    if f"{UNET}{_Z_IMAGE}" in names or _Z_IMAGE in names:
        return CheckpointKind("", "z_image")
    if FIRST_CONVOLUTION in names:
        return _stable_diffusion(header)
    for is_it, what in _OTHERS:
        if any(is_it(name) for name in names):
            raise ModelBroken(header.path, what)
    raise ModelBroken(
        header.path, "it is unknown: none of the model families that Emulsion loads names its tensors like this"
    )


def _stable_diffusion(header: SafetensorsHeader) -> CheckpointKind:
    names, path = header.tensors.keys(), header.path
    shape = header.shape(FIRST_CONVOLUTION) or ()
    if len(shape) != 4 or shape[1] != 4:
        channels = shape[1] if len(shape) == 4 else 0
        what = {9: "an inpainting model", 8: "a model for editing pictures", 5: "a model with depth"}
        raise ModelBroken(path, f"it is {what.get(channels, 'a special model')}, which Emulsion cannot use yet")
    if f"{UNET}time_embed.cond_proj.weight" in names:
        raise ModelBroken(path, "it is distilled with embedded guidance (LCM); use it as a diffusers folder")
    if not any(name.startswith(VAE) for name in names):
        raise ModelBroken(path, "it holds no autoencoder (VAE): only a part of a model is in this file")
    metadata = header.metadata.get("modelspec.prediction_type", "").lower()
    declared = {"v": "v_prediction", "v_prediction": "v_prediction", "epsilon": "epsilon"}.get(metadata)
    if _XL_OPEN_CLIP in names and _XL_CLIP in names:
        prediction = "v_prediction" if _V_PREDICTION in names else declared
        return CheckpointKind(
            "stable_diffusion_xl", "stable_diffusion_xl", _width(header), prediction, "ztsnr" in names
        )
    if _CLIP in names:
        return CheckpointKind("stable_diffusion_1", "stable_diffusion", _width(header), declared)
    if _OPEN_CLIP in names:
        return CheckpointKind("stable_diffusion_2", "stable_diffusion", _width(header), declared)
    if "conditioner.embedders.0.model.positional_embedding" in names:
        raise ModelBroken(path, "it is the refiner of Stable Diffusion XL, which Emulsion cannot use")
    raise ModelBroken(path, "it holds no text encoder: only a part of a model is in this file")


def _width(header: SafetensorsHeader) -> int | None:
    ending = ".transformer_blocks.0.attn2.to_k.weight"
    shapes = (entry.shape for name, entry in header.tensors.items() if name.endswith(ending))
    return next((shape[1] for shape in shapes if len(shape) == 2), None)


def _begins(*starts: str) -> Callable[[str], bool]:
    return lambda name: name.removeprefix(UNET).startswith(starts)


def _not_yet(name: str) -> str:
    return f"it is a {name} model, a family that Emulsion cannot load yet"


_OTHERS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (
        lambda name: name.startswith(("lora_unet_", "lora_te")) or ".lora_A." in name or ".lora_down." in name,
        "it is a LoRA, an addition to a model: add it below the model in Create, or drop it on the window",
    ),
    (_begins("control_model.", "controlnet_"), "it is a ControlNet, not a model of its own"),
    (_begins("early_stream_modulations."), _not_yet("FLUX.3")),
    (_begins("single_stream_modulation."), _not_yet("FLUX.2")),
    (_begins("distilled_guidance_layer."), _not_yet("Chroma")),
    (_begins("double_blocks.0.img_attn"), _not_yet("FLUX.1")),
    (_begins("joint_blocks."), _not_yet("Stable Diffusion 3")),
    (_begins("txtfusion."), _not_yet("Krea 2")),
    (_begins("transformer_blocks.0.img_mlp"), _not_yet("Qwen-Image")),
    (_begins("cap_embedder.", "llm_adapter."), _not_yet("Lumina or Anima")),
    (
        _begins("down_blocks.", "up_blocks."),
        "it is a U-Net alone, a part of a model: choose the folder above",
    ),
    (
        _begins("decoder.conv_in", "encoder.conv_in"),
        "it is an autoencoder (VAE), an addition to a model: add it in Create, below the model",
    ),
    (_begins("text_model.", "model.embed_tokens.", "encoder.block."), "it is a text encoder, a part of a model"),
    (_begins("emb_params", "string_to_param", "clip_g", "clip_l"), "it is a textual inversion, not a model"),
)
