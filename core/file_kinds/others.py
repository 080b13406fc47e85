"""Files beside networks, encoders and autoencoders: what guides, enlarges or previews pictures, or reads them.

ControlNets follow ComfyUI's ``controlnet.py``, upscalers the names of ESRGAN's and Real-ESRGAN's authors.
"""

from core.file_kinds.kind import FileKind, FoundKind, Mark, Measure, Names, first_found
from core.language.words import tr

_UNION = Measure(("task_embedding",))
_FIRST = Measure(("1.weight", "decoder.layers.0.weight", "decoder.1.weight"), dimension=1)

OTHERS: tuple[FileKind, ...] = (
    FileKind(
        "ControlNet",
        "control_union",
        tr("a ControlNet union for Stable Diffusion XL"),
        (("control_add_embedding.linear_1.bias", "task_embedding"),),
        marks=(Mark("(ProMax)", measure=_UNION, size=8),),
    ),
    FileKind(
        "ControlNet",
        "control_flux",
        tr("a ControlNet for FLUX.1"),
        (
            ("controlnet_blocks.", "double_blocks."),
            ("controlnet_x_embedder.weight",),
            ("controlnet_mode_embedder.weight",),
        ),
        lacks=("transformer_blocks.0.img_mlp.",),
    ),
    FileKind(
        "ControlNet", "control_sd3", tr("a ControlNet for Stable Diffusion 3"), (("pos_embed_input.proj.weight",),)
    ),
    FileKind(
        "ControlNet",
        "control_qwen",
        tr("a ControlNet for Qwen-Image"),
        (("controlnet_blocks.", "transformer_blocks.0.img_mlp."),),
    ),
    FileKind(
        "ControlNet",
        "control_z_image",
        tr("a ControlNet for Z-Image"),
        (("control_layers.",), ("control_all_x_embedder.",), ("control_noise_refiner.",)),
    ),
    FileKind("ControlNet", "control_lora", tr("a Control-LoRA"), (("^lora_controlnet",),)),
    FileKind(
        "ControlNet",
        "control_difference",
        tr("the difference of a ControlNet to a model"),
        (("^difference", "zero_convs.0.0.weight"),),
    ),
    FileKind(
        "ControlNet",
        "controlnet",
        tr("a ControlNet"),
        (
            ("controlnet_cond_embedding.",),
            ("zero_convs.0.0.weight", "input_blocks.0.0.weight"),
            ("control_model.",),
            ("controlnet_blocks.",),
        ),
    ),
    FileKind(
        "ControlNet", "ip_adapter", tr("an IP-Adapter"), (("image_proj.", "ip_adapter."), ("ip_adapter.1.",))
    ),
    FileKind(
        "ControlNet", "style_adapter", tr("a T2I-Adapter for style, which CLIP serves"), (("style_embedding",),)
    ),
    FileKind(
        "ControlNet", "adapter_fuser", tr("what joins CoAdapters"), (("task_embedding", "spatial_feat_mapping."),)
    ),
    FileKind("ControlNet", "lllite", tr("a ControlNet-LLLite"), (("lllite_",),)),
    FileKind(
        "ControlNet",
        "t2i_adapter",
        tr("a T2I-Adapter"),
        (
            ("body.0.in_conv.weight",),
            ("conv_in.weight", "body.0.resnets."),
            ("conv_in.weight", "body.0.block1.weight"),
        ),
    ),
    FileKind(
        "addition", "redux", tr("FLUX.1 Redux, which reads a picture for its style"), (("redux_down.weight",),)
    ),
    FileKind("addition", "ip_adapter_flux", tr("an IP-Adapter for FLUX.1"), (("ip_adapter_proj_model.",),)),
    FileKind(
        "upscaler",
        "esrgan",
        tr("an upscaler (ESRGAN)"),
        (("model.1.sub.",), ("conv_first.weight", "body.0.rdb1."), ("conv_first.weight", "RRDB_trunk.")),
    ),
    FileKind(
        "upscaler",
        "compact",
        tr("an upscaler (Compact)"),
        (("body.0.weight", "body.1.weight", "body.2.weight"),),
        rank=4,
    ),
    FileKind(
        "upscaler",
        "transformer_upscaler",
        tr("an upscaler (DAT, HAT or SwinIR)"),
        (("conv_first.weight", "layers.0.residual_group."),),
    ),
    FileKind("upscaler", "span", tr("an upscaler (SPAN)"), (("block_1.c1_r.",),)),
    FileKind("upscaler", "upscaler", tr("an upscaler"), (("conv_first.weight",), ("params_ema.",))),
    FileKind(
        "tiny autoencoder",
        "tiny",
        tr("a tiny autoencoder for previews"),
        (
            ("1.weight",),
            ("decoder.layers.0.weight",),
            ("decoder.1.weight", "decoder.3.conv.0.weight"),
        ),
        width=_FIRST,
        rank=4,
    ),
    FileKind(
        "part",
        "clip_vision",
        tr("the half of CLIP that reads pictures"),
        (("vision_model.encoder.layers.0.",), ("visual.transformer.resblocks.0.",)),
    ),
    FileKind(
        "part",
        "mmproj",
        tr("the half of a language model that reads pictures (mmproj)"),
        (("v.blk.0.attn_q.weight",), ("v.blk.0.attn_qkv.weight",)),
        architectures=("clip",),
    ),
    FileKind(
        "embedding",
        "embedding",
        tr("a textual inversion"),
        (("emb_params",), ("clip_l", "clip_g"), ("string_to_param",), ("string_to_param.",)),
    ),
)

_STARTS = ("", "adapter.", "model.", "control_model.", "module.")


def other_in(names: Names) -> FoundKind | None:
    """Returns the kind of a file that is none of a model's networks, or None."""
    return first_found(OTHERS, names, _STARTS)
