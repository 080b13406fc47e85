"""Plans how a model is placed for a request, by the memory that there is now."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.engine.devices.device import DevicePlan, memory_now
from core.engine.weights.control_files import found_control
from core.families import FAMILIES
from core.models.catalogue import Catalogue
from core.models.compatibility import check_control
from core.models.memory_plan import MemoryPlan, Placement, plan_memory
from core.models.model import Model
from core.models.parameter_count import weights_in
from core.pictures.reference import seen_pixels
from core.request.request import GenerationRequest, Size


@dataclass(frozen=True, slots=True)
class Work:
    """The size of a picture, and the pixels of those at which each step looks as well.

    ``beside`` is the number of weights of the networks for control.
    """

    size: Size
    seen: int = 0
    beside: int = 0

    @classmethod
    def of(cls, request: GenerationRequest, beside: int = 0) -> Work:
        """Returns the work of a request's largest pass."""
        target = request.size if request.hires is None else request.hires.target(request.size, step=1)
        largest = max(request.size, target, key=lambda size: size.width * size.height)
        return cls(largest, seen_pixels(request.references), beside)

    @classmethod
    def planned(cls, request: GenerationRequest, model: Model, catalogue: Catalogue) -> Work:
        """Reads the headers of the networks for control.

        Raises ControlMissing, ControlBroken, or WrongFamily for one that guides another kind of model.
        """
        files = {one.name: found_control(catalogue.controls, one) for one in request.controls}
        for file in files.values():
            check_control(file, model)
        for one in request.controls:
            catalogue.controls.suited(one)
        return cls.of(request, sum(file.values for file in files.values()))

    @property
    def pixels(self) -> int:
        return self.size.width * self.size.height + self.seen


def plan_for(
    model: Model,
    work: Work,
    plan: DevicePlan,
    asked: Placement | None,
    tiles: bool,
    held: int = 0,
    *,
    reads_text: bool = True,
) -> MemoryPlan:
    """Returns the placement of the model's parts if it is loaded now; see `plan_memory`. Raises ModelBroken.

    ``held``: bytes of the device's memory that it holds already. Without ``reads_text`` text encoders
    are left out.
    """
    weights, memory = weights_in(model.folder, model.file, model.parts.places), memory_now(plan)
    weights = replace(weights if reads_text else weights.without_text, beside=work.beside)
    memory = replace(memory, free=min(memory.free + held, memory.total))
    family, dtype, bits = FAMILIES[model.family], plan.dtype_name, plan.weight_bits
    return plan_memory(family, weights, dtype, work.size, memory, asked, tiles, bits, work.seen)
