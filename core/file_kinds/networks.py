"""The denoising networks of picture models, by their makers' names and those of diffusers.

The rows follow ComfyUI's ``model_detection.py``; the engine loads those of `core.families`, the others are named.
The first row that holds counts, so the more special ones come first.
"""

from types import MappingProxyType

from core.file_kinds.kind import FileKind, FoundKind, Mark, Measure, Names, first_found
from core.language.words import tr

_INPUT = Measure(("img_in.weight", "x_embedder.weight"), dimension=1)
_FLUX_WIDTH = Measure(("img_in.weight", "x_embedder.weight"))
_TEXT = "transformer_blocks.0.attn2.to_k.weight"
_UNET_INPUT = Measure(("input_blocks.0.0.weight", "conv_in.weight"), dimension=1)
_TURBO = Mark("Turbo", words=r"turbo|lightning")

UNET_TEXT = Measure(
    (
        *(f"input_blocks.{place}.1.{_TEXT}" for place in (1, 4, 2)),
        *(f"down_blocks.{place}.attentions.0.{_TEXT}" for place in (0, 1)),
        f"mid_block.attentions.0.{_TEXT}",
    ),
    dimension=1,
)
"""The width of the text that a U-Net reads."""

UNET_NAMES = MappingProxyType(
    {
        128: tr("Emulsion's starter model"),
        768: "Stable Diffusion 1.x",
        1024: "Stable Diffusion 2.x",
        1280: tr("the refiner of Stable Diffusion XL"),
        2048: "Stable Diffusion XL",
    }
)
"""By that width."""

