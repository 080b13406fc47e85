"""Reads a packed weight from a file, in the order in which `core.engine.weights.forms` takes its tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch

from core.checkpoints.packing import FOUR_BITS, INT8, MXFP8, NVFP4, SCALED, PackedWeight, repeats_of, tiles_of
from core.engine.weights.forms import rotation, unpack
from core.engine.weights.raw import read_raw, read_tensor
from core.files.gguf_header import BLOCKS
from core.files.safetensors_header import SafetensorsHeader

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class PackedSource:
    """A packed weight in a file."""

    header: SafetensorsHeader
    weight: PackedWeight

    def read(self) -> Tensors:
        """Returns its tensors by their role; see `core.engine.weights.traced.read_tensor` for the errors."""
        return _READERS.get(self.weight.form, _blocks)(self)

    def unpacked(self, dtype: torch.dtype) -> torch.Tensor:
        """Returns the weight itself."""
        return unpack(self.weight.form, self.read(), torch.Size(self.weight.shape), dtype)

    def tensor(self, role: str) -> torch.Tensor:
        return read_tensor(self.header, self.weight.tensors[role])

    @property
    def rows(self) -> int:
        return self.weight.shape[0] if self.weight.shape else 1


def of_rows(tensors: Mapping[str, torch.Tensor], rows: torch.Tensor, count: int) -> Tensors | None:
    """Returns the tensors for some rows of a weight with ``count`` rows; None where blocks go across rows."""
    if torch.equal(rows, torch.arange(count)):
        return dict(tensors)
    if len(tensors["codes"]) != count:
        return None
    return {role: one[rows] if len(one) == count else one for role, one in tensors.items()}


def _with_scale(source: PackedSource) -> Tensors:
    codes = source.tensor("codes")
    codes = codes if codes.ndim > 1 else codes.reshape(-1, 1)
    found = {"codes": codes}
    if "scale" in source.weight.tensors:
        scale = source.tensor("scale").float() / source.weight.options.get("divisor", 1)
        found["scale"] = _by_row(scale, tuple(codes.shape))
    if (group := int(source.weight.options.get("group", 0))) > 0:
        side = 4 ** (round(math.log(group, 4)) // 2)
        found |= {"left": rotation(side)[None], "right": rotation(group // side)[None]}
    return found


def _by_row(scale: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """Returns a scale as (rows or 1, blocks of a row)."""
    if scale.numel() == 1:
        return scale.reshape(1, 1)
    repeats = repeats_of(shape, tuple(scale.shape)) or ()
    scale = scale.reshape(*scale.shape, *[1] * (len(shape) - scale.ndim))
    is_of_rows = scale[0].numel() == 1
    for dimension, count in enumerate(repeats):
        needs_each = dimension == 0 or (len(shape) > 2 and not is_of_rows)
        if needs_each and scale.shape[dimension] not in (1, shape[dimension]):
            scale = scale.repeat_interleave(count, dim=dimension)
    return (scale if len(shape) == 2 or is_of_rows else scale.expand(shape)).flatten(1)


def _in_tiles(source: PackedSource) -> Tensors:
    """Rows with a scale for each block, and as many of them as the weight has."""
    codes, scale = source.tensor("codes"), source.tensor("scale")
    is_nvfp4 = source.weight.form == NVFP4
    columns = codes.shape[1] // (8 if is_nvfp4 else 32)
    scale = scale.view(torch.uint8)
    if source.weight.options.get("tiled"):
        rows, wide = tiles_of(len(codes), columns)
        # (tiles down, tiles across, 32 rows, 4 groups of them, 4 columns), cuBLAS's "1D block scaling factors"
        scale = scale.reshape(rows // 128, wide // 4, 32, 4, 4).permute(0, 3, 2, 1, 4).reshape(rows, wide)
    scale = scale[: source.rows, :columns].contiguous()
    found = {"codes": codes[: source.rows], "scale": scale}
    if is_nvfp4:
        found["scale"] = scale.view(torch.float8_e4m3fn)
        found["scale_2"] = source.tensor("scale_2").float().reshape(1, 1)
    if "columns" in source.weight.tensors:
        found["columns"] = source.tensor("columns").float().reshape(1, -1)
    return found


def _by_table(source: PackedSource) -> Tensors:
    options = source.weight.options
    block = int(options["block"])
    scale = source.tensor("scale").flatten()
    if "nested" in options:
        each = source.tensor("nested_scale").flatten().repeat_interleave(int(options["nested"]))[: len(scale)]
        scale = source.tensor("nested_table").flatten()[scale.int()] * each + options["offset"]
    codes = read_raw(source.header, source.weight.tensors["codes"]).reshape(-1, 1, block // 2)
    found = {"codes": codes, "scale": scale.float().reshape(-1, 1, 1)}
    found = {role: _rows_of_blocks(source, one, block) for role, one in found.items()}
    return found | {"table": source.tensor("table").float().reshape(1, 16)}


def _blocks(source: PackedSource) -> Tensors:
    values, size = BLOCKS[source.weight.form]
    codes = read_raw(source.header, source.weight.tensors["codes"]).reshape(-1, 1, size)
    return {"codes": _rows_of_blocks(source, codes, values)}


def _rows_of_blocks(source: PackedSource, blocks: torch.Tensor, values: int) -> torch.Tensor:
    """Returns (rows, blocks, ...) where each row has whole blocks of ``values``, else (blocks, 1, ...)."""
    is_whole = math.prod(source.weight.shape[1:]) % values == 0
    return blocks.reshape(source.rows, -1, blocks.shape[-1]) if is_whole else blocks


_READERS: Mapping[str, Callable[[PackedSource], Tensors]] = MappingProxyType(
    {SCALED: _with_scale, INT8: _with_scale, MXFP8: _in_tiles, NVFP4: _in_tiles, FOUR_BITS: _by_table}
)
