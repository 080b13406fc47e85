"""The kinds of upscaling networks, told by the names and shapes of their weights. Light: nothing is loaded.

Names are those of the makers' files: ESRGAN (Wang et al. 2018) in its three spellings, Real-ESRGAN's "Compact" and
SPAN (Wan et al. 2023), bare or inside ``params_ema.``, ``params.`` or ``module.``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Architecture = Literal["ESRGAN", "Compact", "SPAN"]
Shapes = Mapping[str, tuple[int, ...]]

_WRAPPERS = ("params_ema.", "params.", "module.", "netG.", "state_dict.")
_ESRGAN = (  # the oldest spelling numbers all layers, the second one has other words
    (r"model\.0\.", "conv_first."),
    (r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)(?:\.0)?\.", r"body.\1.rdb\2.conv\3."),
    (r"model\.1\.sub\.\d+\.(weight|bias)", r"conv_body.\1"),
    (r"RRDB_trunk\.(\d+)\.RDB(\d)\.conv(\d)\.", r"body.\1.rdb\2.conv\3."),
    (r"trunk_conv\.", "conv_body."),
    (r"upconv(\d)\.", r"conv_up\1."),
    (r"HRconv\.", "conv_hr."),
)
_NUMBERED = re.compile(r"model\.(\d+)\.(weight|bias)")


@dataclass(frozen=True, slots=True)
class UpscalerKind:
    """The plan of an upscaling network.

    Attributes:
        scale: by how much it enlarges; 1 only cleans.
        width, depth: channels and blocks (of "Compact": convolutions between the first and the last).
        growth: of ESRGAN, the channels that each convolution of a block adds.
        folding: of ESRGAN, the side of the squares of pixels that are laid into channels first; 1 for none.
        is_centred: of SPAN, whether the mean colour is taken away first.
    """

    architecture: Architecture
    scale: int
    width: int
    depth: int
    growth: int = 0
    folding: int = 1
    is_centred: bool = False


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """Returns for each name of a file its name here: without wrappers, and ESRGAN's in the newest spelling."""
    names = list(names)
    stripped = {name: name for name in names}
    for wrapper in _WRAPPERS:
        if names and all(name.startswith(wrapper) for name in stripped.values()):
            stripped = {name: inner.removeprefix(wrapper) for name, inner in stripped.items()}
    if not any(re.match(r"model\.1\.sub\.|RRDB_trunk\.", inner) for inner in stripped.values()):
        return stripped
    numbers = sorted({int(match[1]) for inner in stripped.values() if (match := _NUMBERED.fullmatch(inner))})
    tail = [number for number in numbers if number > 1]  # upsampling convolutions, then conv_hr and conv_last
    numbered = dict(
        zip(tail, [f"conv_up{k + 1}" for k in range(len(tail) - 2)] + ["conv_hr", "conv_last"], strict=False)
    )
    return {name: _esrgan_name(inner, numbered) for name, inner in stripped.items()}


def _esrgan_name(name: str, numbered: Mapping[int, str]) -> str:
    for pattern, new in _ESRGAN:
        if re.match(pattern, name):
            return re.sub(pattern, new, name, count=1)
    match = _NUMBERED.fullmatch(name)
    return f"{numbered[int(match[1])]}.{match[2]}" if match and int(match[1]) in numbered else name


def kind_of(shapes: Shapes) -> UpscalerKind | None:
    """Returns the kind of network with weights of these names (see `plain_names`) and shapes, or None."""
    found = (recognise(shapes) for recognise in _RECOGNISERS)
    return next((kind for kind in found if kind is not None), None)


def _esrgan(shapes: Shapes) -> UpscalerKind | None:
    first, inner = shapes.get("conv_first.weight"), shapes.get("body.0.rdb1.conv1.weight")
    if first is None or inner is None or len(first) != 4 or len(inner) != 4 or first[1] % 3:
        return None
    folding = math.isqrt(first[1] // 3)
    if folding**2 * 3 != first[1] or any("conv1x1" in name for name in shapes):
        return None
    ups = sum(f"conv_up{k}.weight" in shapes for k in range(1, 4))
    scale, rest = divmod(2**ups, folding)
    depth = _count(shapes, r"body\.(\d+)\.rdb1\.conv1\.weight")
    return None if rest else UpscalerKind("ESRGAN", scale, first[0], depth, growth=inner[0], folding=folding)


def _compact(shapes: Shapes) -> UpscalerKind | None:
    layers = _count(shapes, r"body\.(\d+)\.(?:weight)")
    first, last = shapes.get("body.0.weight"), shapes.get(f"body.{layers - 1}.weight")
    if (
        first is None
        or last is None
        or len(first) != 4
        or len(last) != 4
        or first[1] != 3
        or "body.1.weight" not in shapes
    ):
        return None
    scale = math.isqrt(last[0] // 3)
    if scale**2 * 3 != last[0] or layers % 2 == 0:
        return None
    return UpscalerKind("Compact", scale, first[0], (layers - 3) // 2)


def _span(shapes: Shapes) -> UpscalerKind | None:
    last, first = shapes.get("upsampler.0.weight"), shapes.get("block_1.c1_r.eval_conv.weight")
    if last is None or first is None or "conv_cat.weight" not in shapes:
        return None
    scale = math.isqrt(last[0] // 3)
    if scale**2 * 3 != last[0]:
        return None
    depth = _count(shapes, r"block_(\d+)\.c1_r\.eval_conv\.weight", first=1)
    return UpscalerKind("SPAN", scale, first[0], depth, is_centred="no_norm" not in shapes)


_RECOGNISERS: tuple[Callable[[Shapes], UpscalerKind | None], ...] = (_esrgan, _span, _compact)


def _count(shapes: Shapes, pattern: str, first: int = 0) -> int:
    """Returns how many consecutive numbers the names have, from ``first`` on."""
    numbers = {int(match[1]) for name in shapes if (match := re.fullmatch(pattern, name))}
    return next(k for k in range(len(numbers) + 1) if k + first not in numbers)
