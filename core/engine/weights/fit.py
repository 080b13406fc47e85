"""Compares weights with those that a network expects, by names and shapes alone."""

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from typing import Any

import torch
from accelerate import init_empty_weights
from torch.overrides import TorchFunctionMode

from core.language.words import plural, tr

Shapes = Mapping[str, tuple[int, ...]]
"""The shape of each tensor, by its name."""

_POSITIONS = "position_embedding.weight"


def shapes_of(state: Mapping[str, Any]) -> Shapes:
    """Returns the shapes of tensors by name."""
    return {name: tuple(value.shape) for name, value in state.items()}


def empty(kind: Any, config: Mapping[str, Any]) -> Any:
    """Returns a network of a class of diffusers or transformers, without memory for its weights."""
    computes_none = torch.device("meta") if kind.__name__ in _WHOLE_IN_FILES else nullcontext()
    with init_empty_weights(), _Undrawn(), computes_none:
        if hasattr(kind, "config_class"):
            return kind(kind.config_class.from_dict(dict(config)))
        return kind.from_config(dict(config))


@torch.inference_mode(mode=False)
def without_weights(kind: Any, config: Mapping[str, Any], dtype: torch.dtype) -> Any:
    """Returns a network with all its layers, whose parameters have no values, on the processor."""
    module = empty(kind, config)
    for layer in module.modules():
        for name, parameter in layer.named_parameters(recurse=False):
            nothing = torch.empty(0, dtype=dtype if parameter.is_floating_point() else parameter.dtype)
            setattr(layer, name, torch.nn.Parameter(nothing, requires_grad=False))
    return module.eval()


_WHOLE_IN_FILES = ("SD3Transformer2DModel",)
"""Networks of which a file has all, also tables that others compute: this one's would take 2 GB and seconds."""


class _Undrawn(TorchFunctionMode):
    """Draws no first weights where there is no memory for any: torch would import its compiler for that."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        if func in (torch.nn.init.normal_, torch.Tensor.normal_):
            weight = args[0] if args else given["tensor"]
            if weight.is_meta:
                return weight
        return func(*args, **given)


def misfit(expected: Shapes, found: Shapes) -> str:
    """Returns the words for the first difference that speaks against the weights, or "" where they fit.

    They continue a sentence that names the part: ``"its text encoder ..."``.
    """
    missing = [name for name in expected if name not in found]
    if missing:
        return plural(
            "is not complete: {weights} is missing",
            "is not complete: {weights} are missing",
            len(missing),
            weights=counted(missing),
        )
    other = [name for name in expected if expected[name] != found[name]]
    for name in other:
        if name.endswith(_POSITIONS):
            return tr(
                "reads {found} positions, {expected} are expected",
                found=found[name][0],
                expected=expected[name][0],
            )
    if other:
        return plural(
            "is built otherwise than expected: {weights} has {size} where {expected} is expected",
            "is built otherwise than expected: {weights} have {size} where {expected} is expected",
            len(other),
            weights=counted(other),
            size=_size(found[other[0]]),
            expected=_size(expected[other[0]]),
        )
    more = [name for name in found if name not in expected]
    return tr("has {counted} for which the model has no place", counted=counted(more)) if more else ""


def counted(names: Collection[str]) -> str:
    """``"one weight (conv_in.bias)"``, ``"12 weights (conv_in.bias, conv_in.weight, …)"``."""
    first = sorted(names)[:2]
    shown = ", ".join((*first, *(("…",) if len(names) > len(first) else ())))
    return plural("one weight ({shown})", "{count} weights ({shown})", len(names), shown=shown)


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or tr("a single number")
