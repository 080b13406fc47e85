"""All that is known of Krea 2, Turbo and Raw (Krea 2026)."""

from collections.abc import Iterable
from types import MappingProxyType

from core.families.autoencoder_kinds import QWEN
from core.families.qwen_image import AFTER, BEFORE, DROPPED
from core.families.spec import (
    CheckpointKind,
    DefaultSettings,
    FamilySpec,
    LatentLayout,
    LoraFormat,
    Role,
    SingleFile,
    TokenizerRules,
    Variant,
)
from core.families.unet_files import VAE
from core.file_kinds.kind import Measure
from core.files.safetensors_header import SafetensorsHeader
from core.request.samplers import FLOW_SAMPLERS

_TENSORS = ("txtfusion.projector.weight", "text_fusion.projector.weight")
_TEXT = Measure(("txtfusion.layerwise_blocks.0.prenorm.scale", "text_fusion.layerwise_blocks.0.norm1.weight"))
_PREFIXES = {
    "text_encoder": ("text_encoders.qwen3vl_4b.transformer.", "text_encoders.qwen3vl_4b.", "text_encoder."),
    "transformer": ("model.diffusion_model.", "diffusion_model.", "transformer.", ""),
    "vae": VAE,
}


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    start = _FILE.prefix_of("transformer", header.tensors)
    if not any(f"{start}{name}" in header.tensors for name in _TENSORS):
        return None
    parts, widths = _FILE.parts_in(header.tensors), SPEC.widths_in(header, start)
    return CheckpointKind("", SPEC.key, parts=parts, widths=widths)


_FILE = SingleFile(_recognise, MappingProxyType(_PREFIXES))

_STARTS = (
    ("img_in", "first"),
    ("time_embed.linear_1", "tmlp.0"),
    ("time_embed.linear_2", "tmlp.2"),
    ("time_mod_proj", "tproj.1"),
    ("txt_in.linear_1", "txtmlp.1"),
    ("txt_in.linear_2", "txtmlp.3"),
    ("text_fusion.", "txtfusion."),
    ("transformer_blocks.", "blocks."),
    ("final_layer.linear", "last.linear"),
)
_INSIDE = (
    *((f".attn.to_{letter}", f".attn.w{letter}") for letter in "qkv"),
    (".attn.to_out.0", ".attn.wo"),
    (".attn.to_gate", ".attn.gate"),
    (".ff.", ".mlp."),
)


def _original_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        original = next((new + name.removeprefix(old) for old, new in _STARTS if name.startswith(old)), name)
        for old, new in _INSIDE:
            original = original.replace(old, new)
        found[original] = (name,)
    return found


SPEC = FamilySpec(
    key="krea2",
    name="Krea 2",
    engine="core.engine.families.krea2",
    pipelines=("Krea2Pipeline",),
    network="transformer",
    latents=LatentLayout(16, None, patch=2, models="Qwen-Image", kind=QWEN),
    native_px=1024,
    samplers=FLOW_SAMPLERS,
    has_attention_words=False,
    defaults=DefaultSettings("euler", 28, 5.5),
    variants=(
        Variant(
            *(DefaultSettings("euler", 8, 1.0), "turbo"), config_key="is_distilled", guidance="none", name="turbo"
        ),
    ),
    plain="raw",
    plain_words=r"(^|[^a-z])raw([^a-z]|$)",
    single_file=_FILE,
    roles=MappingProxyType(
        {"text_encoder": Role(("qwen3_vl",), _TEXT), "vae": Role(("qwen_image_vae",))},
    ),
    lora=LoraFormat(_original_names, key=r"txtfusion|text_fusion|blocks[._]\d+[._]attn[._](wq|to_gate|gate)[._]"),
    tokenizer=TokenizerRules("qwen2", frame=(BEFORE, AFTER), max_tokens=512 + DROPPED),
    step_values=62_000,
    dtypes=("bfloat16", "float32"),
    transformers_parts=("qwen2", "qwen3_vl"),
    diffusers_pipelines=(),
)
