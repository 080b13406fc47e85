"""All that is known of Stable Diffusion 3 and 3.5: medium, large and large turbo (Esser et al. 2024)."""

import math
import re
from collections.abc import Iterable
from types import MappingProxyType

from core.errors import ModelBroken
from core.families.double_stream import count_blocks
from core.families.spec import (
    CheckpointKind,
    DefaultSettings,
    FamilySpec,
    LatentLayout,
    LoraFormat,
    Role,
    SingleFile,
    Variant,
)
from core.families.unet_files import VAE
from core.families.variants import flow_schedule
from core.file_kinds.kind import Measure
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr
from core.request.samplers import FLOW_SAMPLERS

T5_TOKENS = 256
"""The tokens that T5 reads, padding included."""

SKIPPED_LAYERS = (7, 8, 9)
SKIPPED_CALLS = (0.01, 0.2)
"""Of skip-layer guidance: the blocks that are left out, in calls between these parts of all."""

_FIRST = ("joint_blocks.0.context_block.attn.qkv.weight", "transformer_blocks.0.attn.add_q_proj.weight")
_IMAGE = ("x_embedder.proj.weight", "pos_embed.proj.weight")
_PLACES = ("pos_embed", "pos_embed.pos_embed")
_NORM = ("joint_blocks.0.x_block.attn.ln_q.weight", "transformer_blocks.0.attn.norm_q.weight")
_TEXT = Measure(("context_embedder.weight",), dimension=1)
_POOLED = Measure(("y_embedder.mlp.0.weight", "time_text_embed.text_embedder.linear_1.weight"), dimension=1)
_HEAD = 64
_PREFIXES = {
    "text_encoder": ("text_encoders.clip_l.transformer.", "text_encoders.clip_l.", "text_encoder."),
    "text_encoder_2": ("text_encoders.clip_g.transformer.", "text_encoders.clip_g.", "text_encoder_2."),
    "text_encoder_3": ("text_encoders.t5xxl.transformer.", "text_encoders.t5xxl.", "text_encoder_3."),
    "transformer": ("model.diffusion_model.", "diffusion_model.", "transformer.", ""),
    "vae": VAE,
}


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    names, start = header.tensors, _FILE.prefix_of("transformer", header.tensors)
    places = next((shape for name in _PLACES if (shape := header.shape(f"{start}{name}"))), ())
    inner, channels = (Measure(_IMAGE, dimension=dimension).of(header, start) for dimension in (0, 1))
    width, pooled = _TEXT.of(header, start), _POOLED.of(header, start)
    if not any(f"{start}{name}" in names for name in _FIRST) or not inner or not width or not pooled:
        return None
    if len(places) < 2:
        raise ModelBroken(header.path, tr("it is Stable Diffusion 3 without its table of places (pos_embed)"))
    head = Measure(_NORM).of(header, start)
    blocks = re.compile(rf"{re.escape(start)}(?:joint_blocks|transformer_blocks)\.(\d+)\.(?:x_block\.)?attn2\.")
    built = {
        "in_channels": channels,
        "out_channels": channels,
        "num_layers": count_blocks(header, start, "joint_blocks", "transformer_blocks"),
        "attention_head_dim": head or _HEAD,
        "num_attention_heads": inner // (head or _HEAD),
        "joint_attention_dim": width,
        "caption_projection_dim": inner,
        "pooled_projection_dim": pooled,
        "pos_embed_max_size": math.isqrt(places[-2]),
        "dual_attention_layers": sorted({int(match[1]) for name in names if (match := blocks.match(name))}),
        "qk_norm": "rms_norm" if head else None,
    }
    clips = {"text_encoder": pooled * 3 // 8, "text_encoder_2": pooled * 5 // 8}  # 768 and 1280 side by side
    parts, widths = _FILE.parts_in(names), SPEC.widths_in(header, start) | clips
    return CheckpointKind("", SPEC.key, parts=parts, widths=widths, built=built)


_FILE = SingleFile(_recognise, MappingProxyType(_PREFIXES))

_OUTSIDE = {
    "pos_embed.proj": "x_embedder.proj",
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "proj_out": "final_layer.linear",
}
_IN_A_BLOCK = {
    "norm1.linear": "x_block.adaLN_modulation.1",
    "norm1_context.linear": "context_block.adaLN_modulation.1",
    "attn.norm_q": "x_block.attn.ln_q",
    "attn.norm_k": "x_block.attn.ln_k",
    "attn.norm_added_q": "context_block.attn.ln_q",
    "attn.norm_added_k": "context_block.attn.ln_k",
    "attn.to_out.0": "x_block.attn.proj",
    "attn.to_add_out": "context_block.attn.proj",
    "attn2.norm_q": "x_block.attn2.ln_q",
    "attn2.norm_k": "x_block.attn2.ln_k",
    "attn2.to_out.0": "x_block.attn2.proj",
    "ff.net.0.proj": "x_block.mlp.fc1",
    "ff.net.2": "x_block.mlp.fc2",
    "ff_context.net.0.proj": "context_block.mlp.fc1",
    "ff_context.net.2": "context_block.mlp.fc2",
}
_JOINED = {
    "attn.to_q": ("x_block.attn.qkv", ("attn.to_q", "attn.to_k", "attn.to_v")),
    "attn.add_q_proj": ("context_block.attn.qkv", ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")),
    "attn2.to_q": ("x_block.attn2.qkv", ("attn2.to_q", "attn2.to_k", "attn2.to_v")),
}
_BLOCK = re.compile(r"(transformer_blocks\.(\d+)\.)(.+)")


def _original_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Names as in the makers' own files; there one layer makes queries, keys and values."""
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        match = _BLOCK.fullmatch(name)
        if match is None:
            found[_OUTSIDE.get(name, name)] = (name,)
            continue
        start, original, inner = match[1], f"joint_blocks.{match[2]}.", match[3]
        if inner in _JOINED:
            of_makers, of_diffusers = _JOINED[inner]
            found[f"{original}{of_makers}"] = tuple(f"{start}{one}" for one in of_diffusers)
        found[f"{original}{_IN_A_BLOCK[inner]}" if inner in _IN_A_BLOCK else name] = (name,)
    return found


_OF_LORAS = r"joint_blocks[._]|(^|(former|unet|model)[._])transformer_blocks[._]\d+[._]attn2[._]"
"""Blocks of a U-Net have a second attention, too."""

SPEC = FamilySpec(
    key="stable_diffusion_3",
    name="Stable Diffusion 3",
    engine="core.engine.families.stable_diffusion_3",
    pipelines=("StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline", "StableDiffusion3InpaintPipeline"),
    network="transformer",
    text_encoders=("text_encoder", "text_encoder_2", "text_encoder_3"),
    latents=LatentLayout(16, 1.5305, 0.0609, patch=2),
    native_px=1024,
    samplers=FLOW_SAMPLERS,
    has_attention_words=False,
    optional_settings=("emphasis", "skip_layers"),
    defaults=DefaultSettings("euler", 28, 3.5),
    schedule=flow_schedule(3.0),
    variants=(
        Variant(DefaultSettings("euler", 4, 1.0), "turbo"),
        Variant(DefaultSettings("euler", 40, 4.5, skip_layers=2.8), config_key="dual_attention_layers"),
        Variant(DefaultSettings("euler", 28, 7.0), config_key="qk_norm", is_set=False),
    ),
    single_file=_FILE,
    roles=MappingProxyType(
        {
            "text_encoder": Role(("clip",)),
            "text_encoder_2": Role(("clip",)),
            "text_encoder_3": Role(("t5",), _TEXT, is_optional=True),
            "vae": Role(("kl",), Measure(_IMAGE, dimension=1), unlike=r"flux|z_?image|chroma|^ae($|[^a-z])"),
        }
    ),
    lora=LoraFormat(_original_names, key=_OF_LORAS),
    step_values=36_000,
    dtypes=("bfloat16", "float32"),
    transformers_parts=("clip", "t5"),
    diffusers_pipelines=(),
)
