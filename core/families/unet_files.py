"""Recognises U-Nets in single files as CompVis and Stability AI wrote them; for Stable Diffusion and its XL kind.

The names are those that diffusers' ``single_file_utils.py`` and ComfyUI's ``model_detection.py`` know.
"""

from core.errors import ModelBroken
from core.families.marks import declared, marked, measured, refuse_edm
from core.families.spec import CheckpointKind, DefaultSettings, Variant
from core.files.safetensors_header import SafetensorsHeader

UNET = "model.diffusion_model."
VAE = "first_stage_model."
CONDITIONER = "conditioner."
"""The text encoders of Stable Diffusion XL."""

_FIRST_CONVOLUTION = f"{UNET}input_blocks.0.0.weight"
_REFINER = f"{CONDITIONER}embedders.0.model.positional_embedding"
STABLE_DIFFUSION_1, STABLE_DIFFUSION_2 = "stable_diffusion_1", "stable_diffusion_2"
"""Folders of ``resources/families``."""

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

    ``layouts``: folders of ``resources/families``, by a tensor of each of their text encoders.
    """
    names, path = header.tensors.keys(), header.path
    if _FIRST_CONVOLUTION not in names or is_xl != any(name.startswith(CONDITIONER) for name in names):
        return None
    shape = header.shape(_FIRST_CONVOLUTION) or ()
    if len(shape) != 4 or shape[1] != 4:
        channels = shape[1] if len(shape) == 4 else 0
        what = {9: "an inpainting model", 8: "a model for editing pictures", 5: "a model with depth"}
        raise ModelBroken(path, f"it is {what.get(channels, 'a special model')}, which Emulsion cannot use yet")
    refuse_edm(header)
    if f"{UNET}time_embed.cond_proj.weight" in names:
        raise ModelBroken(path, "it is distilled with embedded guidance (LCM); use it as a diffusers folder")
    if not any(name.startswith(VAE) for name in names):
        raise ModelBroken(path, "it holds no autoencoder (VAE): only a part of a model is in this file")
    layout = next((layout for tensors, layout in layouts.items() if all(one in names for one in tensors)), None)
    if layout is not None:
        said = {
            "marks": marked(header),
            "metadata": declared(header, has_clip_skip=layout == STABLE_DIFFUSION_1),
            "weights": measured(header, UNET) if layout == STABLE_DIFFUSION_2 else {},
        }
        return CheckpointKind(layout, family, _text_width(header), said)
    if _REFINER in names:
        raise ModelBroken(path, "it is the refiner of Stable Diffusion XL, which Emulsion cannot use")
    raise ModelBroken(path, "it holds no text encoder: only a part of a model is in this file")


def _text_width(header: SafetensorsHeader) -> int | None:
    ending = ".transformer_blocks.0.attn2.to_k.weight"
    shapes = (entry.shape for name, entry in header.tensors.items() if name.endswith(ending))
    return next((shape[1] for shape in shapes if len(shape) == 2), None)
