"""Random values of any annotation of the wire's table, and the comparison of two of them, field by field."""

from __future__ import annotations

import random
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, cast, get_args, get_origin

import numpy as np

from core.errors import OutOfMemory
from core.film.layout import DTYPES
from core.remote.table import hints_of
from core.runs.operations import Generate, Operation, ReportMemory

TEXTS = ("", "a red house", "größer\n日本", 'quote " and \\', "\udcff", "#", "$", "../../etc/passwd")
NUMBERS = (0, 1, -3, 2**64 - 1, 128)
REALS = (0.0, -0.0, 0.1, 1e-300, float("inf"), -float("inf"), 7)
CONFIG = ([0.1, 0.2], (1, 2), None, True, "linear", {"a": [1]}, float("inf"))


def value_of(hint: Any, dice: random.Random) -> Any:
    """Returns some value that an annotation allows."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return value_of(dice.choice(inner), dice)
    if origin is Literal:
        return dice.choice(inner)
    if origin is np.ndarray:
        return _array(inner[1], dice)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(value_of(inner[0], dice) for _ in range(dice.randrange(4)))
        return tuple(value_of(one, dice) for one in inner)
    if origin is frozenset:
        return frozenset(value_of(inner[0], dice) for _ in range(dice.randrange(3)))
    if origin is Operation:
        return made(dice.choice((Generate, ReportMemory)), dice)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {value_of(inner[0], dice): value_of(inner[1], dice) for _ in range(dice.randrange(3))}
    if origin is not None:  # a sequence
        return tuple(value_of(inner[0], dice) for _ in range(dice.randrange(3)))
    return _of_class(hint, dice)


def made(kind: type, dice: random.Random) -> Any:
    """Returns a value, or an error, of the table with random fields."""
    if issubclass(kind, Enum):
        return dice.choice(list(kind))
    given = {name: value_of(hint, dice) for name, hint in hints_of(kind).items()}
    return kind(*given["args"]) if "args" in given else kind(**given)


def _of_class(hint: Any, dice: random.Random) -> Any:
    if hint is Any or hint is object:
        return dice.choice(CONFIG)
    if hint is None or hint is type(None):
        return None
    if hint is bool:
        return dice.random() < 0.5
    if hint in (str, int, float):
        return dice.choice(TEXTS if hint is str else NUMBERS if hint is int else REALS)
    if issubclass(hint, Path):
        return Path(dice.choice(("/a/b ü.png", "c", "/x\udcff/y")))
    if hint is datetime:
        return datetime(2026, 5, 6, 7, 8, 9, 10, timezone(timedelta(hours=dice.randrange(-5, 5))))
    return made(OutOfMemory if hint is Exception else hint, dice)


def _array(dtype: Any, dice: random.Random) -> Any:
    (scalar,) = get_args(dtype) or (Any,)
    kind: np.dtype[Any] = dice.choice(list(DTYPES.values())) if scalar is Any else np.dtype(cast("Any", scalar))
    shape = tuple(dice.randrange(0, 4) for _ in range(dice.randrange(1, 4)))
    content = np.frombuffer(dice.randbytes(64 * kind.itemsize), kind)[: int(np.prod(shape))]
    array = content.reshape(shape)
    return array.T if dice.random() < 0.3 else array


def same(one: Any, other: Any) -> bool:
    """Returns True for two values of the same types with the same content, arrays bit for bit."""
    return not difference(one, other)


def difference(one: Any, other: Any, place: str = "value") -> str:
    """Returns the place where two values differ first, with both, or ""."""
    array, other_array = one, other
    if type(one) is not type(other) and not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return f"{place}: {type(one)} and {type(other)}"
    if isinstance(one, np.ndarray):
        is_same = (array.dtype, array.shape) == (other_array.dtype, other_array.shape)
        is_same = is_same and array.tobytes() == other_array.tobytes()
    elif isinstance(one, Mapping):
        entries, others = (sorted(cast("Any", each).items(), key=repr) for each in (one, other))
        return difference(entries, others, place)
    elif isinstance(one, tuple | list):
        items = cast("list[Any]", one)
        found = (difference(*both, f"{place}[{at}]") for at, both in enumerate(zip(items, other, strict=False)))
        return next(filter(None, found), "" if len(items) == len(other) else f"{place}: of another length")
    elif isinstance(one, Exception):
        is_same = vars(one) == vars(other) and str(one) == str(other)
    elif is_dataclass(one):
        names = (field.name for field in fields(one))
        found = (difference(getattr(one, name), getattr(other, name), f"{place}.{name}") for name in names)
        return next(filter(None, found), "")
    else:
        is_same = one == other and (isinstance(one, frozenset) or repr(one) == repr(other))
    return "" if is_same else f"{place}: {one!r:.200} and {other!r:.200}"
