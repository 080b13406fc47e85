"""Unpacks weights, each form by one function: what the packed tensors of a layer mean.

A function takes the tensors by their role and returns rows of values, (rows, values), in float32 but for the forms
that Emulsion packs itself. ``codes`` has the rows along its first dimension; every other tensor has as many, or
one that holds for all. The forms of files are defined by comfy-kitchen (``backends/eager/quantization.py``),
bitsandbytes (``functional.py``), NVIDIA and the OCP (Microscaling Formats 1.0).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch

from core.checkpoints.packing import FOUR_BITS, INT8, MXFP8, NVFP4, SCALED
from core.engine.weights import gguf_forms

Tensors = Mapping[str, torch.Tensor]

OWN_8_BITS, OWN_4_BITS = "8 bits", "4 bits"
"""Of `core.engine.weights.quantisation`."""

_VALUES_AT_ONCE = 2**23
"""Unpacked in one go: more would need as much memory again in float32."""

_FLOATS_8 = {torch.float8_e4m3fn: (7, 2.0**8), torch.float8_e5m2: (8, 1.0)}
"""By how many bits such floats are moved to be float16, and the factor that is left."""

_H4 = ((1.0, 1.0, 1.0, -1.0), (1.0, 1.0, -1.0, 1.0), (1.0, -1.0, 1.0, 1.0), (-1.0, 1.0, 1.0, 1.0))


def unpack(form: str, tensors: Tensors, shape: torch.Size, dtype: torch.dtype | None = None) -> torch.Tensor:
    """Returns the weight of a layer; ``shape`` may be smaller than what was packed, whose rows were filled up."""
    codes, convert = tensors["codes"], FORMS[form]
    rows = len(codes)
    few = max(1, _VALUES_AT_ONCE * rows // max(shape.numel(), 1))
    if few >= rows or dtype is None:
        return _shaped(convert(tensors), shape).to(dtype)
    pieces = torch.empty(0)
    for start in range(0, rows, few):
        piece = convert(
            {role: one[start : start + few] if len(one) == rows else one for role, one in tensors.items()}
        )
        if not start:
            pieces = torch.empty((rows, piece.shape[1]), dtype=dtype, device=piece.device)
        pieces[start : start + few] = piece
    return _shaped(pieces, shape)


def typed(part: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Returns bytes as the values that they are; Apple's GPUs know no floats of 8 bits, which become float32."""
    if dtype not in _FLOATS_8 or part.device.type != "mps":
        return part.view(dtype)
    return widened(part, dtype)


def widened(part: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Returns floats of 8 bits, given as bytes, in float32; what is not a number becomes a large one in e4m3."""
    bits, factor = _FLOATS_8[dtype]
    wide = part.to(torch.int16)
    return ((wide & 0x7F) << bits | (wide & 0x80) << 8).view(torch.float16).float() * factor


def rotation(size: int) -> torch.Tensor:
    """Returns the regular Hadamard matrix of a power of 4, float32 (size, size), which is its own inverse."""
    matrix = torch.ones(1, 1)
    while len(matrix) < size:
        matrix = torch.kron(matrix, torch.tensor(_H4) / 2)
    return matrix


def _shaped(rows: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Cuts off what rows and columns were filled up with."""
    if rows.numel() == shape.numel():
        return rows.reshape(shape)
    return rows[: shape[0], : shape[1:].numel()].reshape(shape)


def _own_8_bits(tensors: Tensors) -> torch.Tensor:
    codes, scales = tensors["codes"], tensors["scales"]
    return (codes.to(scales.dtype) * scales).flatten(1)


def _own_4_bits(tensors: Tensors) -> torch.Tensor:
    codes, scales = tensors["codes"], tensors["scales"]
    halves = torch.cat((codes & 0xF, codes >> 4), dim=-1)
    return (halves.to(scales.dtype) * scales + tensors["offsets"]).flatten(1)


def _scaled(tensors: Tensors) -> torch.Tensor:
    """Floats or integers (rows, values) with scales (rows or 1, blocks), and a rotation where there is one."""
    rows = tensors["codes"].flatten(1).float()
    if (scale := tensors.get("scale")) is not None:
        rows = (rows.unflatten(-1, (scale.shape[1], -1)) * scale.unsqueeze(-1)).flatten(-2)
    return rows if "left" not in tensors else rotated(rows, tensors)


def rotated(rows: torch.Tensor, tensors: Tensors) -> torch.Tensor:
    """Turns each group of a row by the Kronecker product of two rotations: ConvRot's, which is its own inverse."""
    left, right = tensors["left"][0], tensors["right"][0]
    groups = rows.unflatten(-1, (-1, len(left), len(right)))
    turned = (groups @ right).transpose(-1, -2) @ left
    return turned.transpose(-1, -2).flatten(-3)


def _mxfp8(tensors: Tensors) -> torch.Tensor:
    """Floats of 8 bits with a power of 2 for each 32 of them, stored as exponent + 127."""
    factors = torch.exp2(tensors["scale"].float() - 127)
    return (tensors["codes"].float().unflatten(-1, (-1, 32)) * factors.unsqueeze(-1)).flatten(-2)


def _nvfp4(tensors: Tensors) -> torch.Tensor:
    """Floats of 4 bits (e2m1), the upper ones first, with a scale for each 16 of them and one for all."""
    codes = tensors["codes"]
    codes = torch.stack((codes >> 4, codes & 15), dim=-1).flatten(-2)
    exponent, mantissa = (codes >> 1 & 3).float(), (codes & 1).float()
    size = torch.where(exponent == 0, mantissa / 2, torch.exp2(exponent - 1) * (1 + mantissa / 2))
    signed = torch.where(codes > 7, -size, size)
    factors = tensors["scale"].float() * tensors["scale_2"]
    rows = (signed.unflatten(-1, (-1, 16)) * factors.unsqueeze(-1)).flatten(-2)
    return rows * tensors["columns"] if "columns" in tensors else rows


def _by_table(tensors: Tensors) -> torch.Tensor:
    """Codes of 4 bits (rows, blocks, bytes), the upper ones first, of values in a table (1, 16)."""
    codes = tensors["codes"]
    codes = torch.stack((codes >> 4, codes & 15), dim=-1).flatten(-2)
    return (tensors["table"][0][codes.int()] * tensors["scale"]).flatten(1)


def _blocks(convert: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Tensors], torch.Tensor]:
    return lambda tensors: convert(tensors["codes"]).flatten(1)


FORMS: Mapping[str, Callable[[Tensors], torch.Tensor]] = MappingProxyType(
    {
        OWN_8_BITS: _own_8_bits,
        OWN_4_BITS: _own_4_bits,
        SCALED: _scaled,
        INT8: _scaled,
        MXFP8: _mxfp8,
        NVFP4: _nvfp4,
        FOUR_BITS: _by_table,
        **{name: _blocks(convert) for name, convert in gguf_forms.UNPACKED.items()},
    }
)
"""By the names of `core.checkpoints.packing`."""
