"""All that is known of FLUX.1: dev, schnell, Krea dev and what was trained from them (Black Forest Labs 2024)."""

from collections.abc import Iterable
from types import MappingProxyType

from core.errors import ModelBroken
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
from core.families.variants import flow_schedule
from core.file_kinds.kind import Measure
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr
from core.request.samplers import FLOW_SAMPLERS

_MODULATION = ("double_blocks.0.img_mod.lin.weight", "transformer_blocks.0.norm1.linear.weight")
_IMAGE = ("img_in.weight", "x_embedder.weight")
_HEAD = Measure(
    (
        "double_blocks.0.img_attn.norm.key_norm.scale",
        "double_blocks.0.img_attn.norm.key_norm.weight",
        "transformer_blocks.0.attn.norm_k.weight",
    )
)
_TEXT = Measure(("txt_in.weight", "context_embedder.weight"), dimension=1)
_POOLED = Measure(("vector_in.in_layer.weight", "time_text_embed.text_embedder.linear_1.weight"), dimension=1)
_GUIDANCE = ("guidance_in.in_layer.weight", "time_text_embed.guidance_embedder.linear_1.weight")
_PREFIXES = {
    "text_encoder": ("text_encoders.clip_l.transformer.", "text_encoders.clip_l.", "text_encoder."),
    "text_encoder_2": ("text_encoders.t5xxl.transformer.", "text_encoders.t5xxl.", "text_encoder_2."),
    "transformer": ("model.diffusion_model.", "diffusion_model.", "transformer.", ""),
    "vae": VAE,
}


def _refusal(channels: int | None, made: int | None) -> str:
    """Returns the reason against a network that sees more for each token than it makes, with the way out."""
    if made and channels == 2 * made:
        return tr(
            "it is FLUX.1 Canny or Depth, whose own control picture Emulsion cannot use yet; choose FLUX.1 dev "
            "and a ControlNet for edges or depth"
        )
    if made and channels == 6 * made:
        return tr(
            "it is FLUX.1 Fill, whose own mask Emulsion cannot use yet; choose FLUX.1 dev, which can paint over a "
            "part of a picture, too"
        )
    return tr("it is a FLUX.1 model for editing pictures, which Emulsion cannot use yet")


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    names, start = header.tensors, _FILE.prefix_of("transformer", header.tensors)
    has_streams = any(f"{start}{name}" in names for name in _MODULATION)
    if not has_streams or not any(f"{start}{name}" in names for name in _IMAGE):
        return None
    width, inner, channels = (
        measure.of(header, start) for measure in (_TEXT, Measure(_IMAGE), Measure(_IMAGE, dimension=1))
    )
    pooled, head = _POOLED.of(header, start), _HEAD.of(header, start)
    if not width or not inner or not pooled or not head:
        return None
    last = Measure(("final_layer.linear.weight", "proj_out.weight")).of(header, start)
    if channels != last:
        raise ModelBroken(header.path, _refusal(channels, last))
    built = {
        "joint_attention_dim": width,
        "pooled_projection_dim": pooled,
        "num_attention_heads": inner // head,
        "attention_head_dim": head,
        "num_layers": count_blocks(header, start, "double_blocks", "transformer_blocks"),
        "num_single_layers": count_blocks(header, start, "single_blocks", "single_transformer_blocks"),
        "guidance_embeds": any(f"{start}{name}" in names for name in _GUIDANCE),
    }
    parts, widths = _FILE.parts_in(names), SPEC.widths_in(header, start)
    return CheckpointKind("", SPEC.key, parts=parts, widths=widths, built=built)


_FILE = SingleFile(_recognise, MappingProxyType(_PREFIXES))

ORIGINAL = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    **{
        f"time_text_embed.{of_diffusers}_embedder.linear_{number}": f"{of_makers}_in.{layer}"
        for of_diffusers, of_makers in (("timestep", "time"), ("guidance", "guidance"), ("text", "vector"))
        for number, layer in ((1, "in_layer"), (2, "out_layer"))
    },
    "proj_out": "final_layer.linear",
}
FEED_FORWARDS = {
    "ff.net.0.proj": "img_mlp.0",
    "ff.net.2": "img_mlp.2",
    "ff_context.net.0.proj": "txt_mlp.0",
    "ff_context.net.2": "txt_mlp.2",
}
_IN_A_BLOCK = {"norm1.linear": "img_mod.lin", "norm1_context.linear": "txt_mod.lin", **FEED_FORWARDS}
NORMS = {"attn.norm_q": "norm.query_norm", "attn.norm_k": "norm.key_norm"}
_IN_A_SINGLE_BLOCK = {"norm.linear": "modulation.lin", "proj_out": "linear2", **NORMS}
JOINED = {"attn.to_q": ("linear1", ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"))}


def _original_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return original_blocks(names, ORIGINAL, _IN_A_BLOCK, _IN_A_SINGLE_BLOCK, JOINED)


_SCHNELL = flow_schedule(1.0)
_DEV = flow_schedule(
    3.0,
    use_dynamic_shifting=True,
    base_shift=0.5,
    max_shift=1.15,
    base_image_seq_len=256,
    max_image_seq_len=4096,
)
"""The makers' own. dev and what was trained from it follow the size of the picture, schnell does not."""

SPEC = FamilySpec(
    key="flux1",
    name="FLUX.1",
    engine="core.engine.families.flux1",
    pipelines=("FluxPipeline", "FluxImg2ImgPipeline", "FluxInpaintPipeline"),
    network="transformer",
    text_encoders=("text_encoder", "text_encoder_2"),
    latents=LatentLayout(16, 0.3611, 0.1159, patch=2),
    native_px=1024,
    samplers=FLOW_SAMPLERS,
    guidance="none",
    embedded_guidance_key="guidance_embeds",
    has_attention_words=False,
    defaults=DefaultSettings("euler", 28, 3.5),
    schedule=_DEV,
    variants=(
        Variant(
            *(DefaultSettings("euler", 4, 1.0), "schnell"),
            config_key="guidance_embeds",
            is_set=False,
            schedule=_SCHNELL,
        ),
        Variant(DefaultSettings("euler", 28, 4.5), "krea"),
    ),
    single_file=_FILE,
    roles=MappingProxyType(
        {
            "text_encoder": Role(("clip",), _POOLED),
            "text_encoder_2": Role(("t5",), _TEXT),
            "vae": Role(("kl",), Measure(_IMAGE, dimension=1, times=4), unlike=r"sd3"),
        }
    ),
    lora=LoraFormat(_original_names, key=r"single_transformer_blocks[._]\d+[._](proj_mlp|attn[._]to_q[._])"),
    tokenizer=TokenizerRules("t5", frame=("", "</s>"), max_tokens=512),
    step_values=62_000,
    dtypes=("bfloat16", "float32"),
    optional_settings=("controls",),
    transformers_parts=("clip", "t5"),
    diffusers_pipelines=(),
)
