"""Recognises U-Nets in single files as CompVis and Stability AI wrote them; for Stable Diffusion and its XL kind.

The names are those that diffusers' ``single_file_utils.py`` and ComfyUI's ``model_detection.py`` know.
"""

import re
from collections.abc import Iterable

from core.errors import ModelBroken
from core.families.marks import REFINER, declared, marked, measured, refuse_edm, refuse_inputs
from core.families.spec import CheckpointKind, DefaultSettings, Variant
from core.families.unet_blocks import UNetBlocks
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr

UNET = "model.diffusion_model."
UNETS = (UNET, "diffusion_model.", "unet.")
VAE = ("first_stage_model.", "vae.")
CONDITIONER = "conditioner."
"""The text encoders of Stable Diffusion XL."""

_XL = (CONDITIONER, "text_encoder_2.")
_FIRST_CONVOLUTIONS = ("input_blocks.0.0.weight", "conv_in.weight")
_REFINER = f"{CONDITIONER}embedders.0.model.positional_embedding"
STABLE_DIFFUSION_1, STABLE_DIFFUSION_2 = "stable_diffusion_1", "stable_diffusion_2"
"""Folders of ``resources/families``."""

ENCODERS = ("cond_stage_model.", CONDITIONER, "text_encoder.", "text_encoder_2.")
"""The beginnings of the names of text encoders in whole files."""

_LAST_CONVOLUTION = "out.2.weight"
_LATENTS = 4
_CLIP_L, _REFINER_WIDTH = 768, 1280
_OPEN_CLIP_WIDTH = 1024
"""Of the text that Stable Diffusion 2.x reads."""

EMBEDDED_GUIDANCE = "time_cond_proj_dim"
DISTILLED = (
    Variant(DefaultSettings("lcm", 4, 8.0), config_key=EMBEDDED_GUIDANCE),
    Variant(DefaultSettings("lcm", 6, 1.5), r"lcm"),
    Variant(DefaultSettings("euler_a", 4, 1.0), r"turbo|schnell"),
    Variant(DefaultSettings("euler", 8, 1.0), r"lightning|hyper"),
)
"""The ways in which U-Nets are distilled to few steps."""


def recognise_unet(
    header: SafetensorsHeader, family: str, layouts: dict[tuple[str, ...], str], is_xl: bool
) -> CheckpointKind | None:
    """Returns the kind of a file, or None when it is of another family. Raises ModelBroken.

    ``layouts``: folders of ``resources/families``, by the prefixes of each of their text encoders.
    """
    names, path = header.tensors.keys(), header.path
    firsts = [(unet, f"{unet}{name}") for unet in UNETS for name in _FIRST_CONVOLUTIONS]
    firsts += [("", _FIRST_CONVOLUTIONS[0])] if _LAST_CONVOLUTION in names else []  # alone, with its makers' names
    unet, first = next(((unet, first) for unet, first in firsts if first in names), ("", ""))
    is_alone = not any(name.startswith(ENCODERS) for name in names)
    sized = {f"{unet}label_emb.0.0.weight", f"{unet}add_embedding.linear_1.weight"}
    if not first or is_xl != (not sized.isdisjoint(names) if is_alone else any(map(_is_of_xl, names))):
        return None
    shape = header.shape(first) or ()
    channels = shape[1] if len(shape) == 4 else 0
    refuse_inputs(path, channels, _LATENTS)
    refuse_edm(header)
    if not {f"{unet}time_embed.cond_proj.weight", f"{unet}time_embedding.cond_proj.weight"}.isdisjoint(names):
        raise ModelBroken(path, tr("it is distilled with embedded guidance (LCM); use it as a diffusers folder"))
    width = _text_width(header)
    if is_alone and width == _REFINER_WIDTH:
        raise ModelBroken(path, REFINER)
    for starts, layout in layouts.items():
        if is_alone or all(any(name.startswith(start) for name in names) for start in starts):
            if (layout, width) == (STABLE_DIFFUSION_1, _OPEN_CLIP_WIDTH):
                layout = STABLE_DIFFUSION_2  # with transformers' names of its text encoder
            said = {
                "marks": marked(header),
                "metadata": declared(header, has_clip_skip=layout == STABLE_DIFFUSION_1),
                "weights": measured(header, unet) if layout == STABLE_DIFFUSION_2 else {},
            }
            encoders = () if is_alone else ("text_encoder", "text_encoder_2")[: 2 if is_xl else 1]
            vae = ("vae",) if any(name.startswith(VAE) for name in names) else ()
            return CheckpointKind(
                layout,
                family,
                width,
                said,
                (*encoders, "unet", *vae),
                _positions(header),
                UNetBlocks.of(f"{UNET}{name.removeprefix(unet)}" for name in names if name.startswith(unet)),
                _widths(width, is_xl) if is_alone else {},
                {"in_channels": channels} if channels != _LATENTS else {},
            )
    if _REFINER in names:
        raise ModelBroken(path, REFINER)
    has_one = any(name.startswith(start) for starts in layouts for start in starts for name in names)
    what = tr("only one of two text encoders") if has_one else tr("no text encoder")
    raise ModelBroken(path, tr("it holds {what}: only a part of a model is in this file", what=what))


