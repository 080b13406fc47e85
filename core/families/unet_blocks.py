"""The blocks of a U-Net by the names in its file, and the configuration of one that has fewer than its family.

SSD-1B and Vega (Segmind 2023) and KOALA (Lee et al. 2023) are Stable Diffusion XL, BK-SDM (Kim et al. 2023) is
Stable Diffusion 1.x, with blocks taken out; their files have the names of the whole ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_DEPTH = re.compile(r"(input|output|middle)_blocks?\.(\d+)\.(?:1\.)?transformer_blocks\.(\d+)\.")
_BLOCK = re.compile(r"(input|output)_blocks\.(\d+)\.")
_DOWN = re.compile(r"input_blocks\.(\d+)\.0\.op\.weight$")
_UP = re.compile(r"output_blocks\.(\d+)\.[12]\.conv\.weight$")

_MIDDLE = {None: None, 0: "UNetMidBlock2D"}

Levels = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class UNetBlocks:
    """The number of transformer layers of each block.

    Attributes:
        down, up: by level, in the order of the names; 0 is a block without attention.
        middle: None where there is no block in the middle at all.
    """

    down: Levels
    middle: int | None
    up: Levels

    @classmethod
    def of(cls, names: Iterable[str]) -> UNetBlocks | None:
        """Reads the names that the makers of Stable Diffusion gave; None for others."""
        seen: dict[str, dict[int, int]] = {"input": {}, "output": {}, "middle": {}}
        ends: dict[str, set[int]] = {"input": set(), "output": set()}
        has_middle = False
        for name in names:
            has_middle = has_middle or "middle_block." in name
            if match := _BLOCK.search(name):
                seen[match[1]].setdefault(int(match[2]), 0)
            if match := _DEPTH.search(name):
                depths = seen[match[1]]
                depths[int(match[2])] = max(depths.get(int(match[2]), 0), int(match[3]) + 1)
            for way, pattern in (("input", _DOWN), ("output", _UP)):
                if match := pattern.search(name):
                    ends[way].add(int(match[1]))
        if not seen["input"] or not seen["output"]:
            return None
        seen["input"].pop(0, None)  # the first convolution
        down = _levels(seen["input"], {end - 1 for end in ends["input"]}, left_out=ends["input"])
        middle = max(seen["middle"].values(), default=0) if has_middle else None
        return cls(down, middle, _levels(seen["output"], ends["output"]))

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> UNetBlocks:
        """Reads what `dataclasses.asdict` gave, through JSON. Raises KeyError or TypeError."""
        down, up = (tuple(map(tuple, content[way])) for way in ("down", "up"))
        return cls(down, content["middle"], up)

    def config(self, whole: Mapping[str, Any]) -> dict[str, Any] | None:
        """Returns the configuration of diffusers' U-Net for these blocks, given that of the whole network.

        None where no configuration says it, since blocks of one level differ on the way down. Where whole levels
        are missing it is that of the whole network, and loading tells the weights that are not there.
        """
        if self == _blocks_of(whole) or not len(self.down) == len(self.up) == len(whole["block_out_channels"]):
            return dict(whole)
        layers = {len(level) for level in self.down} | {len(level) - 1 for level in self.up}
        depths = [level[0] for level in self.down]
        if len(layers) != 1 or 0 in layers:
            return None
        if any(set(level) != {depth} for level, depth in zip(self.down, depths, strict=True)):
            return None
        if any(0 in level and any(level) for level in self.up) or self.middle not in (
            None,
            0,
            depths[-1] or self.middle,
        ):
            return None
        is_mirrored = all(set(up) == {depth} for up, depth in zip(self.up, reversed(depths), strict=True))
        told = [depth or self.middle or 1 for depth in depths]  # levels without attention do not read theirs
        return {
            **whole,
            "layers_per_block": len(self.down[0]),
            "down_block_types": [f"{'CrossAttn' if depth else ''}DownBlock2D" for depth in depths],
            "mid_block_type": _MIDDLE.get(self.middle, "UNetMidBlock2DCrossAttn"),
            "up_block_types": [f"{'CrossAttn' if any(level) else ''}UpBlock2D" for level in self.up],
            "transformer_layers_per_block": told
            if is_mirrored
            else [[depth] * len(self.down[0]) for depth in told],
            "reverse_transformer_layers_per_block": None if is_mirrored else [list(level) for level in self.up],
        }


def _levels(depths: Mapping[int, int], ends: set[int], left_out: Iterable[int] = ()) -> Levels:
    """Divides blocks into levels, each of which ends with one of ``ends``."""
    levels: list[tuple[int, ...]] = [()]
    for block in sorted(set(depths) - set(left_out)):
        levels[-1] += (depths[block],)
        if block in ends:
            levels.append(())
    return tuple(level for level in levels if level)


def _blocks_of(config: Mapping[str, Any]) -> UNetBlocks:
    """Returns the blocks that a configuration without exceptions means."""
    layers, depths = config.get("layers_per_block", 2), config.get("transformer_layers_per_block") or 1
    kinds = config["down_block_types"]
    each = [depths] * len(kinds) if isinstance(depths, int) else depths
    by_level = [depth if "CrossAttn" in kind else 0 for depth, kind in zip(each, kinds, strict=True)]
    down = tuple((depth,) * layers for depth in by_level)
    up = tuple((depth,) * (layers + 1) for depth in reversed(by_level))
    return UNetBlocks(down, each[-1], up)
