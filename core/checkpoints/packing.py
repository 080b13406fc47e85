"""Tells in which packed form weights are: scaled 8 bit floats, which are unpacked while they are read, or others.

The names are those of ComfyUI (``convert_old_quants``, ``comfy_quant``), bitsandbytes, GPTQ and AWQ, SVDQuant.
"""

from itertools import chain

from core.errors import ModelBroken
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr

SCALES = (".scale_weight", ".weight_scale")
"""The names of the scale of ``<layer>.weight``, older and newer."""

SCALE_EXTRAS = (".scale_input", ".input_scale", ".comfy_quant", "scaled_fp8")
"""Beside scales: for multiplying in 8 bits, and marks of the format."""

_FLOATS_8 = ("F8_E4M3", "F8_E5M2")
_SCALE_TYPES = ("F32", "F16", "BF16", "F64")
_OTHER_FORMS = (
    (".weight_scale_2", "NVFP4"),
    (".weight_scale_inv", tr("fp8 with scales of DeepSeek's kind")),
    (".quant_state.bitsandbytes__nf4", tr("bitsandbytes' NF4")),
    (".quant_state.bitsandbytes__fp4", tr("bitsandbytes' FP4")),
    (".absmax", tr("bitsandbytes' 4 bits")),
    (".SCB", tr("bitsandbytes' 8 bit integers")),
    (".wscales", tr("SVDQuant (Nunchaku)")),
    (".qweight", tr("4 bit integers (GPTQ, AWQ or SVDQuant)")),
    (".weight_codebook", tr("a codebook")),
)
_OTHER_TYPES = {
    "I8": tr("8 bit integers (int8)"),
    "U8": tr("4 bit values in bytes"),
    "I32": tr("packed integers"),
    "U32": tr("packed integers"),
    "F4": tr("4 bit floats"),
    "F8_E4M3FNUZ": tr("8 bit floats of another kind (FNUZ)"),
    "F8_E5M2FNUZ": tr("8 bit floats of another kind (FNUZ)"),
}


def layer_of_scale(name: str) -> str | None:
    """Returns the layer whose weight a tensor scales, or None for other tensors."""
    return next((name.removesuffix(ending) for ending in SCALES if name.endswith(ending)), None)


def check_packing(header: SafetensorsHeader) -> None:
    """Raises ModelBroken, with the form by its name, where weights are packed so that they cannot be unpacked."""
    tensors = header.tensors
    by_name = (form for ending, form in _OTHER_FORMS if any(name.endswith(ending) for name in tensors))
    weights = (entry for name, entry in tensors.items() if name.endswith(".weight"))
    by_type = (_OTHER_TYPES[entry.dtype] for entry in weights if entry.dtype in _OTHER_TYPES)
    scales = ((layer, name) for name in tensors if (layer := layer_of_scale(name)) is not None)
    by_scale = (form for layer, name in scales if (form := _form_of_scale(header, layer, name)) is not None)
    form = next(chain(by_name, by_type, by_scale), None)
    if form is not None:
        reason = tr(
            "its weights are packed as {form}, which Emulsion does not unpack; 16 bit and fp8 work", form=form
        )
        raise ModelBroken(header.path, reason)


def _form_of_scale(header: SafetensorsHeader, layer: str, name: str) -> str | None:
    """Returns None for a scale that can be multiplied by."""
    weight, scale = header.tensors.get(f"{layer}.weight"), header.tensors[name]
    if scale.dtype == "F8_E8M0":
        return "MXFP8"
    if weight is None or weight.dtype not in _FLOATS_8 or scale.dtype not in _SCALE_TYPES:
        return tr("scaled values of an unknown kind")
    return None if repeats_of(weight.shape, scale.shape) is not None else tr("fp8 with scales of an unknown shape")


def repeats_of(weight: tuple[int, ...], scale: tuple[int, ...]) -> tuple[int, ...] | None:
    """Returns how often a scale holds along each dimension of its weight, None where it does not fit.

    A scale is one number, one for each row (``(rows,)`` or ``(rows, 1, …)``), or one for each block.
    """
    if scale in ((), (1,)):
        return weight
    full = scale + (1,) * (len(weight) - len(scale))
    if len(full) != len(weight) or any(not few or many % few for many, few in zip(weight, full, strict=True)):
        return None
    return tuple(many // few for many, few in zip(weight, full, strict=True))
