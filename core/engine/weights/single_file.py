"""Loads the parts of a model from one file with its makers' own names; offline.

Before anything is read, the conversion runs over tensors without content, which tells for every name in the file
what becomes of it. The configurations come from a folder: diffusers would go online for them.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch.utils._pytree import tree_leaves

from core.checkpoints.packing import SCALE_EXTRAS, check_packing, layer_of_scale, repeats_of
from core.checkpoints.unneeded import unexpected
from core.engine.weights.fit import counted, empty, misfit, shapes_of
from core.engine.weights.guard import loading
from core.engine.weights.names import Weights, named
from core.errors import ModelBroken
from core.families import FAMILIES, part_name
from core.files.json_file import read_json
from core.files.safetensors_header import SafetensorsHeader, read_safetensors_header
from core.models.catalogue import Model

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True, slots=True)
class FileParts:
    """The networks of a file by name, and the names of its weights that no part has a place for."""

    networks: Mapping[str, Any]
    left_out: tuple[str, ...]


def read_single_file(model: Model, kinds: Mapping[str, Any], dtype: torch.dtype) -> FileParts:
    """Returns the networks on the CPU, ready to be called. Raises ModelBroken.

    ``kinds`` are the classes of those parts that the file brings.
    """
    assert model.file is not None
    assert model.kind is not None
    header = read_safetensors_header(model.file)
    source = WeightFile.of(header)
    networks: dict[str, Any] = {}
    used: set[str] = set()
    family = FAMILIES[model.family].single_file
    for name, kind in kinds.items():
        config = model.kind.config_of(name, read_json(model.folder / name / "config.json"))
        assert config is not None
        assert family is not None
        prefix = family.prefix_of(name, header.tensors)
        networks[name], names = source.build(kind, config, dtype, f"its {part_name(name)}", prefix)
        used |= names
    return FileParts(networks, unexpected(name for name in header.tensors if name not in used))


@dataclass(frozen=True, slots=True)
class WeightFile:
    """Weights in one or more safetensors files of which networks are made."""

    path: Path
    headers: Sequence[SafetensorsHeader]

    @classmethod
    def of(cls, *headers: SafetensorsHeader) -> WeightFile:
        """Takes files of one model. Raises ModelBroken for weights in packed forms that are not known."""
        for header in headers:
            check_packing(header)
        return cls(headers[0].path, headers)

    @torch.inference_mode(mode=False)  # its layers may be called, and their weights freed, in either mode
    def build(
        self, kind: Any, config: Mapping[str, Any], dtype: torch.dtype, what: str, prefix: str = ""
    ) -> tuple[Any, set[str]]:
        """Returns a network of a class with its weights, and the names of the weights that were used.

        ``prefix`` begins the names of its weights; ``what`` names it in sentences. Raises ModelBroken.
        """
        with loading(self.path, what):
            module = empty(kind, dict(config))
        expected = shapes_of(module.state_dict())
        with loading(self.path, what):
            found = named(unpacked(_traced(self.headers, prefix), dtype), module)
        kept = {name: value for name, value in found.items() if name in expected}
        if reason := misfit(expected, shapes_of(kept)):
            raise ModelBroken(self.path, f"{what} {reason}")
        used: set[str] = set()
        for value in kept.values():
            used |= value.sources if isinstance(value, Traced) else set()
        here = {name for header in self.headers for name in header.tensors if name.startswith(prefix)}
        if more := unexpected(here - used):
            raise ModelBroken(self.path, f"{what} has {counted(more)} for which the model has no place")
        with loading(self.path, what):
            content = named(unpacked(read_tensors(self.headers, prefix), dtype), module)
            # one after the other, so that what is converted makes room at once
            module.load_state_dict({name: content.pop(name).to(dtype) for name in expected}, assign=True)
        return module.eval().requires_grad_(requires_grad=False), used


class Traced(torch.Tensor):
    """A tensor without content that remembers of which tensors of a file it was made."""

    sources: frozenset[str] = frozenset()

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = super().__torch_function__(func, types, args, kwargs or {})
        made_of = [one.sources for one in tree_leaves((args, kwargs)) if isinstance(one, Traced)]
        for one in tree_leaves(result):
            if isinstance(one, Traced):
                one.sources = frozenset().union(one.sources, *made_of)
        return result


def _traced(headers: Iterable[SafetensorsHeader], prefix: str) -> Weights:
    traced: Weights = {}
    for header in headers:
        for name, entry in header.tensors.items():
            dtype = _DTYPES.get(entry.dtype, torch.uint8)
            one = torch.empty(entry.shape, dtype=dtype, device="meta").as_subclass(Traced)
            one.sources = frozenset({name})
            traced[name] = one
    return _under(traced, prefix)


def read_tensors(headers: Iterable[SafetensorsHeader], prefix: str) -> Weights:
    """Reads all tensors into memory of their own.

    A file that is mapped stays in memory beside what is made of it for as long as one of its tensors is in use.
    """
    weights: Weights = {}
    for header in headers:
        with header.path.open("rb", buffering=0) as file:
            start = 8 + int.from_bytes(file.read(8), "little")
            for name, entry in header.tensors.items():
                if name.startswith(prefix):
                    tensor = torch.empty(entry.shape, dtype=_DTYPES.get(entry.dtype, torch.uint8))
                    rest = memoryview(cast("Any", tensor.reshape(-1).view(torch.uint8).numpy()))
                    if len(rest) != entry.end - entry.begin:
                        raise ValueError(f"{name} is of the dtype {entry.dtype}")
                    file.seek(start + entry.begin)
                    while rest:  # one call reads 2 GB at most
                        count = file.readinto(rest)
                        if not count:
                            raise OSError(errno.EIO, "it has been cut off meanwhile")
                        rest = rest[count:]
                    weights[name] = tensor
    return _under(weights, prefix)


def _under(weights: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def unpacked(weights: Weights, dtype: torch.dtype) -> Weights:
    """Returns the weights with those in scaled 8 bit floats multiplied by their scales, in ``dtype``."""
    plain = dict(weights)
    for name, scale in weights.items():
        layer = layer_of_scale(name)
        if layer is not None and f"{layer}.weight" in weights:
            del plain[name]
            weight = weights[f"{layer}.weight"]
            repeats = repeats_of(tuple(weight.shape), tuple(scale.shape)) or ()
            scale = scale.float().reshape(tuple(scale.shape) + (1,) * (weight.ndim - scale.ndim))
            for dimension, count in enumerate(repeats):
                if scale.shape[dimension] not in (1, weight.shape[dimension]):
                    scale = scale.repeat_interleave(count, dim=dimension)
            plain[f"{layer}.weight"] = (weight.float() * scale).to(dtype)
        elif name.endswith(SCALE_EXTRAS):
            del plain[name]
    return plain
