"""Tells in which packed form each weight of a file is, from names, types and shapes, or why it cannot be unpacked.

The names are those of ComfyUI (``convert_old_quants``, ``QUANTIZATION.md``, comfy-kitchen), bitsandbytes, GPTQ,
AWQ and SVDQuant; the types of GGUF files are ggml's. `core.engine.weights.forms` has the arithmetic of each form.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

from core.checkpoints.packing_notes import note_in, notes_of
from core.errors import ModelBroken
from core.files.gguf_header import BLOCKS
from core.files.safetensors_header import BITS, SafetensorsHeader
from core.language.words import tr

SCALED, INT8, MXFP8, NVFP4, FOUR_BITS = "scaled", "int8", "mxfp8", "nvfp4", "4 bits by a table"

GGUF_FORMS = frozenset(
    ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS"]
)
"""The packed types of GGUF files that are unpacked; each is a form of its own."""

_SCALES = (".scale_weight", ".weight_scale", ".weight_scale_inv", ".SCB")
"""The names of the scale of ``<layer>.weight``: older and newer ones of ComfyUI, of DeepSeek, of bitsandbytes."""

_EXTRAS = (
    ".scale_input",
    ".input_scale",
    ".comfy_quant",
    "scaled_fp8",
    ".comfy_attention.config",
    ".weight_format",
)
"""Beside scales: for multiplying in 8 bits, and marks of the format."""

_TABLE_FORMS = (".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4")
_FLOATS = ("F32", "F16", "BF16", "F64", "F8_E4M3", "F8_E5M2")
_FLOATS_8 = ("F8_E4M3", "F8_E5M2")
_SCALE_TYPES = ("F32", "F16", "BF16", "F64")
_COMFY_FORMS = ("float8_e4m3fn", "float8_e5m2", "int8_tensorwise", "mxfp8", "nvfp4")

_OTHER_NAMES = (
    (".wscales", tr("SVDQuant (Nunchaku)")),
    (".proj_down", tr("SVDQuant (Nunchaku)")),
    (".qweight", tr("4 bit integers (GPTQ, AWQ or SVDQuant)")),
    (".weight_codebook", tr("a codebook")),
    (".svd_up", "SDNQ"),
    (".zero_point", tr("integers with zero points (SDNQ or others)")),
    (".weight._data", tr("quanto's integers")),
)
_OTHER_TYPES = {
    "I8": tr("8 bit integers without scales"),
    "U8": tr("4 bit values of an unknown kind"),
    "I32": tr("packed integers"),
    "U32": tr("packed integers"),
    "F4": tr("4 bit floats without scales"),
    "F6_E2M3": tr("6 bit floats"),
    "F6_E3M2": tr("6 bit floats"),
    "F8_E4M3FNUZ": tr("8 bit floats of another kind (FNUZ)"),
    "F8_E5M2FNUZ": tr("8 bit floats of another kind (FNUZ)"),
}


@dataclass(frozen=True, slots=True)
class PackedWeight:
    """A weight that is packed.

    Attributes:
        form: names the function that unpacks it.
        shape: of the unpacked weight.
        tensors: the names of the tensors that it is made of, by their role.
        bytes: that it takes while it stays packed.
        options: numbers that belong to the form: ``group`` of a rotation, ``divisor`` of the scale, ``block`` of
            values that share a scale, ``nested`` scales that share one in turn and their ``offset``, and ``tiled``
            for scales that lie as cuBLAS wants them.
    """

    form: str
    shape: tuple[int, ...]
    tensors: Mapping[str, str]
    bytes: int
    options: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Packing:
    """The packed weights of a file by the names of plain ones, and the tensors beside them."""

    weights: Mapping[str, PackedWeight]
    beside: frozenset[str]

    @property
    def forms(self) -> tuple[str, ...]:
        """Returns the forms that occur, the most frequent first."""
        found = [weight.form for weight in self.weights.values()]
        return tuple(sorted(set(found), key=found.count, reverse=True))


def check_packing(header: SafetensorsHeader) -> None:
    """Raises ModelBroken, with the form by its name, where weights are packed so that they cannot be unpacked."""
    packing_of(header)


def unpacked_header(header: SafetensorsHeader) -> SafetensorsHeader:
    """Returns a header in which packed weights have the shape and the type of what they mean, to tell its kind by.

    The places of its tensors stay those of the packed ones. Raises ModelBroken as `packing_of` does.
    """
    packing = packing_of(header)
    tensors = {
        name: replace(entry, dtype="F32", shape=packing.weights[name].shape) if name in packing.weights else entry
        for name, entry in header.tensors.items()
        if name not in packing.beside
    }
    return replace(header, tensors=MappingProxyType(tensors))


def packing_of(header: SafetensorsHeader) -> Packing:
    """Returns the packed weights of a file. Raises ModelBroken for forms that are not known, by their name."""
    weights: dict[str, PackedWeight] = {}
    try:
        _check_names(header.tensors)
        notes = notes_of(header)
        _check_notes(notes.values())
        for name, entry in header.tensors.items():
            if entry.dtype in BLOCKS and entry.dtype not in BITS:
                weights[name] = _gguf(header, name)
            elif name.endswith(_TABLE_FORMS):
                weight = name[: name.index(".quant_state.")]
                weights[weight] = _by_table(header, weight, name)
            elif layer := _layer_of_scale(name):
                weights[f"{layer}.weight"] = _scaled(header, layer, name, notes.get(layer, {}))
        for name, entry in header.tensors.items():
            if name.endswith(".weight") and name not in weights:
                _check_type(header, name)
                if entry.dtype in _FLOATS_8:
                    weights[name] = PackedWeight(SCALED, entry.shape, {"codes": name}, entry.end - entry.begin)
    except _Unknown as error:
        reason = tr(
            "its weights are packed as {form}, which Emulsion does not unpack; take the file in 16 bits, fp8, "
            "int8, NVFP4, MXFP8, NF4 or as GGUF",
            form=str(error),
        )
        raise ModelBroken(header.path, reason) from error
    beside = {source for weight in weights.values() for source in weight.tensors.values()}
    beside |= {name for name in header.tensors if name.endswith(_EXTRAS)}
    return Packing(weights, frozenset(beside - weights.keys()))


class _Unknown(Exception):
    """A form that cannot be unpacked, in words."""


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        for ending, form in _OTHER_NAMES:
            if name.endswith(ending):
                raise _Unknown(form)


def _check_notes(notes: Iterable[Mapping[str, Any]]) -> None:
    for note in notes:
        form = str(note.get("format", _COMFY_FORMS[0]))
        if form not in _COMFY_FORMS:
            raise _Unknown(tr("ComfyUI's {form}", form=repr(form[:40])))


def _check_type(header: SafetensorsHeader, weight: str) -> None:
    form = _OTHER_TYPES.get(header.tensors[weight].dtype)
    if form is not None:
        raise _Unknown("SDNQ" if f"{weight.removesuffix('weight')}scale" in header.tensors else form)


def _layer_of_scale(name: str) -> str | None:
    """Returns the layer whose weight a tensor scales, or None for other tensors."""
    return next((name.removesuffix(ending) for ending in _SCALES if name.endswith(ending)), None)


def _gguf(header: SafetensorsHeader, name: str) -> PackedWeight:
    entry = header.tensors[name]
    if entry.dtype not in GGUF_FORMS:
        raise _Unknown(tr("GGUF's {form}", form=entry.dtype))
    return PackedWeight(entry.dtype, entry.shape, {"codes": name}, entry.end - entry.begin)


def _scaled(header: SafetensorsHeader, layer: str, scale: str, note: Mapping[str, Any]) -> PackedWeight:
    """Returns the weight of a layer whose scale has a name of its own."""
    tensors = header.tensors
    codes, factor = tensors.get(f"{layer}.weight"), tensors[scale]
    if codes is None:
        raise _Unknown(tr("scaled values of an unknown kind"))
    roles = {"codes": f"{layer}.weight", "scale": scale}
    size = codes.end - codes.begin + factor.end - factor.begin
    options: dict[str, float] = {}
    shape = codes.shape
    match codes.dtype:
        case "U8" if (second := f"{layer}.weight_scale_2") in tensors and factor.dtype == "F8_E4M3":
            roles["scale_2"] = second
            if (before := f"{layer}.pre_quant_scale") in tensors:
                roles["columns"] = before
            form, shape = NVFP4, (*shape[:-1], 2 * shape[-1]) if shape else shape
            fits = _is_tiled(shape, factor.shape, 16)
        case dtype if dtype in _FLOATS_8 and factor.dtype in ("F8_E8M0", "U8"):
            form, fits = MXFP8, _is_tiled(shape, factor.shape, 32)
        case "I8" if factor.dtype in _SCALE_TYPES:
            form, fits = INT8, repeats_of(shape, factor.shape) is not None
            if scale.endswith(".SCB"):
                options["divisor"] = 127
            if note.get("convrot"):
                options["group"] = group = note.get("convrot_groupsize", 256)
                if len(shape) != 2 or group not in (4, 16, 64, 256, 1024) or shape[1] % group:
                    raise _Unknown(tr("int8 with a rotation of an unknown kind"))
        case dtype if dtype in _FLOATS and factor.dtype in _SCALE_TYPES:
            form, fits = SCALED, repeats_of(shape, factor.shape) is not None
        case _:
            raise _Unknown(tr("scaled values of an unknown kind"))
    if form in (NVFP4, MXFP8) and (note or factor.shape != (shape[0], shape[1] // (16 if form == NVFP4 else 32))):
        options["tiled"] = 1
    if form in (MXFP8, NVFP4):  # without what the scales are filled up with
        size = codes.end - codes.begin + math.prod(shape) // (32 if form == MXFP8 else 16)
    if not fits:
        raise _Unknown(tr("{form} values with scales of an unknown shape", form=form))
    return PackedWeight(form, _original(note, shape), roles, size, options)


def _original(note: Mapping[str, Any], stored: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the shape that a note tells, where rows or columns were added for the hardware."""
    shape = note.get("orig_shape")
    if not isinstance(shape, list):
        return stored
    sizes = cast("list[Any]", shape)
    is_within = len(sizes) == len(stored) and all(
        type(size) is int and 0 < size <= most for size, most in zip(sizes, stored, strict=True)
    )
    return tuple(sizes) if is_within else stored


