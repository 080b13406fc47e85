"""Packs weights as other programs do, each form from its definition, and tells what the packed values mean.

The meaning is computed from the codes before they are laid out in bytes; nothing here is shared with the code that
unpacks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import save_file

Weights = dict[str, torch.Tensor]
Packed = tuple[Weights, torch.Tensor]
"""The tensors of a layer by the ends of their names, and the weight that they mean in float32."""

E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
NF4 = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635),
    *(-0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725),
    *(0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
)
"""The quantiles of the normal distribution that bitsandbytes has (Dettmers et al. 2023)."""


def note(**values: object) -> torch.Tensor:
    """ComfyUI's note beside a layer, and bitsandbytes' state."""
    return torch.tensor(list(json.dumps(values).encode()), dtype=torch.uint8)


def fp8(weight: torch.Tensor, ending: str = "weight_scale") -> Packed:
    scale = weight.abs().max() / 448
    codes = (weight / scale).to(torch.float8_e4m3fn)
    return {"weight": codes, ending: scale}, codes.float() * scale


def comfy_fp8(weight: torch.Tensor) -> Packed:
    tensors, meant = fp8(weight)
    return tensors | {"comfy_quant": note(format="float8_e4m3fn"), "input_scale": torch.tensor(1.0)}, meant


def plain_fp8(weight: torch.Tensor, dtype: torch.dtype = torch.float8_e4m3fn) -> Packed:
    codes = weight.to(dtype)
    return {"weight": codes}, codes.float()


def int8(weight: torch.Tensor) -> Packed:
    scale = weight.abs().max() / 127
    codes = (weight / scale).round().to(torch.int8)
    return {"weight": codes, "weight_scale": scale, "comfy_quant": note(format="int8_tensorwise")}, codes * scale


def convrot(weight: torch.Tensor, group: int = 16) -> Packed:
    """Each group of a row is turned by H, entry by entry, then scaled by row; the meaning turns it back."""
    h4 = [[1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1], [-1, 1, 1, 1]]
    digits = round(math.log(group, 4))
    h = torch.ones(group, group, dtype=torch.float64)
    for i in range(group):
        for j in range(group):
            for digit in range(digits):
                h[i, j] *= h4[i // 4**digit % 4][j // 4**digit % 4]
    h /= math.sqrt(group)
    groups = weight.double().reshape(len(weight), -1, group)
    turned = (groups @ h.T).reshape(weight.shape)
    scale = turned.abs().amax(1, keepdim=True).float() / 127
    codes = (turned / scale).round().to(torch.int8)
    meant = ((codes.double() * scale).reshape(groups.shape) @ h).reshape(weight.shape)
    inner = {"convrot": True, "convrot_groupsize": group}
    said = note(format="int8_tensorwise", params=inner) if group == 16 else note(format="int8_tensorwise", **inner)
    return {"weight": codes, "weight_scale": scale, "comfy_quant": said}, meant.float()


def tiled(scales: torch.Tensor) -> torch.Tensor:
    """Lays scales (rows, columns) out as cuBLAS wants them, by the address that its manual gives each one."""
    rows, columns = scales.shape
    high, wide = -(-rows // 128) * 128, -(-columns // 4) * 4
    flat = torch.zeros(high * wide, dtype=torch.uint8)
    for row in range(rows):
        for column in range(columns):
            tile = row // 128 * (wide // 4) + column // 4
            flat[tile * 512 + row % 32 * 16 + row % 128 // 32 * 4 + column % 4] = scales[row, column]
    return flat.reshape(high, wide)


def mxfp8(weight: torch.Tensor) -> Packed:
    blocks = weight.reshape(len(weight), -1, 32)
    exponents = torch.ceil(torch.log2(blocks.abs().amax(-1) / 448)).clamp(-127, 127)
    codes = (blocks / 2 ** exponents[..., None]).to(torch.float8_e4m3fn)
    meant = (codes.float() * 2 ** exponents[..., None]).reshape(weight.shape)
    scale = tiled((exponents + 127).to(torch.uint8))
    tensors = {"weight": codes.reshape(weight.shape), "weight_scale": scale, "comfy_quant": note(format="mxfp8")}
    return tensors, meant


def nvfp4(weight: torch.Tensor) -> Packed:
    blocks = weight.reshape(len(weight), -1, 16)
    whole = weight.abs().max() / (448 * 6)
    scale = (blocks.abs().amax(-1) / 6 / whole).to(torch.float8_e4m3fn)
    factor = (scale.float() * whole)[..., None]
    sizes = torch.tensor(E2M1)
    nearest = ((blocks / factor).abs()[..., None] - sizes).abs().argmin(-1)
    meant = (sizes[nearest] * blocks.sign() * factor).reshape(weight.shape)
    codes = (nearest + 8 * (blocks < 0)).to(torch.uint8).reshape(len(weight), -1, 2)
    tensors = {
        "weight": codes[..., 0] * 16 + codes[..., 1],
        "weight_scale": tiled(scale.view(torch.uint8)).view(torch.float8_e4m3fn),
        "weight_scale_2": whole,
        "comfy_quant": note(format="nvfp4"),
    }
    return tensors, meant


def nf4(weight: torch.Tensor, nested: bool = False) -> Packed:
    """Packs as bitsandbytes does: blocks of 32 values of the flat weight; ``nested`` packs their scales, too."""
    blocks = weight.reshape(-1, 32)
    largest = blocks.abs().amax(1)
    table = torch.tensor(NF4)
    said: dict[str, object] = {
        "quant_type": "nf4",
        "blocksize": 32,
        "dtype": "bfloat16",
        "shape": list(weight.shape),
    }
    tensors: Weights = {"weight.absmax": largest, "weight.quant_map": table}
    if nested:
        offset = largest.mean().item()
        own = torch.linspace(-1, 1, 256)
        each = (largest - offset).abs().max()
        packed = ((largest - offset) / each - own[:, None]).abs().argmin(0).to(torch.uint8)
        largest = own[packed.int()] * each + offset
        said |= {"nested_blocksize": 256, "nested_offset": offset, "nested_dtype": "float32"}
        many = -(-len(packed) // 256)
        tensors |= {"weight.nested_absmax": each.repeat(many), "weight.nested_quant_map": own}
        tensors["weight.absmax"] = packed
    codes = ((blocks / largest[:, None])[..., None] - table).abs().argmin(-1)
    meant = (table[codes] * largest[:, None]).reshape(weight.shape)
    pairs = codes.to(torch.uint8).reshape(-1, 2)
    tensors["weight"] = (pairs[:, 0] * 16 + pairs[:, 1])[:, None]
    return tensors | {"weight.quant_state.bitsandbytes__nf4": note(**said)}, meant


FORMS: Mapping[str, tuple[Callable[[torch.Tensor], Packed], int, float]] = {
    "fp8": (plain_fp8, 1, 0.04),
    "fp8, e5m2": (lambda weight: plain_fp8(weight, torch.float8_e5m2), 1, 0.08),
    "scaled fp8, old": (lambda weight: fp8(weight, "scale_weight"), 1, 0.03),
    "scaled fp8, new": (comfy_fp8, 1, 0.03),
    "int8": (int8, 1, 0.02),
    "int8 ConvRot": (convrot, 16, 0.01),
    "int8 ConvRot of 4": (lambda weight: convrot(weight, 4), 4, 0.01),
    "mxfp8": (mxfp8, 32, 0.03),
    "nvfp4": (nvfp4, 16, 0.11),
    "nf4": (nf4, 32, 0.11),
    "nf4, nested": (lambda weight: nf4(weight, nested=True), 32, 0.12),
}
"""Each form with the values of a row, or of the whole for NF4, that it packs as one, and its error bound.

