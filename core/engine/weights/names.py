"""Gives weights the names of diffusers and transformers, whichever program wrote them.

The tables are those of diffusers' ``single_file_utils.py``; here they meet any spelling: names that are right
already stay, so files with some of each kind are read, too.
"""

import re
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, cast

import torch
from diffusers.loaders.single_file_utils import (
    convert_controlnet_checkpoint,
    convert_krea2_transformer_checkpoint_to_diffusers,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
    convert_open_clip_checkpoint,
    convert_wan_vae_to_diffusers,
    convert_z_image_transformer_checkpoint_to_diffusers,
)

from core.engine.weights.llama_names import from_llama
from core.families import chroma, flux1, flux2_klein, stable_diffusion_3
from core.families.double_stream import LAST_MODULATION
from core.families.spec import FamilySpec
from core.families.unet_files import UNET

Weights = dict[str, torch.Tensor]

_STARTS = ("text_model.", "model.", "transformer.")
"""Around a network in classes of transformers that hold more than it, or no longer do."""

_SPELLINGS = (
    (".query.", ".to_q."),
    (".key.", ".to_k."),
    (".value.", ".to_v."),
    (".proj_attn.", ".to_out.0."),
    ("label_emb.0.0.", "add_embedding.linear_1."),
    ("label_emb.0.2.", "add_embedding.linear_2."),
)
"""Of the attention in autoencoders that diffusers wrote before 2023; of SDXL's sizes."""


_IN_A_ROW = re.compile(r"body\.(\d+)\.((?:block1|block2|in_conv)\..*)")
_LIGHT = re.compile(r"^body\.(\d+)\.body\.(\d+)\.")
_ADAPTER_LAYERS = 2
_HINT = re.compile(r"^(?:pos_embed_input|input_hint_block\.(\d+))\.")
_HINT_LAYERS = 6
"""Between the first and the last of the layers by which XLabs' ControlNets make a picture small."""


def named(weights: Weights, module: Any) -> Weights:
    """Returns the weights of one part with the names and forms in which the network expects them.

    Weights for which there is no such name keep the one they had, or that of the conversion.
    """
    expected: Mapping[str, Any] = module.state_dict()
    right: Weights = {}
    rest: Weights = {}
    for name, value in from_llama(weights, expected).items():
        spelled = _spelled(name, expected)
        (right if spelled in expected else rest)[spelled] = value
    convert = _CONVERTERS.get(type(module).__name__)
    if convert is not None and rest:
        rest = {_spelled(name, expected): value for name, value in convert(rest, module).items()}
    found = {name: _formed(value, expected.get(name)) for name, value in (rest | right).items()}
    for name, other in (getattr(module, "_tied_weights_keys", None) or {}).items():
        for missing, there in ((name, other), (other, name)):
            if missing in expected and missing not in found and there in found:
                found[missing] = found[there]
    return found


def _spelled(name: str, expected: Mapping[str, Any]) -> str:
    if name in expected:
        return name
    other = name
    for old, new in _SPELLINGS:
        other = other.replace(old, new)
    spellings = (other, *(other.removeprefix(start) for start in _STARTS), *(start + other for start in _STARTS))
    return next((one for one in spellings if one in expected), name)


def _formed(value: torch.Tensor, expected: torch.Tensor | None) -> torch.Tensor:
    """Convolutions of one pixel and linear layers are the same; files have either."""
    if expected is None or value.shape == expected.shape:
        return value
    ones = (1,) * abs(value.ndim - expected.ndim)
    longer = max(tuple(value.shape), tuple(expected.shape), key=len)
    shorter = min(tuple(value.shape), tuple(expected.shape), key=len)
    return value.reshape(expected.shape) if ones and shorter + ones == longer else value


def _unet(weights: Weights, module: Any) -> Weights:
    config = {**module.config, "addition_embed_type": None, "class_embed_type": None}
    return convert_ldm_unet_checkpoint({f"{UNET}{name}": value for name, value in weights.items()}, config)


def _controlnet(weights: Weights, module: Any) -> Weights:
    config = {**module.config, "addition_embed_type": None, "class_embed_type": None}
    converted = cast("dict[str, torch.Tensor | None]", convert_controlnet_checkpoint(weights, config))
    return {name: value for name, value in converted.items() if value is not None}


def _adapter(weights: Weights, _module: Any) -> Weights:
    return {adapter_name(name, weights): value for name, value in weights.items()}


def adapter_name(name: str, names: Collection[str]) -> str:
    """Returns diffusers' name of a T2I-Adapter's weight; ``names`` are all of its file.

    TencentARC numbers the layers of its full adapters in one row, two to a level (``models/adapters.py`` of its
    repository T2I-Adapter), and its light ones have a ``body`` in each level.
    """
    plain = name.removeprefix("adapter.")
    if "body.0.block1.weight" in names and (match := _IN_A_ROW.fullmatch(plain)):
        level, layer = divmod(int(match[1]), _ADAPTER_LAYERS)
        inner = match[2] if match[2].startswith("in_conv.") else f"resnets.{layer}.{match[2]}"
        return f"adapter.body.{level}.{inner}"
    return "adapter." + _LIGHT.sub(r"body.\1.resnets.\2.", plain)


def _vae(weights: Weights, module: Any) -> Weights:
    return cast("Weights", convert_ldm_vae_checkpoint(weights, module.config))


