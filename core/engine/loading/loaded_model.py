"""A model in memory: planned, loaded, placed; with what is tried when memory runs out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from core.engine import families
from core.engine.devices.device import DevicePlan, memory_now
from core.engine.devices.offloading import CPU, Offloading
from core.engine.devices.out_of_memory import OutOfMemoryLadder
from core.engine.families import Family
from core.engine.loading.autoencoders import Autoencoders
from core.engine.loading.lora_layers import LoraLayers
from core.engine.loading.tiny_autoencoder import TinyAutoencoder
from core.engine.weights.components import load_parts
from core.families import FAMILIES
from core.models.catalogue import Model
from core.models.memory_plan import MemoryPlan, Placement, plan_memory
from core.models.parameter_count import weights_in
from core.request.request import Size


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """The parts of one model that the engine holds.

    Attributes:
        memory: the plan that it was loaded by.
        weight_bits: as in `GenerationRequest`.
        autoencoders: its own, and others in its place.
        tiny: what decodes its sharp previews.
    """

    model: Model
    family: Family
    memory: MemoryPlan
    weight_bits: int | None
    offloading: Offloading
    ladder: OutOfMemoryLadder
    loras: LoraLayers
    autoencoders: Autoencoders
    tiny: TinyAutoencoder


def plan_for(model: Model, size: Size, plan: DevicePlan, asked: Placement | None, tiles: bool) -> MemoryPlan:
    """Returns the placement of the model's parts if it is loaded now; see `plan_memory`. Raises ModelBroken."""
    weights, memory = weights_in(model.folder, model.file), memory_now(plan)
    return plan_memory(
        FAMILIES[model.family], weights, plan.dtype_name, size, memory, asked, tiles, plan.weight_bits
    )


def load(model: Model, plan: DevicePlan, memory: MemoryPlan) -> LoadedModel:
    """Loads and places it. Raises ModelBroken or torch.OutOfMemoryError."""
    at_once = memory.placement is Placement.on_device
    family = families.load(model, plan if at_once else replace(plan, device=CPU))
    parts = family.parts()

    def reload(name: str) -> torch.nn.Module:
        return load_parts(model, {name: type(parts[name])}, replace(plan, device=CPU))[name]

    offloading = Offloading(parts, memory.placement, plan.device, reload)
    if memory.tiled_decode:
        family.autoencoder().enable_tiling()
    return LoadedModel(
        model,
        family,
        memory,
        plan.weight_bits,
        offloading,
        OutOfMemoryLadder(plan.device, offloading),
        LoraLayers(model, parts),
        Autoencoders(model, family, offloading, replace(plan, weight_bits=None)),
        TinyAutoencoder(model, replace(plan, weight_bits=None)),
    )