The bound is the norm of the error over that of the weight, for weights that are normally distributed. It follows
from half a step of the mantissa for floats (at most 2^-4 for 3 bits, 2^-3 for 2, 2^-2 for 1; the mean is lower),
and for integers from half of a 127th of the largest of a tensor or row.
"""

GGUF_TYPES = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0")
"""The types of which the package ``gguf`` can pack weights."""


def is_packed_by(form: str, name: str, weight: torch.Tensor) -> bool:
    """True for weights that programs pack: those of the large linear layers."""
    block = FORMS[form][1] if form in FORMS else 32
    fits = weight.numel() % block == 0 if form.startswith("nf4") else weight.shape[-1] % block == 0
    words = ("attn", "attention", "feed_forward", "mlp", ".ff.", "ffn", "q_proj", "v_proj", "token_embd")
    return weight.ndim == 2 and name.endswith(".weight") and any(word in name for word in words) and fits


def packed(weights: Weights, form: str) -> tuple[Weights, Weights]:
    """Returns the tensors of a file with its large layers packed, and the weights that they mean."""
    tensors, meant = dict(weights), dict(weights)
    for name, weight in weights.items():
        if is_packed_by(form, name, weight):
            del tensors[name]
            own, meant[name] = FORMS[form][0](weight.float())
            tensors |= {f"{name.removesuffix('weight')}{end}": value for end, value in own.items()}
    return tensors, meant


def write_gguf(
    path: Path, weights: Mapping[str, torch.Tensor], form: str, architecture: str = "lumina2"
) -> Weights:
    """Writes a GGUF file with its large layers in a type, as city96's converter does; returns what they mean."""
    path.unlink(missing_ok=True)
    writer = gguf.GGUFWriter(path, architecture)
    meant: Weights = {}
    for name, weight in weights.items():
        kind = gguf.GGMLQuantizationType[form if is_packed_by(form, name, weight) else "F32"]
        content = gguf.quants.quantize(np.ascontiguousarray(weight.float().numpy()), kind)
        writer.add_tensor(name, content, raw_dtype=kind)
        meant[name] = torch.from_numpy(gguf.quants.dequantize(content, kind)).reshape(weight.shape)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return meant


def write(path: Path, weights: Weights, form: str) -> Weights:
    """Writes a file in any of the forms; returns the weights that it means."""
    if form in GGUF_TYPES:
        return write_gguf(path, weights, form)
    tensors, meant = packed(weights, form)
    path.unlink(missing_ok=True)
    save_file({name: value.contiguous().clone() for name, value in tensors.items()}, path)
    return meant