def _by_table(header: SafetensorsHeader, weight: str, state: str) -> PackedWeight:
    """Returns a weight in bitsandbytes' 4 bits: codes for a table of 16 values, and scales of blocks."""
    told = note_in(header, state)
    roles = {"codes": weight, "scale": f"{weight}.absmax", "table": f"{weight}.quant_map", "state": state}
    nested = {"nested_scale": f"{weight}.nested_absmax", "nested_table": f"{weight}.nested_quant_map"}
    shape, block = told.get("shape"), told.get("blocksize")
    options: dict[str, float] = {"block": block} if isinstance(block, int) and block > 1 else {}
    if several := told.get("nested_blocksize"):
        offset = told.get("nested_offset") or 0.0
        is_known = type(several) is int and several > 1 and isinstance(offset, int | float)
        roles |= nested
        options = {**options, "nested": several, "offset": float(offset)} if options and is_known else {}
    tensors = header.tensors
    if not options or any(name not in tensors for name in roles.values()) or not _is_shape(shape):
        raise _Unknown(tr("bitsandbytes' 4 bits of an unknown kind"))
    count, block = math.prod(cast("list[int]", shape)), int(options["block"])
    codes, scales = tensors[weight], math.prod(tensors[roles["scale"]].shape)
    if count % block or codes.end - codes.begin != count // 2 or scales != count // block:
        raise _Unknown(tr("bitsandbytes' 4 bits of an unknown shape"))
    return PackedWeight(FOUR_BITS, tuple(cast("list[int]", shape)), roles, count // 2 + 4 * scales + 64, options)


def _is_shape(value: object) -> bool:
    return isinstance(value, list) and all(type(size) is int and size > 0 for size in cast("list[Any]", value))


def tiles_of(rows: int, columns: int) -> tuple[int, int]:
    """Returns the size to which scales are filled up where they lie in tiles of 128 x 4, as cuBLAS wants them."""
    return -(-rows // 128) * 128, -(-columns // 4) * 4


def _is_tiled(shape: tuple[int, ...], scale: tuple[int, ...], block: int) -> bool:
    """True for one scale for each ``block`` values of a row, in tiles or row by row."""
    if len(shape) != 2 or shape[1] % block:
        return False
    plain = (shape[0], shape[1] // block)
    return scale in (plain, tiles_of(*plain))


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
