"""The bench on which a device is measured: its models, engines and clocks, and the run over all sections."""

from __future__ import annotations

import faulthandler
import gc
import json
import math
import shutil
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.engine import measuring
from core.engine.devices.device import memory_now
from core.engine.devices.offloading import free_caches
from core.engine.devices.out_of_memory import answers
from core.engine.engine import Engine
from core.engine.measuring import Line
from core.engine.networks.graphs import capture_on
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.request import STARTER_MODEL, GenerationRequest, Size
from tests import tiny
from tests.benchmarks import random_models
from tests.recaptures import graphs_everywhere

SD, XL = "model", "xl"
SIDES = {SD: 512, XL: 1024}

LONGEST_SECONDS = 150.0
"""A section may take so long, or thrice its estimate; it hangs then."""


@dataclass
class Bench:
    """The device, the models and the time that is left.

    Attributes:
        models: the folder of the models, which may be there already.
        folder: for all else that a section writes.
    """

    device: torch.device
    is_tiny: bool
    models: Path
    folder: Path
    out: Path
    ends: float
    engines: list[Engine] = field(default_factory=list[Engine])

    def __post_init__(self) -> None:
        """Makes up for an older torch, which a machine with a card may have."""
        if not hasattr(torch.accelerator, "empty_host_cache"):
            torch.accelerator.empty_host_cache = getattr(torch._C, "_host_emptyCache", int)  # pyright: ignore

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue((self.models,))

    @property
    def small(self) -> str:
        """Returns the model that is held to others: the starter model, whose weights are trained ones."""
        return SD if self.is_tiny else STARTER_MODEL

    @property
    def rounds(self) -> int:
        return 1 if self.is_tiny else 5

    def make(self, model: str) -> Path:
        """Makes a model unless it is there, with its weights drawn on the device."""
        if model == STARTER_MODEL:
            return self.catalogue.find(model).folder
        folder, is_sd = self.models / model, model == SD
        if not folder.is_dir():
            half = self.models / f"{model}.part"  # a process that ends in between leaves no half of one
            shutil.rmtree(half, ignore_errors=True)
            if self.is_tiny:
                (tiny.stable_diffusion if is_sd else tiny.stable_diffusion_xl)(half)
            else:
                make = random_models.stable_diffusion_15 if is_sd else random_models.stable_diffusion_xl
                make(half, torch.bfloat16, self.device)
            half.rename(folder)
        return folder

    def engine(
        self,
        dtype: str | None = "float32",
        device: str | None = None,
        memory: Placement | None = None,
        acceleration: Acceleration = Acceleration.off,
    ) -> Engine:
        """Returns one that is closed at the end of the section; its calls are as ever unless that is asked."""
        device = device or str(self.device)
        self.engines.append(Engine(self.catalogue, device, dtype, memory, acceleration=acceleration))
        return self.engines[-1]

    def request(self, model: str = SD, **changes: Any) -> GenerationRequest:
        self.make(model)
        side, steps = (64, 4) if self.is_tiny else (SIDES.get(model, 0), 25)
        size = Size(side, side) if side else self.catalogue.find(model).defaults.size
        request = GenerationRequest("a red house", model=model, size=size, sampler="euler", steps=steps, seed=7)
        return replace(request, **changes)

    def has_room_beside(self, engine: Engine) -> bool:
        """Returns False where another model as large as the engine's would take its memory from it."""
        return memory_now(engine.plan).free >= loaded_of(engine).memory.needed

    def turns(self, *works: Callable[[], object], rounds: int | None = None) -> list[float]:
        """See `core.engine.measuring.turns`."""
        return measuring.turns(list(works), self.device, self.rounds if rounds is None else rounds)

    def steps_ms(
        self, *works: Callable[[int], object], rounds: int | None = None, steps: tuple[int, int] = (10, 30)
    ) -> list[float]:
        """Returns milliseconds a step of works that make a number of steps: the difference of two numbers.

        A difference that is none, since something else took its time, is no number, which meets no mark.
        """
        few, many = (4, 8) if self.is_tiny else steps
        took = self.turns(*(partial(work, steps) for work in works for steps in (few, many)), rounds=rounds)
        pairs = zip(took[::2], took[1::2], strict=True)
        return [(long - short) * 1000 / (many - few) if long > short else math.nan for short, long in pairs]

    def mark(self, is_met: bool) -> bool | None:
        """Returns the verdict; times of tiny models have no mark to meet."""
        return None if self.is_tiny else is_met

    @contextmanager
    def graphs(self) -> Generator[None]:
        """Lets a processor rehearse graphs with the stand-in of the tests."""
        with pytest.MonkeyPatch.context() as patch:
            if self.device.type == "cpu":
                graphs_everywhere(patch)
            yield

    def close_engines(self) -> None:
        """Gives the memory of the section back."""
        for engine in self.engines:
            engine.close()
        self.engines.clear()
        gc.collect()  # stock's pipelines are in circles, too
        free_caches(self.device)


