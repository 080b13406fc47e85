"""All that is known of FLUX.2 klein, distilled and base, of 4 and 9 billion weights (Black Forest Labs 2025)."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from core.errors import ModelBroken
from core.families.autoencoder_kinds import FLUX_2
from core.families.double_stream import count_blocks, original_blocks
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
from core.language.words import tr
from core.request.samplers import FLOW_SAMPLERS

_MODULATION = ("double_stream_modulation_img.lin.weight", "double_stream_modulation_img.linear.weight")
_TEXT = Measure(("txt_in.weight", "context_embedder.weight"), dimension=1)
_INNER = Measure(("img_in.weight", "x_embedder.weight"))
_HEAD = Measure(
    (
        "double_blocks.0.img_attn.norm.key_norm.scale",
        "double_blocks.0.img_attn.norm.key_norm.weight",
        "transformer_blocks.0.attn.norm_k.weight",
    )
)
_PREFIXES = {
    "text_encoder": (
        "text_encoders.qwen3_4b.transformer.",
        "text_encoders.qwen3_8b.transformer.",
        "text_encoder.",
    ),
    "transformer": ("model.diffusion_model.", "diffusion_model.", "transformer.", ""),
    "vae": VAE,
}
_WIDTH_OF_DEV = 15360
"""Of three layers of its text encoder, side by side; those of klein are 7680 (4B) and 12288 (9B)."""


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    start = _FILE.prefix_of("transformer", header.tensors)
    if not any(f"{start}{name}" in header.tensors for name in _MODULATION):
        return None
    width, inner, head = (measure.of(header, start) for measure in (_TEXT, _INNER, _HEAD))
    if width == _WIDTH_OF_DEV:
        raise ModelBroken(
            header.path, tr("it is FLUX.2 dev, which reads with Mistral: Emulsion cannot use it yet")
        )
    built = {
        "joint_attention_dim": width,
        "num_attention_heads": inner // head if inner and head else None,
        "attention_head_dim": head,
        "num_layers": count_blocks(header, start, "double_blocks", "transformer_blocks"),
        "num_single_layers": count_blocks(header, start, "single_blocks", "single_transformer_blocks"),
    }
    return CheckpointKind(
        "",
        SPEC.key,
        parts=_FILE.parts_in(header.tensors),
        widths=SPEC.widths_in(header, start),
        built={name: value for name, value in built.items() if value},
    )


_FILE = SingleFile(_recognise, MappingProxyType(_PREFIXES))

ORIGINAL = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "time_guidance_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_guidance_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "time_guidance_embed.guidance_embedder.linear_1": "guidance_in.in_layer",
    "time_guidance_embed.guidance_embedder.linear_2": "guidance_in.out_layer",
    "double_stream_modulation_img.linear": "double_stream_modulation_img.lin",
    "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin",
    "single_stream_modulation.linear": "single_stream_modulation.lin",
    "proj_out": "final_layer.linear",
}
_IN_A_BLOCK = {
    "ff.linear_in": "img_mlp.0",
    "ff.linear_out": "img_mlp.2",
    "ff_context.linear_in": "txt_mlp.0",
    "ff_context.linear_out": "txt_mlp.2",
}
_IN_A_SINGLE_BLOCK = {
    "attn.to_qkv_mlp_proj": "linear1",
    "attn.to_out": "linear2",
    "attn.norm_q": "norm.query_norm",
    "attn.norm_k": "norm.key_norm",
}


def _original_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return original_blocks(names, ORIGINAL, _IN_A_BLOCK, _IN_A_SINGLE_BLOCK)


SPEC = FamilySpec(
    key="flux2_klein",
    name="FLUX.2 klein",
    engine="core.engine.families.flux2_klein",
    pipelines=("Flux2KleinPipeline", "Flux2KleinInpaintPipeline"),
    network="transformer",
    latents=LatentLayout(32, None, patch=2, models="FLUX.2", kind=FLUX_2),
    native_px=1024,
    references=4,
    samplers=FLOW_SAMPLERS,
    guidance="none",
    has_attention_words=False,
    defaults=DefaultSettings("euler", 4, 1.0),
    variants=(
        Variant(
            DefaultSettings("euler", 50, 4.0),
            "base",
            config_key="is_distilled",
            is_set=False,
            guidance="classifier_free",
            name="base",
        ),
    ),
    plain="distilled",
    plain_words=r"distill",
    single_file=_FILE,
    roles=MappingProxyType(
        {"text_encoder": Role(("qwen3",), replace(_TEXT, times=3)), "vae": Role(("flux2_vae",))}
    ),
    lora=LoraFormat(
        _original_names,
        key=r"(double|single)_stream_modulation|to_qkv_mlp_proj|transformer_blocks[._]\d+[._]ff(_context)?[._]linear",
    ),
    tokenizer=TokenizerRules(
        "qwen2",
        # thinking is turned off by an empty thought, see the chat template of Qwen3
        frame=("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"),
        keeps_end=False,
        max_tokens=512,
    ),
    step_values=62_000,
    dtypes=("bfloat16", "float32"),
    transformers_parts=("qwen2", "qwen3"),
    diffusers_pipelines=(),
)
