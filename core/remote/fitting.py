"""The check of a value against the annotation of the field that it stands in: others write these values."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, Union, cast, get_args, get_origin

import numpy as np
from numpy.typing import NDArray


def fits(value: object, hint: Any) -> bool:
    """Returns True if a value has the type of an annotation; a whole number is also a ``float``."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any or hint is object:
        return True
    if hint is None:
        return value is None
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in inner)
    if origin is np.ndarray:
        return isinstance(value, np.ndarray) and _has_dtype(cast("NDArray[Any]", value), inner[1])
    if origin is None:
        return _is_a(value, hint)
    if not isinstance(value, origin) or isinstance(value, str):  # a text is also a sequence
        return False
    if origin is tuple and inner[-1] is not Ellipsis:
        items = cast("tuple[object, ...]", value)
        return len(items) == len(inner) and all(map(fits, items, inner))
    return _content_fits(value, inner)


def _is_a(value: object, kind: type) -> bool:
    """``True`` is no number here, and a whole number is one with places, too."""
    if kind in (int, float):
        return not isinstance(value, bool) and isinstance(value, (int, kind))
    return isinstance(value, kind)


def _has_dtype(array: NDArray[Any], hint: Any) -> bool:
    (scalar,) = get_args(hint) or (Any,)
    return scalar is Any or array.dtype == np.dtype(cast("Any", scalar))


def _content_fits(value: object, inner: tuple[Any, ...]) -> bool:
    match value:
        case Mapping():
            entries = cast("Mapping[object, object]", value)
            return all(fits(key, inner[0]) and fits(item, inner[1]) for key, item in entries.items())
        case tuple() | list() | frozenset():
            items = cast("tuple[object, ...]", value)
            is_plain = set(map(type, items)) == {inner[0]}  # at once for the many frames of a film
            return is_plain or all(fits(item, inner[0]) for item in items)
        case _:
            return True  # of a class with a parameter, such as Operation, that nothing is kept of
