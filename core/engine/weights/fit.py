"""Compares weights with those that a network expects, by names and shapes alone."""

from collections.abc import Collection, Mapping
from typing import Any

from accelerate import init_empty_weights

Shapes = Mapping[str, tuple[int, ...]]
"""The shape of each tensor, by its name."""

_POSITIONS = "position_embedding.weight"


def shapes_of(state: Mapping[str, Any]) -> Shapes:
    """Returns the shapes of tensors by name."""
    return {name: tuple(value.shape) for name, value in state.items()}


def empty(kind: Any, config: Mapping[str, Any]) -> Any:
    """Returns a network of a class of diffusers or transformers, without memory for its weights."""
    with init_empty_weights():
        if hasattr(kind, "config_class"):
            return kind(kind.config_class.from_dict(dict(config)))
        return kind.from_config(dict(config))


def misfit(expected: Shapes, found: Shapes) -> str:
    """Returns the words for the first difference that speaks against the weights, or "" where they fit.

    They continue a sentence that names the part: ``"its text encoder ..."``.
    """
    missing = [name for name in expected if name not in found]
    if missing:
        return f"is not complete: {counted(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    other = [name for name in expected if expected[name] != found[name]]
    for name in other:
        if name.endswith(_POSITIONS):
            return f"reads {found[name][0]} positions, {expected[name][0]} are expected"
    if other:
        has = f"{_size(found[other[0]])} where {_size(expected[other[0]])} is expected"
        return f"is built otherwise than expected: {counted(other)} {'has' if len(other) == 1 else 'have'} {has}"
    more = [name for name in found if name not in expected]
    return f"has {counted(more)} for which the model has no place" if more else ""


def counted(names: Collection[str]) -> str:
    """``"one weight (conv_in.bias)"``, ``"12 weights (conv_in.bias, conv_in.weight, …)"``."""
    first = sorted(names)[:2]
    shown = ", ".join((*first, *(("…",) if len(names) > len(first) else ())))
    return f"one weight ({shown})" if len(names) == 1 else f"{len(names)} weights ({shown})"


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
