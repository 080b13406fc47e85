"""Loads the parts of a model from one file with its makers' own names; offline.

Before anything is read, the conversion runs over tensors without content, which tells for every name in the file
what becomes of it. The configurations come from a folder: diffusers would go online for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch

from core.checkpoints.packing import Packing, packing_of
from core.checkpoints.unneeded import unexpected
from core.engine.networks.processor_layers import deferred
from core.engine.weights.fit import counted, empty, misfit, shapes_of, without_weights
from core.engine.weights.guard import loading
from core.engine.weights.left_out import without_half
from core.engine.weights.names import Weights, named
from core.engine.weights.packed_layers import ask_less, can_be_packed, pack
from core.engine.weights.packed_source import PackedSource, of_rows
from core.engine.weights.traced import Traced
from core.errors import ModelBroken
from core.families import FAMILIES, part_name
from core.files.json_file import read_json
from core.files.safetensors_header import SafetensorsHeader
from core.files.weights_header import read_header
from core.language.words import tr
from core.models.catalogue import Model


@dataclass(frozen=True, slots=True)
class FileParts:
    """The networks of a file by name, and the names of its weights that no part has a place for."""

    networks: Mapping[str, Any]
    left_out: tuple[str, ...]


def read_single_file(
    model: Model, kinds: Mapping[str, Any], dtype: torch.dtype, defers: bool, absent: Collection[str] = ()
) -> FileParts:
    """Returns the networks on the CPU, ready to be called. Raises ModelBroken.

    ``kinds`` are the classes of those parts that the file brings; for ``defers`` see `WeightFile.build`. The
    ``absent`` ones get no weights.
    """
    assert model.file is not None
    assert model.kind is not None
    header = read_header(model.file)
    source = WeightFile.of(header)
    networks: dict[str, Any] = {}
    used: set[str] = set()
    family = FAMILIES[model.family].single_file
    for name, kind in kinds.items():
        config = model.kind.config_of(name, read_json(model.folder / name / "config.json"))
        assert config is not None
        assert family is not None
        prefix = family.prefix_of(name, header.tensors)
        if name in absent:
            networks[name] = without_weights(kind, config, dtype)
            used |= {weight for weight in header.tensors if weight.startswith(prefix)}
            continue
        networks[name], names = source.build(
            kind,
            config,
            dtype,
            tr("its {part_name}", part_name=part_name(name)),
            prefix,
            defers,
            name != "vae",
            is_lone=True,
        )
        used |= names
    return FileParts(networks, unexpected(name for name in header.tensors if name not in used))


@dataclass(frozen=True, slots=True)
class WeightFile:
    """Weights in one or more safetensors files of which networks are made."""

    path: Path
    headers: Sequence[tuple[SafetensorsHeader, Packing]]

    @classmethod
    def of(cls, *headers: SafetensorsHeader) -> WeightFile:
        """Takes files of one model. Raises ModelBroken for weights in packed forms that are not known."""
        return cls(headers[0].path, [(header, packing_of(header)) for header in headers])

    @torch.inference_mode(mode=False)  # its layers may be called, and their weights freed, in either mode
    def build(
        self,
        kind: Any,
        config: Mapping[str, Any],
        dtype: torch.dtype,
        what: str,
        prefix: str = "",
        defers: bool = False,
        keeps_packed: bool = False,
        is_lone: bool = False,
    ) -> tuple[Any, set[str]]:
        """Returns a network of a class with its weights, and the names of the weights that were used.

        ``prefix`` begins the names of its weights; ``what`` names it in sentences. ``defers`` is for a network
        that stays on the processor: its large convolutions are read at their first call. ``keeps_packed`` has
        layers unpack their weights at each call, as far as such layers are there. Raises ModelBroken.

        ``identities`` of the class name square weights: they are the identity where a file has none, and in files
        that are no part of a diffusers folder (``is_lone``).
        """
        with loading(self.path, what):
            module = empty(kind, dict(config))
        expected = shapes_of(module.state_dict())
        traced = self._traced(prefix, dtype)
        here = {source for value in traced.values() for source in value.sources}
        with loading(self.path, what):
            found = named(cast("Weights", traced), module)
        expected = without_half(module, self.path, expected, shapes_of(found))
        identities = [name for name in getattr(kind, "identities", ()) if is_lone or name not in found]
        expected = {name: shape for name, shape in expected.items() if name not in identities}
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

        state: Weights = {name: torch.eye(len(module.get_parameter(name)), dtype=dtype) for name in identities}
        packed: list[Callable[[], None]] = []
        for name in expected:
            if keeps_packed and (puts := self._packed_layer(module, name, kept[name], dtype, what)) is not None:
                packed.append(puts)
                state[name] = torch.empty(expected[name], dtype=dtype, device="meta")
                continue
            later = deferred(module, name, dtype, partial(read, name)) if defers else None
            state[name] = read(name) if later is None else later
        with loading(self.path, what):
            module.load_state_dict(state, assign=True)
            if getattr(module, "_tied_weights_keys", None):
                module.tie_weights()
        for puts in packed:
            puts()
        if packed:
            ask_less(module)
        return module.eval().requires_grad_(requires_grad=False), used

    def _traced(self, prefix: str, dtype: torch.dtype) -> dict[str, Traced]:
        """Returns what stands for each weight by its name behind the prefix; for packed ones, what they mean."""
        found: dict[str, Traced] = {}
        for header, packing in self.headers:
            for name in header.tensors:
                if name.startswith(prefix) and name not in packing.beside:
                    packed = packing.weights.get(name)
                    one = Traced.packed(PackedSource(header, packed), dtype) if packed else Traced.of(header, name)
                    found[name.removeprefix(prefix)] = one
        return found

    def _packed_layer(
        self, module: Any, name: str, weight: Traced, dtype: torch.dtype, what: str
    ) -> Callable[[], None] | None:
        """Reads a weight that its layer can keep packed; returns what puts it there, None for any other."""
        path, _, kind = name.rpartition(".")
        layer = module.get_submodule(path)
        if kind != "weight" or not can_be_packed(layer, is_by_row=True) or (found := weight.rows()) is None:
            return None
        source, rows = found
        with loading(self.path, what):
            tensors = of_rows(source.read(), rows, source.rows)
        if tensors is None or not can_be_packed(layer, is_by_row=len(tensors["codes"]) == len(rows)):
            return None
        return partial(pack, layer, source.weight.form, tensors, dtype)
