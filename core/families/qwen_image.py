"""All that is known of Qwen-Image 1.x, also of 2512, and of those that edit by instruction (Alibaba 2025)."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from core.errors import ModelBroken
from core.families.autoencoder_kinds import QWEN
from core.families.double_stream import count_blocks
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
from core.request.samplers import WITH_TERMINAL

_TEXT = Measure(("txt_norm.weight",))
_INNER = Measure(("img_in.weight",))
_HEAD = Measure(("transformer_blocks.0.attn.norm_q.weight",))
_TENSOR = "transformer_blocks.0.img_mod.1.weight"
_LAYERED = "time_text_embed.addition_t_embedding.weight"
_CLEAN_REFERENCES = "__index_timestep_zero__"
"""An empty tensor with which ComfyUI's files of Edit 2511 say that references are seen at time 0."""

_PREFIXES = {
    "text_encoder": ("text_encoders.qwen25_7b.transformer.", "text_encoders.qwen25_7b.", "text_encoder."),
    "transformer": ("model.diffusion_model.", "diffusion_model.", "transformer.", ""),
    "vae": VAE,
}


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    start = _FILE.prefix_of("transformer", header.tensors)
    width, inner, head = (measure.of(header, start) for measure in (_TEXT, _INNER, _HEAD))
    if f"{start}{_TENSOR}" not in header.tensors or not width or not inner or not head:
        return None
    if f"{start}{_LAYERED}" in header.tensors:
        raise ModelBroken(header.path, tr("it is Qwen-Image-Layered, which Emulsion cannot use yet"))
    built = {
        "joint_attention_dim": width,
        "num_attention_heads": inner // head,
        "attention_head_dim": head,
        "num_layers": count_blocks(header, start, "transformer_blocks"),
        "zero_cond_t": f"{start}{_CLEAN_REFERENCES}" in header.tensors,
    }
    parts, widths = _FILE.parts_in(header.tensors), SPEC.widths_in(header, start)
    return CheckpointKind("", SPEC.key, parts=parts, widths=widths, built=built)


_FILE = SingleFile(_recognise, MappingProxyType(_PREFIXES))


def own_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Returns the names of layers as they are: the makers gave those of diffusers."""
    return {name: (name,) for name in names}


BEFORE = (
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial "
    "relationships of the objects and background:<|im_end|>\n<|im_start|>user\n"
)
AFTER = "<|im_end|>\n<|im_start|>assistant\n"
DROPPED = 34
"""Tokens of what stands before a prompt, which the network is not given."""

BEFORE_PICTURES = (
    "<|im_start|>system\nDescribe the key features of the input image (color, shape, size, texture, objects, "
    "background), then explain how the user's text instruction should alter or modify the image. Generate a new "
    "image that meets the user's requirements while maintaining consistency with the original input where "
    "appropriate."
    "<|im_end|>\n<|im_start|>user\n"
)
"""Stands before pictures and a prompt that says what to do with them."""
DROPPED_BEFORE_PICTURES = 64


def _variants() -> Iterator[Variant]:
    """Yields the models that edit, the most special ones first, each also distilled to few steps."""
    kinds = (("edit_2511", r"2511", 40, 3), ("edit_2509", r"2509|plus", 40, 3), ("edit", r"", 50, 1))
    for name, words, steps, references in kinds:
        for is_fast in (True, False):
            yield Variant(
                DefaultSettings("euler", 8, 1.0) if is_fast else DefaultSettings("euler", steps, 4.0),
                pattern=rf"^(?=.*edit)(?=.*({words})){r'(?=.*(lightning|rapid))' if is_fast else ''}",
                references=references,
                built={"zero_cond_t": name == "edit_2511"},
                name=f"{name}_lightning" if is_fast else name,
            )
    yield Variant(DefaultSettings("euler", 8, 1.0), "lightning", name="lightning", built={"zero_cond_t": False})


SPEC = FamilySpec(
    key="qwen_image",
    name="Qwen-Image",
    engine="core.engine.families.qwen_image",
    pipelines=(
        *("QwenImagePipeline", "QwenImageImg2ImgPipeline", "QwenImageEditPipeline", "QwenImageEditPlusPipeline"),
    ),
    network="transformer",
    latents=LatentLayout(16, None, patch=2, models="Qwen-Image", kind=QWEN),
    native_px=1328,
    samplers=WITH_TERMINAL,
    has_attention_words=False,
    defaults=DefaultSettings("euler", 50, 4.0),
    variants=tuple(_variants()),
    plain="text_to_image",
    plain_words=r"qwen.?image",
    told_by=MappingProxyType(
        {
            "zero_cond_t": "edit 2511",
            "QwenImageEditPlusPipeline": "edit plus",
            "QwenImageEditPipeline": "edit",
        }
    ),
    single_file=_FILE,
    roles=MappingProxyType(
        {"text_encoder": Role(("qwen2_5_vl",), _TEXT), "vae": Role(("qwen_image_vae",))},
    ),
    lora=LoraFormat(own_names, key=r"transformer_blocks[._]\d+[._](img|txt)_(mod|mlp)"),
    tokenizer=TokenizerRules("qwen2", frame=(BEFORE, AFTER), keeps_end=False, max_tokens=1024 + DROPPED),
    step_values=62_000,
    optional_settings=("controls",),
    dtypes=("bfloat16", "float32"),
    transformers_parts=("qwen2", "qwen2_5_vl", "qwen2_vl"),
    diffusers_pipelines=(),
)
