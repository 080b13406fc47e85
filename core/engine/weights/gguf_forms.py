"""Unpacks the blocks of GGUF files, by the definitions of their types in ggml (``ggml-quants.c`` of llama.cpp).

Each function takes the bytes of blocks, uint8 (..., bytes of a block), and returns their values, float32
(..., values of a block).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch

_IQ4 = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
"""The values of ``kvalues_iq4nl``."""


def _half(block: torch.Tensor) -> torch.Tensor:
    """Returns the numbers in float16 that lie in the bytes, as float32."""
    return block.contiguous().view(torch.float16).float()


def _nibbles(packed: torch.Tensor) -> torch.Tensor:
    """Returns the lower 4 bits of all bytes of the last axis, then the upper ones."""
    return torch.cat((packed & 15, packed >> 4), dim=-1)


def _fields(packed: torch.Tensor, bits: int) -> torch.Tensor:
    """Returns the fields of ``bits`` bits of each byte, lowest first: (..., 8 / bits, bytes)."""
    return torch.stack([(packed >> shift) & (2**bits - 1) for shift in range(0, 8, bits)], dim=-2)


def _fifth_bits(packed: torch.Tensor) -> torch.Tensor:
    """Returns the 32 bits of four bytes, lowest first, as 16 or 0."""
    return _fields(packed, 1).transpose(-1, -2).flatten(-2) << 4


def _scaled(values: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Multiplies values (..., groups, n) by the scales of their groups (..., groups)."""
    return values * scales.unsqueeze(-1)


def _q4_0(block: torch.Tensor) -> torch.Tensor:
    return _half(block[..., :2]) * (_nibbles(block[..., 2:]).float() - 8)


def _q4_1(block: torch.Tensor) -> torch.Tensor:
    return _half(block[..., :2]) * _nibbles(block[..., 4:]).float() + _half(block[..., 2:4])


def _q5_0(block: torch.Tensor) -> torch.Tensor:
    codes = _nibbles(block[..., 6:]) | _fifth_bits(block[..., 2:6])
    return _half(block[..., :2]) * (codes.float() - 16)


def _q5_1(block: torch.Tensor) -> torch.Tensor:
    codes = _nibbles(block[..., 8:]) | _fifth_bits(block[..., 4:8])
    return _half(block[..., :2]) * codes.float() + _half(block[..., 2:4])


def _q8_0(block: torch.Tensor) -> torch.Tensor:
    return _half(block[..., :2]) * block[..., 2:].contiguous().view(torch.int8).float()


def _q2_k(block: torch.Tensor) -> torch.Tensor:
    scales = block[..., :16]
    codes = _fields(block[..., 16:80].unflatten(-1, (2, 32)), 2)  # (..., halves, 4, 32)
    codes = codes.flatten(-3).unflatten(-1, (16, 16)).float()
    factors = _half(block[..., 80:82]) * (scales & 15).float()
    offsets = _half(block[..., 82:84]) * (scales >> 4).float()
    return (_scaled(codes, factors) - offsets.unsqueeze(-1)).flatten(-2)


def _q3_k(block: torch.Tensor) -> torch.Tensor:
    low = _fields(block[..., 32:96].unflatten(-1, (2, 32)), 2).flatten(-3)
    high = _fields(block[..., :32], 1).flatten(-2)
    codes = low.float() - 4 * (1 - high.float())
    scales = _nibbles(block[..., 96:104]) | _fields(block[..., 104:108], 2).flatten(-2) << 4
    factors = _half(block[..., 108:110]) * (scales.float() - 32)
    return _scaled(codes.unflatten(-1, (16, 16)), factors).flatten(-2)


def _q4_k(block: torch.Tensor) -> torch.Tensor:
    codes = _nibbles(block[..., 16:].unflatten(-1, (4, 32))).unflatten(-1, (2, 32)).flatten(-3, -2)
    return _with_minima(block, codes)


def _q5_k(block: torch.Tensor) -> torch.Tensor:
    codes = _nibbles(block[..., 48:].unflatten(-1, (4, 32))).unflatten(-1, (2, 32)).flatten(-3, -2)
    return _with_minima(block, codes | _fields(block[..., 16:48], 1) << 4)


def _with_minima(block: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Scales codes (..., 8, 32) of a block that begins with a scale, a minimum, and eight of 6 bits each."""
    first, second, third = block[..., 4:8], block[..., 8:12], block[..., 12:16]
    scales = torch.cat((first & 63, third & 15 | first >> 6 << 4), dim=-1)
    minima = torch.cat((second & 63, third >> 4 | second >> 6 << 4), dim=-1)
    offsets = _half(block[..., 2:4]) * minima.float()
    return (_scaled(codes.float(), _half(block[..., :2]) * scales.float()) - offsets.unsqueeze(-1)).flatten(-2)


def _q6_k(block: torch.Tensor) -> torch.Tensor:
    low = _nibbles(block[..., :128].unflatten(-1, (2, 64)))  # (..., halves, 128)
    high = _fields(block[..., 128:192].unflatten(-1, (2, 32)), 2).flatten(-2)
    codes = (low | high << 4).flatten(-2).float() - 32
    factors = _half(block[..., 208:210]) * block[..., 192:208].contiguous().view(torch.int8).float()
    return _scaled(codes.unflatten(-1, (16, 16)), factors).flatten(-2)


def _iq4(codes: torch.Tensor) -> torch.Tensor:
    """Looks codes of 4 bits up, without a table, which would have to be on the device."""
    values = torch.zeros_like(codes, dtype=torch.float32)
    for code, value in enumerate(_IQ4):
        values.masked_fill_(codes == code, value)
    return values


def _iq4_nl(block: torch.Tensor) -> torch.Tensor:
    return _half(block[..., :2]) * _iq4(_nibbles(block[..., 2:]))


def _iq4_xs(block: torch.Tensor) -> torch.Tensor:
    low = _fields(block[..., 4:8], 4).transpose(-1, -2).flatten(-2)
    high = _fields(block[..., 2:4], 2).transpose(-1, -2).flatten(-2)
    factors = _half(block[..., :2]) * ((low | high << 4).float() - 32)
    return _scaled(_iq4(_nibbles(block[..., 8:].unflatten(-1, (8, 16)))), factors).flatten(-2)


UNPACKED: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = MappingProxyType(
    {
        "Q4_0": _q4_0,
        "Q4_1": _q4_1,
        "Q5_0": _q5_0,
        "Q5_1": _q5_1,
        "Q8_0": _q8_0,
        "Q2_K": _q2_k,
        "Q3_K": _q3_k,
        "Q4_K": _q4_k,
        "Q5_K": _q5_k,
        "Q6_K": _q6_k,
        "IQ4_NL": _iq4_nl,
        "IQ4_XS": _iq4_xs,
    }
)
"""By the names of the types in `core.files.gguf_header`."""
