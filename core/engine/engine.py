"""The engine: carries out operations, each told as a stream of events."""

import gc
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import diffusers.utils.logging
import torch
import transformers.utils.logging

from core.engine.context import Context
from core.engine.devices.device import DevicePlan, plan, use
from core.engine.devices.out_of_memory import RAN_OUT, answers, attempt
from core.engine.networks.compiled import missing_for
from core.engine.operations import OPERATIONS
from core.errors import CompilerMissing, DeviceLost
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.prompt.encodings import Encodings
from core.runs.events import Event
from core.runs.operations import Operation


class Engine:
    """Owns at most one loaded model; serves one caller at a time, all in one thread.

    Attributes:
        plan: the device and dtype in use.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        device: str | None = None,
        dtype: str | None = None,
        memory: Placement | None = None,
        tiled_decode: bool = False,
        collect: Callable[[], object] = gc.collect,
        acceleration: Acceleration = Acceleration.automatic,
        encodings: Encodings | None = None,
    ) -> None:
        """Chooses the device, in the thread that will run the engine. Raises DeviceMissing or CompilerMissing.

        ``memory`` takes the place of the planned placement of models; ``tiled_decode`` decodes in tiles always.
        ``collect`` frees garbage, of which models that were loaded leave some. ``encodings`` are those of prompts
        on the disk, None to keep none.
        """
        _quieten_libraries()
        self.plan: DevicePlan = replace(plan(device, dtype), acceleration=acceleration)
        if acceleration is Acceleration.compiled and (reason := missing_for(self.plan.device)):
            raise CompilerMissing(reason)
        use(self.plan.device)
        self._context = Context(catalogue, self.plan, memory, tiled_decode, collect, encodings)

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        """Carries an operation out; its last event is `Finished` where it has a result.

        Stopping is closing the generator; nothing is left behind. Pausing is not asking for the next event.
        Several operations may be under way at once, as long as they take turns.

        Raises what the operation's class says, OutOfMemory when making room has not helped, and DeviceLost.
        """
        events = self._events(operation)
        try:
            while (event := attempt(lambda: next(events, None))) is not None:
                if event is RAN_OUT:
                    raise self._context.out_of_memory()  # the failed attempt's tensors are free
                yield event
        except RuntimeError as error:
            if not answers(self.plan.device):
                raise DeviceLost(self.plan.name) from error
            raise
        finally:
            events.close()

    def hurry(self, operation: Operation[Any]) -> None:
        """Does nothing: a step in this process cannot be ended."""

    def close(self) -> None:
        """Frees the model and the device's memory; the engine can be used again and loads anew."""
        self._context.close()

    @torch.inference_mode()
    def _events(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        yield from OPERATIONS[type(operation)](self._context, operation)


def _quieten_libraries() -> None:
    """Sends the libraries' warnings to our log; they would write them, and draw bars, on standard error."""
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.disable_progress_bar()
        library.disable_default_handler()
        library.enable_propagation()
