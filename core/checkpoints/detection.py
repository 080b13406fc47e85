"""Recognises a file of weights by the names and shapes of its tensors; says why if it cannot.

The names are those of the programs that trained the models (CompVis, Stability AI, Tongyi-MAI), as diffusers'
``single_file_utils.py`` and ComfyUI's ``model_detection.py`` know them.
"""

from collections.abc import Callable

from core.checkpoints.lora_keys import is_addition, lora_layers, refusal, title
from core.checkpoints.packing import check_packing
from core.errors import ModelBroken, NotAModel
from core.families import FAMILIES
from core.families.spec import CheckpointKind
from core.families.unet_files import UNET
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr


def recognise(header: SafetensorsHeader) -> CheckpointKind:
    """Returns the kind of model in a file. Raises ModelBroken with what it is instead, or that it is unknown."""
    for family in FAMILIES.values():
        kind = family.single_file.recognise(header) if family.single_file is not None else None
        if kind is not None:
            check_packing(header)
            return kind
    layers = lora_layers(header.tensors)
    if reason := refusal(layers):
        raise NotAModel(header.path, reason)
    if is_addition(layers):
        raise NotAModel(
            header.path,
            tr(
                "it is {title}, an addition to a model: {where_loras_go}",
                title=title(layers),
                where_loras_go=_WHERE_LORAS_GO,
            ),
        )
    for is_it, error, what in _OTHERS:
        if any(is_it(name) for name in header.tensors):
            raise error(header.path, what)
    raise ModelBroken(
        header.path,
        tr("it is unknown: none of the model families that Emulsion loads names its tensors like this"),
    )


_WHERE_LORAS_GO = tr("add it below the model in Create, or drop it on the window")
_Other = tuple[Callable[[str], bool], type[ModelBroken], str]


def _part(what: str, *starts: str) -> _Other:
    return lambda name: name.removeprefix(UNET).startswith(starts), NotAModel, what


def _family(name: str, *starts: str) -> _Other:
    is_it, _, _ = _part("", *starts)
    return is_it, ModelBroken, tr("it is a {name} model, a family that Emulsion cannot load yet", name=name)


_OTHERS: tuple[_Other, ...] = (
    _part(tr("it is a ControlNet, not a model of its own"), "control_model.", "controlnet_", "control_layers."),
    (lambda name: ".motion_modules." in name, NotAModel, tr("it is a motion module of AnimateDiff, not a model")),
    _part(
        tr("it enlarges pictures (an upscaler), it is not a model"), "model.1.sub.", "conv_first.", "params_ema."
    ),
    _family("FLUX.3", "early_stream_modulations."),
    _family("Chroma", "distilled_guidance_layer."),
    _family("FLUX.1", "double_blocks.0.img_attn"),
    _family("Stable Diffusion 3", "joint_blocks."),
    _family("Krea 2", "txtfusion."),
    _family("Qwen-Image", "transformer_blocks.0.img_mlp"),
    _family("Lumina or Anima", "cap_embedder.", "llm_adapter."),
    _part(tr("it is a U-Net alone, a part of a model: choose the folder above"), "down_blocks.", "up_blocks."),
    _part(
        tr("it is an autoencoder (VAE), an addition to a model: add it in Create, below the model"),
        "decoder.conv_in",
        "encoder.conv_in",
    ),
    _part(tr("it is a text encoder, a part of a model"), "text_model.", "model.embed_tokens.", "encoder.block."),
    _part(tr("it is a textual inversion, not a model"), "emb_params", "string_to_param", "clip_g", "clip_l"),
)
