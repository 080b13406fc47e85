"""Loads the parts of a model from one file with its makers' own names; offline.

Before anything is read, the conversion runs over tensors without content, which tells for every name in the file
what becomes of it. The configurations come from a folder: diffusers would go online for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch

from core.checkpoints.packing import SCALE_EXTRAS, check_packing, layer_of_scale, repeats_of
from core.checkpoints.unneeded import unexpected
from core.engine.networks.processor_layers import deferred
from core.engine.weights.fit import counted, empty, misfit, shapes_of
from core.engine.weights.guard import loading
from core.engine.weights.names import Weights, named
from core.engine.weights.traced import Traced
from core.errors import ModelBroken
from core.families import FAMILIES, part_name
from core.files.json_file import read_json
from core.files.safetensors_header import SafetensorsHeader, read_safetensors_header
from core.language.words import tr
from core.models.catalogue import Model


@dataclass(frozen=True, slots=True)
class FileParts:
    """The networks of a file by name, and the names of its weights that no part has a place for."""

    networks: Mapping[str, Any]
    left_out: tuple[str, ...]


def read_single_file(model: Model, kinds: Mapping[str, Any], dtype: torch.dtype, defers: bool) -> FileParts:
    """Returns the networks on the CPU, ready to be called. Raises ModelBroken.

    ``kinds`` are the classes of those parts that the file brings; for ``defers`` see `WeightFile.build`.
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
        networks[name], names = source.build(
            kind, config, dtype, tr("its {part_name}", part_name=part_name(name)), prefix, defers
        )
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
        self,
        kind: Any,
        config: Mapping[str, Any],
        dtype: torch.dtype,
        what: str,
        prefix: str = "",
        defers: bool = False,
    ) -> tuple[Any, set[str]]:
        """Returns a network of a class with its weights, and the names of the weights that were used.

        ``prefix`` begins the names of its weights; ``what`` names it in sentences. ``defers`` is for a network
        that stays on the processor: its large convolutions are read at their first call. Raises ModelBroken.
        """
        with loading(self.path, what):
            module = empty(kind, dict(config))
        expected = shapes_of(module.state_dict())
        traced = {
            name.removeprefix(prefix): Traced.of(header, name)
            for header in self.headers
            for name in header.tensors
            if name.startswith(prefix)
        }
        here = {source for value in traced.values() for source in value.sources}
        with loading(self.path, what):
            found = named(unpacked(cast("Weights", traced), dtype), module)
        kept = {name: cast("Traced", value) for name, value in found.items() if name in expected}
        if reason := misfit(expected, shapes_of(kept)):
            raise ModelBroken(self.path, f"{what} {reason}")
        used = {source for value in kept.values() for source in value.sources}
        if more := unexpected(here - used):
            raise ModelBroken(
                self.path,
                tr("{what} has {counted} for which the model has no place", what=what, counted=counted(more)),
            )

        def read(name: str) -> torch.Tensor:
            with loading(self.path, what):
                value = kept[name].content().to(dtype).contiguous()
                return value if value.untyped_storage().nbytes() == value.nbytes else value.clone()

        state: Weights = {}
        for name in expected:
            later = deferred(module, name, dtype, partial(read, name)) if defers else None
            state[name] = read(name) if later is None else later
        with loading(self.path, what):
            module.load_state_dict(state, assign=True)
        return module.eval().requires_grad_(requires_grad=False), used


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