def _z_image(weights: Weights, _module: Any) -> Weights:
    return cast("Weights", convert_z_image_transformer_checkpoint_to_diffusers(weights))


def _flux2_vae(weights: Weights, module: Any) -> Weights:
    names = {"encoder.quant_conv.": "quant_conv.", "decoder.post_quant_conv.": "post_quant_conv."}
    renamed = {
        next((new + name.removeprefix(old) for old, new in names.items() if name.startswith(old)), name): value
        for name, value in weights.items()
    }
    kept = {name: value for name, value in renamed.items() if name in module.state_dict()}
    return _vae({name: value for name, value in renamed.items() if name not in kept}, module) | kept


def _qwen_vae(weights: Weights, _module: Any) -> Weights:
    return cast("Weights", convert_wan_vae_to_diffusers(weights))


def _qwen_vl(weights: Weights, _module: Any) -> Weights:
    """Older files have the language model where transformers now has the whole of it."""
    return {
        re.sub(r"^(?:model\.)?(layers|embed_tokens|norm)\.", r"language_model.\1.", name): value
        for name, value in weights.items()
    }


def _krea2(weights: Weights, _module: Any) -> Weights:
    return cast("Weights", convert_krea2_transformer_checkpoint_to_diffusers(weights))


def _flux1(weights: Weights, module: Any) -> Weights:
    return _by_original_names(flux1.SPEC, weights, module)


def _flux1_controlnet(weights: Weights, module: Any) -> Weights:
    """XLabs' names (``src/flux/controlnet.py`` of its repository x-flux), where those of FLUX.1 are not enough."""
    return _flux1({_HINT.sub(_hint_name, name): value for name, value in weights.items()}, module)


def _hint_name(match: re.Match[str]) -> str:
    """Convolutions of that block are in one row with what is between them; the first and the last have names."""
    if match[1] is None:
        return "controlnet_x_embedder."
    place = int(match[1]) // 2 - 1
    inner = "conv_in" if place < 0 else "conv_out" if place == _HINT_LAYERS else f"blocks.{place}"
    return f"input_hint_block.{inner}."


def _chroma(weights: Weights, module: Any) -> Weights:
    return _by_original_names(chroma.SPEC, weights, module)


def _flux2(weights: Weights, module: Any) -> Weights:
    return _by_original_names(flux2_klein.SPEC, weights, module)


def _sd3(weights: Weights, module: Any) -> Weights:
    last = module.config.num_layers - 1
    named = {"pos_embed.pos_embed" if name == "pos_embed" else name: value for name, value in weights.items()}
    swapped = {
        f"joint_blocks.{last}.context_block.adaLN_modulation.1": f"transformer_blocks.{last}.norm1_context.linear"
    }
    return _by_original_names(stable_diffusion_3.SPEC, named, module, swapped)


def _by_original_names(
    family: FamilySpec, weights: Weights, module: Any, swapped: Mapping[str, str] = MappingProxyType({})
) -> Weights:
    """Renames and divides layers as the family's makers named them, see `LoraFormat.original_names`.

    In the makers' last layer, and those of ``swapped``, the shift comes first, in that of diffusers the scale.
    """
    assert family.lora is not None
    swapped = {LAST_MODULATION: "norm_out.linear", **swapped}
    layers = family.lora.original_names(path for path, _ in module.named_modules())
    found: Weights = {}
    for name, value in weights.items():
        layer, _, kind = name.rpartition(".")
        if not value.ndim:  # no layer of a transformer has a single number; it may be a mark of its packing
            found[name] = value
            continue
        if layer in swapped:
            found[f"{swapped[layer]}.{kind}"] = torch.cat(value.chunk(2)[::-1])
            continue
        paths = layers.get(layer, (layer,))
        sizes = [len(module.get_submodule(path).weight) for path in paths] if len(paths) > 1 else [len(value)]
        pieces = value.split(sizes) if sum(sizes) == len(value) and len(sizes) > 1 else (value,)
        if len(pieces) == len(paths):
            kind = "weight" if kind == "scale" else kind
            found |= {f"{path}.{kind}": piece for path, piece in zip(paths, pieces, strict=True)}
        else:
            found[name] = value
    return found


def _clip(weights: Weights, module: Any) -> Weights:
    return convert_open_clip_checkpoint(module, weights, prefix="")


_CONVERTERS: Mapping[str, Callable[[Weights, Any], Weights]] = MappingProxyType(
    {
        "UNet2DConditionModel": _unet,
        "ControlNetModel": _controlnet,
        "T2IAdapter": _adapter,
        "AutoencoderKL": _vae,
        "AutoencoderKLFlux2": _flux2_vae,
        "AutoencoderKLQwenImage": _qwen_vae,
        "Qwen2_5_VLModel": _qwen_vl,
        "Qwen3VLModel": _qwen_vl,
        "Krea2Transformer2DModel": _krea2,
        "ZImageTransformer2DModel": _z_image,
        "ZImageControlNetModel": _z_image,
        "FluxTransformer2DModel": _flux1,
        "FluxControlNetModel": _flux1_controlnet,
        "ChromaTransformer2DModel": _chroma,
        "Flux2Transformer2DModel": _flux2,
        "SD3Transformer2DModel": _sd3,
        "CLIPTextModel": _clip,
        "CLIPTextModelWithProjection": _clip,
        "ClipOfTwo": _clip,
    }
)