def everywhere(_device: torch.device) -> bool:
    return True


def has_graphs(device: torch.device) -> bool:
    """Returns True for those devices whose launches can be captured, and for the processor, which rehearses it."""
    return device.type == "cpu" or capture_on(device) is not None


def has_own_memory(device: torch.device) -> bool:
    return device.type in ("cuda", "xpu")


@dataclass(frozen=True)
class Section:
    """``seconds``: its estimate on a fast GPU; ``fits``: tells the devices that it is for."""

    key: str
    seconds: float
    run: Callable[[Bench], Iterator[Line]]
    fits: Callable[[torch.device], bool] = everywhere


def run(bench: Bench, sections: tuple[Section, ...]) -> int:
    """Tells each line at once, and returns 1 if a mark was missed or a section failed.

    It ends early on a device that does not compute any more, and ends the process where a section hangs; what is
    left goes on in another one, see ``tests/benchmarks/gpu/__main__.py``.
    """
    failed = 0
    with (bench.out / "gpu.jsonl").open("a", encoding="utf-8") as file:

        def tell(section: Section, line: Line) -> None:
            print(f"{section.key:3} {line}", flush=True)
            file.write(json.dumps({"section": section.key, **asdict(line)}) + "\n")
            file.flush()

        for section in sections:
            if not section.fits(bench.device):
                tell(section, Line("left out", "not on this device"))
                continue
            left = bench.ends - time.monotonic()
            if left < (0 if bench.is_tiny else section.seconds):
                tell(section, Line("left out", "no time"))
                continue
            tell(section, Line("began", left, "s before the end"))
            if not bench.is_tiny:
                faulthandler.dump_traceback_later(max(LONGEST_SECONDS, 3 * section.seconds), exit=True)
            began = time.perf_counter()
            try:
                for line in section.run(bench):
                    failed |= line.ok is False
                    tell(section, line)
                    if time.monotonic() > bench.ends:
                        tell(section, Line("left out", "the rest, no time"))
                        break
            except Exception as error:  # noqa: BLE001  # one section that fails is not to end the others
                failed = 1
                tell(section, Line("failed", _words(error, bench), ok=False))
                traceback.print_exc()
            tell(section, Line("took", time.perf_counter() - began, "s"))
            bench.close_engines()
            faulthandler.cancel_dump_traceback_later()
            if failed and not answers(bench.device):
                tell(section, Line("failed", "the device does not compute any more", ok=False))
                break
    return failed


def _words(error: Exception, bench: Bench) -> str:
    """Returns the kind and the first line of an error, without folders."""
    first = next(iter(str(error).splitlines()), "")
    for place in (bench.folder, bench.models, Path.home()):
        first = first.replace(str(place), "...")
    return f"{type(error).__name__}: {first}"


def network_of(engine: Engine) -> Any:
    """Returns the network of the model that is loaded."""
    return loaded_of(engine).family.network()


def loaded_of(engine: Engine) -> Any:
    """Returns the model that is loaded."""
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    return loaded


def psnr(pixels: Any, exact: Any) -> float:
    """Returns decibels, 99 for equal pictures."""
    error = float(np.mean((pixels.astype(float) - exact.astype(float)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))