def _is_of_xl(name: str) -> bool:
    return name.startswith(_XL)


def _widths(width: int | None, is_xl: bool) -> dict[str, int]:
    """Returns the widths of the text encoders that a U-Net alone reads with."""
    if width is None:
        return {}
    return {"text_encoder": _CLIP_L, "text_encoder_2": width - _CLIP_L} if is_xl else {"text_encoder": width}


def _positions(header: SafetensorsHeader) -> int | None:
    """Returns how many tokens its text encoders read. Raises ModelBroken where they read different numbers."""
    endings = (".position_embedding.weight", ".positional_embedding")
    found = {
        entry.shape[0]
        for name, entry in header.tensors.items()
        if name.endswith(endings) and ".vision" not in name and ".visual" not in name and entry.shape
    }
    if len(found) > 1:
        most, least = max(found), min(found)
        reads = tr(
            "one of its text encoders reads {most} tokens (as LongCLIP does) and the other one {least}",
            most=most,
            least=least,
        )
        raise ModelBroken(header.path, tr("{reads}: they do not fit each other", reads=reads))
    return found.pop() if found else None


def _text_width(header: SafetensorsHeader) -> int | None:
    ending = ".transformer_blocks.0.attn2.to_k.weight"
    shapes = (entry.shape for name, entry in header.tensors.items() if name.endswith(ending))
    return next((shape[1] for shape in shapes if len(shape) == 2), None)


_ORIGINAL = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "time_embedding.cond_proj": "time_embed.cond_proj",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_IN_A_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_RESNET = re.compile(r"(\w+_blocks?\.(?:\d+\.)?resnets\.\d+)\.(\w+)")
_MODULE = re.compile(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)")


def original_unet_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Returns CompVis' and Stability AI's names of a U-Net's layers, each with that of diffusers.

    They number the blocks of both ways through, each with its resnet, its attention and its change of size.
    """
    names = tuple(names)
    modules = {(m[1], int(m[2]), m[3], int(m[4])) for name in names if (m := _MODULE.match(name))}
    starts, number = dict(_ORIGINAL), {"down": 1, "up": 0}
    for way, block, _, layer in sorted(module for module in modules if module[2] == "resnets"):
        place = f"{'input' if way == 'down' else 'output'}_blocks.{number[way]}"
        starts[f"{way}_blocks.{block}.resnets.{layer}"] = f"{place}.0"
        has_attention = (way, block, "attentions", layer) in modules
        if has_attention:
            starts[f"{way}_blocks.{block}.attentions.{layer}"] = f"{place}.1"
        number[way] += 1
        if (way, block, "resnets", layer + 1) in modules:
            continue
        if (way, block, "upsamplers", 0) in modules:
            starts[f"up_blocks.{block}.upsamplers.0"] = f"{place}.{1 + has_attention}"
        if (way, block, "downsamplers", 0) in modules:
            starts[f"down_blocks.{block}.downsamplers.0.conv"] = f"input_blocks.{number[way]}.0.op"
            number[way] += 1
    return {_original(name, starts): (name,) for name in names}


def _original(name: str, starts: dict[str, str]) -> str:
    if (resnet := _RESNET.fullmatch(name)) and resnet[2] in _IN_A_RESNET:
        return f"{starts[resnet[1]]}.{_IN_A_RESNET[resnet[2]]}"
    start, end = name, ""
    while start and start not in starts:
        start, _, last = start.rpartition(".")
        end = f".{last}{end}"
    return f"{starts[start]}{end}" if start else name
