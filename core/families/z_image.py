"""All that is known of Z-Image, base and Turbo (Tongyi-MAI 2025)."""

from collections.abc import Iterable
from types import MappingProxyType

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
from core.families.variants import flow_schedule
from core.file_kinds.kind import Measure
from core.file_kinds.table import KINDS
from core.files.safetensors_header import SafetensorsHeader
from core.request.samplers import FLOW_SAMPLERS

_TENSOR = KINDS["z_image"].tells[0][0]
_PATCHES = ("x_embedder.weight", "all_x_embedder.2-1.weight")
_PREFIXES = {
    "text_encoder": ("text_encoders.qwen3_4b.transformer.", "text_encoders.qwen3_4b.", "text_encoder."),
    "transformer": ("model.diffusion_model.", "diffusion_model.", "transformer.", ""),
    "vae": VAE,
}


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    starts = (start for start in _PREFIXES["transformer"] if f"{start}{_TENSOR}" in header.tensors)
    if (start := next(starts, None)) is None:
        return None
    parts, widths = _FILE.parts_in(header.tensors), SPEC.widths_in(header, start)
    return CheckpointKind("", SPEC.key, parts=parts, widths=widths)


_FILE = SingleFile(_recognise, MappingProxyType(_PREFIXES))


_RENAMED = (
    ("attention.to_out.0", "attention.out"),
    ("attention.norm_q", "attention.q_norm"),
    ("attention.norm_k", "attention.k_norm"),
    ("all_x_embedder.2-1", "x_embedder"),
    ("all_final_layer.2-1", "final_layer"),
)


def _original_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Names as in the makers' own files; there one layer makes queries, keys and values."""
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        original = name
        for of_diffusers, of_makers in _RENAMED:
            original = original.replace(of_diffusers, of_makers)
        found[original] = (name,)
        if name.endswith("attention.to_q"):
            start = name.removesuffix("to_q")
            found[f"{start}qkv"] = (name, f"{start}to_k", f"{start}to_v")
    return found


_TURBO, _BASE = flow_schedule(3.0), flow_schedule(6.0)
"""The makers' own ``scheduler_config.json``; a file that neither is named Turbo nor chosen to be is a base."""

SPEC = FamilySpec(
    key="z_image",
    name="Z-Image",
    engine="core.engine.families.z_image",
    pipelines=("ZImagePipeline", "ZImageImg2ImgPipeline"),
    network="transformer",
    latents=LatentLayout(16, 0.3611, 0.1159, patch=2),
    native_px=1024,
    samplers=FLOW_SAMPLERS,
    has_attention_words=False,
    defaults=DefaultSettings("euler", 28, 5.0),
    schedule=_BASE,
    variants=(Variant(DefaultSettings("euler", 8, 1.0), "turbo", schedule=_TURBO, name="turbo"),),
    plain="base",
    plain_words=r"base",
    single_file=_FILE,
    roles=MappingProxyType(
        {
            "text_encoder": Role(("qwen3",), Measure(("cap_embedder.0.weight",))),
            "vae": Role(("kl",), Measure(_PATCHES, dimension=1, times=4), unlike=r"sd3"),
        }
    ),
    lora=LoraFormat(_original_names, key=r"(^|[._])layers[._]\d+[._](attention|feed_forward|adaLN)"),
    tokenizer=TokenizerRules(
        "qwen2",
        frame=("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"),
        keeps_end=False,
        max_tokens=512,
    ),
    step_values=31_000,
    optional_settings=("controls",),
    dtypes=("bfloat16", "float32"),  # float16 overflows: https://github.com/Tongyi-MAI/Z-Image/issues/14
    transformers_parts=("qwen2", "qwen3"),
    diffusers_pipelines=("z_image",),
)
