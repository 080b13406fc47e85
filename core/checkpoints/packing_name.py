"""Names the form in which the weights of a file are kept, also of those that cannot be unpacked.

The names of tensors are those of ComfyUI (``convert_old_quants``, ``QUANTIZATION.md``), bitsandbytes, Nunchaku,
GPTQ and AWQ, SDNQ and torchao; those of types are safetensors' and ggml's.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

from core.checkpoints.packing_notes import note_in, object_in
from core.errors import ModelBroken
from core.files.gguf_header import BLOCKS
from core.files.safetensors_header import BITS, SafetensorsHeader
from core.language.words import tr

_BY_NAME = (
    ("bitsandbytes__nf4", "NF4 (bitsandbytes)"),
    ("bitsandbytes__fp4", "FP4 (bitsandbytes)"),
    (".SCB", "int8 (bitsandbytes)"),
    (".wscales", "SVDQuant (Nunchaku)"),
    (".smooth_factor", "SVDQuant (Nunchaku)"),
    (".svd_up", "SDNQ"),
    (".zero_point", "SDNQ"),
    (".qweight", tr("GPTQ or AWQ")),
    (".weight_codebook", tr("a codebook")),
    (".weight._data", "quanto"),
    (".weight_scale_2", "NVFP4"),
    (".weight_scale_inv", tr("fp8, scaled in blocks (DeepSeek)")),
)
"""By the ending of a tensor's name, the more special ones first."""

_COMFY = {
    "float8_e4m3fn": "fp8 e4m3, scaled (comfy_quant)",
    "float8_e5m2": "fp8 e5m2, scaled (comfy_quant)",
    "int8_tensorwise": "int8",
    "mxfp8": "MXFP8",
    "nvfp4": "NVFP4",
    "convrot_w4a4": "int4 ConvRot (w4a4)",
    "asym_w4a8_int8": "int4 (asym_w4a8)",
    "awq_w4a16": "int4 AWQ (w4a16)",
}
_TYPES = {
    "F32": "fp32",
    "F64": "fp64",
    "F16": "fp16",
    "BF16": "bf16",
    "F8_E4M3": "fp8 e4m3",
    "F8_E5M2": "fp8 e5m2",
    "F8_E4M3FNUZ": "fp8 e4m3 (FNUZ)",
    "F8_E5M2FNUZ": "fp8 e5m2 (FNUZ)",
    "I8": "int8",
    "U8": tr("4 bits in bytes"),
    "F4": tr("4 bit floats"),
}


def packing_name(header: SafetensorsHeader) -> str:
    """Returns the form of most of the weights: ``"bf16"``, ``"fp8 e4m3, scaled"``, ``"GGUF Q4_K"``.

    Of a file's content only the first of ComfyUI's notes is read.
    """
    names, sizes = header.tensors, Counter[str]()
    for entry in names.values():
        if len(entry.shape) > 1 or len(names) == 1:
            sizes[entry.dtype] += entry.end - entry.begin
    most = sizes.most_common(1)[0][0] if sizes else ""
    if any(dtype in BLOCKS and dtype not in BITS for dtype in sizes) or "general.architecture" in header.metadata:
        return f"GGUF {most}"
    if comfy := _comfy(header):
        return comfy
    if any('"_type"' in text and 'Tensor"' in text for text in header.metadata.values()):
        return "torchao"
    by_name = (form for ending, form in _BY_NAME if any(name.endswith(ending) for name in names))
    if form := next(by_name, ""):
        return form
    kind = _TYPES.get(most, most)
    if most not in ("F8_E4M3", "F8_E5M2"):
        is_sdnq = most in ("I8", "U8") and any(name.endswith(".scale") for name in names)
        return "SDNQ" if is_sdnq else kind
    scales = [entry for name, entry in names.items() if name.endswith((".weight_scale", ".scale_weight"))]
    if any(entry.dtype in ("F8_E8M0", "U8") for entry in scales):
        return "MXFP8"
    if any(name.endswith((".scale_weight", "scaled_fp8")) for name in names):
        return tr("{kind}, scaled (older layout)", kind=kind)
    return tr("{kind}, scaled", kind=kind) if scales else kind


def _comfy(header: SafetensorsHeader) -> str:
    """Returns the most frequent of ComfyUI's formats, "" where there is no note of one."""
    told = object_in(header.metadata.get("_quantization_metadata", "")).get("layers")
    notes = list(cast("dict[str, Any]", told).values()) if isinstance(told, dict) else list(_first_note(header))
    formats = Counter(name for note in notes if (name := _format(note)))
    return formats.most_common(1)[0][0] if formats else ""


def _first_note(header: SafetensorsHeader) -> Iterable[object]:
    name = next((name for name in header.tensors if name.endswith(".comfy_quant")), None)
    if name is not None:
        try:
            yield note_in(header, name)
        except ModelBroken:
            yield {}


def _format(note: object) -> str:
    if not isinstance(note, dict):
        return ""
    told = cast("dict[str, Any]", note)
    params, form = told.get("params"), str(told.get("format", "float8_e4m3fn"))[:40]
    is_rotated = told.get("convrot") or (
        isinstance(params, dict) and cast("dict[str, Any]", params).get("convrot")
    )
    return _COMFY.get(form, f"ComfyUI's {form!r}") + (
        " ConvRot" if is_rotated and form == "int8_tensorwise" else ""
    )
