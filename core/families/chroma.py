"""All that is known of Chroma: FLUX.1 schnell with less modulation, trained anew with real guidance (2025)."""

import re
from collections.abc import Iterable
from types import MappingProxyType

from core.families.double_stream import count_blocks, original_blocks
from core.families.flux1 import FEED_FORWARDS, JOINED, NORMS
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

_GUIDANCE = "distilled_guidance_layer."
_APPROXIMATOR = Measure((f"{_GUIDANCE}in_proj.weight",))
_CHANNELS = Measure((f"{_GUIDANCE}in_proj.weight",), dimension=1)
_IMAGE = ("img_in.weight", "x_embedder.weight")
_TEXT = Measure(("txt_in.weight", "context_embedder.weight"), dimension=1)
_HEAD = Measure(
    (
        "double_blocks.0.img_attn.norm.key_norm.scale",
        "double_blocks.0.img_attn.norm.key_norm.weight",
        "transformer_blocks.0.attn.norm_k.weight",
    )
)
_PREFIXES = {
    "text_encoder": ("text_encoders.t5xxl.transformer.", "text_encoders.t5xxl.", "text_encoder."),
    "transformer": ("model.diffusion_model.", "diffusion_model.", "transformer.", ""),
    "vae": VAE,
}


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    start = _FILE.prefix_of("transformer", header.tensors)
    measures = (_APPROXIMATOR, _CHANNELS, Measure(_IMAGE), _TEXT, _HEAD)
    hidden, channels, inner, width, head = (measure.of(header, start) for measure in measures)
    if not hidden or not channels or not inner or not width or not head:
        return None
    built = {
        "joint_attention_dim": width,
        "num_attention_heads": inner // head,
        "attention_head_dim": head,
        "num_layers": count_blocks(header, start, "double_blocks", "transformer_blocks"),
        "num_single_layers": count_blocks(header, start, "single_blocks", "single_transformer_blocks"),
        "approximator_num_channels": channels,
        "approximator_hidden_dim": hidden,
        "approximator_layers": count_blocks(header, start, r"distilled_guidance_layer\.layers"),
    }
    parts, widths = _FILE.parts_in(header.tensors), SPEC.widths_in(header, start)
    return CheckpointKind("", SPEC.key, parts=parts, widths=widths, built=built)


_FILE = SingleFile(_recognise, MappingProxyType(_PREFIXES))
_OUTSIDE = {"x_embedder": "img_in", "context_embedder": "txt_in", "proj_out": "final_layer.linear"}
_SINGLE = {"proj_out": "linear2", **NORMS}


def _original_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found = original_blocks(names, _OUTSIDE, FEED_FORWARDS, _SINGLE, JOINED)
    return {_of_guidance(name): paths for name, paths in found.items()}


def _of_guidance(name: str) -> str:
    if not name.startswith(_GUIDANCE):
        return name
    return re.sub(r"\.linear_([12])$", lambda match: ".in_layer" if match[1] == "1" else ".out_layer", name)


SPEC = FamilySpec(
    key="chroma",
    name="Chroma",
    engine="core.engine.families.chroma",
    pipelines=("ChromaPipeline", "ChromaImg2ImgPipeline", "ChromaInpaintPipeline"),
    network="transformer",
    latents=LatentLayout(16, 0.3611, 0.1159, patch=2, models="FLUX.1"),
    native_px=1024,
    samplers=FLOW_SAMPLERS,
    has_attention_words=False,
    defaults=DefaultSettings("euler", 40, 3.0),
    variants=(Variant(DefaultSettings("euler", 16, 1.0), "flash"),),
    single_file=_FILE,
    roles=MappingProxyType(
        {
            "text_encoder": Role(("t5",), _TEXT),
            "vae": Role(("kl",), Measure(_IMAGE, dimension=1, times=4), unlike=r"sd3"),
        }
    ),
    lora=LoraFormat(_original_names, key=r"distilled_guidance_layer", like="FLUX.1"),
    tokenizer=TokenizerRules("t5", frame=("", "</s>"), max_tokens=512),
    step_values=62_000,
    dtypes=("bfloat16", "float32"),
    transformers_parts=("t5",),
    diffusers_pipelines=(),
)