NETWORKS: tuple[FileKind, ...] = (
    FileKind(
        "network",
        "flux3",
        "FLUX.3",
        (("early_stream_modulations.",),),
        marks=(Mark(tr("klein, distilled"), has="ref_time_in.in_layer.weight"),),
    ),
    FileKind(
        "network",
        "flux2",
        "FLUX.2",
        (
            ("double_stream_modulation_img.lin.weight", "img_in.weight"),
            ("double_stream_modulation_img.linear.weight", "x_embedder.weight"),
            ("single_stream_modulation.",),
        ),
        width=_FLUX_WIDTH,
        sizes=MappingProxyType({3072: "FLUX.2 klein 4B", 4096: "FLUX.2 klein 9B", 6144: "FLUX.2 dev"}),
        marks=(Mark("base", words=r"(^|[^a-z])base([^a-z]|$)"), Mark("distilled", words=r"distill")),
        asks=("distilled", "base"),
    ),
    FileKind(
        "network",
        "chroma",
        "Chroma",
        (("distilled_guidance_layer.",),),
        marks=(
            Mark(tr("Radiance (pixels)"), has="nerf_blocks.", is_usable=False),
            Mark("Flash", words=r"flash"),
        ),
    ),
    FileKind(
        "network",
        "flux",
        "FLUX.1",
        (
            ("double_blocks.0.img_attn.", "img_in.weight"),
            ("double_blocks.0.img_attn.",),
            ("transformer_blocks.0.attn.norm_added_k.weight", "single_transformer_blocks.0.proj_mlp.weight"),
            ("transformer_blocks.0.qkv_proj.qweight", "single_transformer_blocks.0.qkv_proj.qweight"),
        ),
        lacks=("controlnet_blocks.", "controlnet_x_embedder.weight", "controlnet_mode_embedder.weight"),
        marks=(
            Mark("Fill", measure=_INPUT, size=384, is_usable=False),
            Mark(tr("Canny or Depth"), measure=_INPUT, size=128, is_usable=False),
            Mark("Kontext", words=r"kontext"),
            Mark("Krea", words=r"krea"),
            Mark("dev", has="guidance_in.in_layer.weight"),
            Mark("dev", has="time_text_embed.guidance_embedder."),
            Mark("schnell", has="img_in.weight", lacks="guidance_in.in_layer.weight"),
            Mark("schnell", has="context_embedder.weight", lacks="time_text_embed.guidance_embedder."),
        ),
    ),
    FileKind(
        "network",
        "stable_diffusion_3",
        "Stable Diffusion 3",
        (("joint_blocks.",), ("pos_embed.pos_embed", "transformer_blocks.0.norm1_context.")),
        lacks=("pos_embed_input.proj.weight",),
        marks=(
            Mark("3.5 Large", has="joint_blocks.37."),
            Mark("3.5 Large", has="transformer_blocks.37."),
            Mark("3.5 Medium", has="joint_blocks.0.x_block.attn2."),
            Mark("3.5 Medium", has="transformer_blocks.0.attn2."),
            _TURBO,
        ),
    ),
    FileKind(
        "network",
        "z_image",
        "Z-Image",
        (("layers.0.adaLN_modulation.0.weight",),),
        lacks=("control_layers.", "control_all_x_embedder."),
        marks=(
            Mark("omni", has="siglip_embedder.", is_usable=False),
            Mark(tr("in pixels"), has="dec_net.", is_usable=False),
            _TURBO,
            Mark("base", words=r"base"),
        ),
        asks=("Turbo", "base"),
    ),
    FileKind(
        "network",
        "lumina2",
        "Lumina 2",
        (("cap_embedder.1.weight", "noise_refiner."), ("cap_embedder.",)),
        lacks=("control_layers.",),
    ),
    FileKind("network", "qwen_image_21", "Qwen-Image 2.1", (("txt_in.text_norm.weight",),), marks=(_TURBO,)),
    FileKind(
        "network",
        "qwen_image",
        "Qwen-Image",
        (
            ("txt_norm.weight", "transformer_blocks.0.attn.add_q_proj.weight"),
            ("transformer_blocks.0.img_mlp.", "transformer_blocks.0.txt_mlp."),
            ("transformer_blocks.0.img_mlp.",),
        ),
        lacks=("controlnet_blocks.",),
        width=Measure(("txt_norm.weight",)),
        sizes=MappingProxyType({2560: "Mage-Flow"}),
        marks=(
            Mark("Edit 2511", has="__index_timestep_zero__"),
            Mark("Layered", has="time_text_embed.addition_t_embedding.weight", is_usable=False),
            Mark("Edit", words=r"edit"),
            _TURBO,
        ),
    ),
    FileKind(
        "network",
        "krea2",
        "Krea 2",
        (("txtfusion.",), ("text_fusion.",)),
        marks=(_TURBO, Mark("Raw", words=r"(^|[^a-z])raw([^a-z]|$)")),
        asks=("Turbo", "Raw"),
    ),
    FileKind("network", "anima", "Anima", (("llm_adapter.",),), marks=(_TURBO,)),
    FileKind("network", "cosmos2", "Cosmos-Predict2", (("blocks.0.mlp.layer1.weight", "blocks.0.cross_attn."),)),
    FileKind(
        "network",
        "ernie",
        "ERNIE-Image",
        (("layers.0.mlp.linear_fc2.weight",), ("layers.0.adaLN_sa_ln.weight",)),
        marks=(_TURBO,),
    ),
    FileKind("network", "hidream", "HiDream", (("caption_projection.0.linear.weight",),)),
    FileKind("network", "auraflow", "AuraFlow", (("double_layers.0.attn.w1q.weight",),)),
    FileKind(
        "network",
        "sana",
        "Sana",
        (("blocks.0.cross_attn.q_linear.weight", "attention_y_norm.weight"), ("caption_norm.weight",)),
        marks=(
            Mark("1.6B", has="blocks.19.", lacks="blocks.20."),
            Mark("0.6B", has="blocks.27.", lacks="blocks.28."),
        ),
    ),
    FileKind(
        "network",
        "pixart",
        "PixArt",
        (("t_block.1.weight",), ("adaln_single.linear.weight", "caption_projection.")),
    ),
    FileKind("network", "wan", tr("Wan (videos)"), (("head.modulation", "blocks.0.self_attn."),)),
    FileKind("network", "hunyuan", tr("Hunyuan (videos)"), (("txt_in.individual_token_refiner.",),)),
    FileKind("part", "motion", tr("a motion module of AnimateDiff"), (("down_blocks.0.motion_modules.",),)),
    FileKind(
        "network",
        "unet",
        tr("a U-Net"),
        (("input_blocks.0.0.weight",), ("conv_in.weight", "down_blocks."), ("down_blocks.",), ("up_blocks.",)),
        lacks=("controlnet_cond_embedding.", "control_add_embedding.", "zero_convs."),
        width=UNET_TEXT,
        sizes=UNET_NAMES,
        marks=(
            Mark(tr("inpainting"), measure=_UNET_INPUT, size=9),
            Mark(tr("for editing"), measure=_UNET_INPUT, size=8, is_usable=False),
            Mark(tr("with depth"), measure=_UNET_INPUT, size=5, is_usable=False),
            Mark("LCM", has="time_embed.cond_proj.weight"),
            Mark("LCM", has="time_embedding.cond_proj.weight"),
            _TURBO,
        ),
    ),
)

STARTS = ("", "model.diffusion_model.", "diffusion_model.", "model.", "net.", "transformer.", "unet.")


def network_in(names: Names) -> FoundKind | None:
    """Returns the denoising network of a file, alone or in a whole checkpoint."""
    return first_found(NETWORKS, names, STARTS)
