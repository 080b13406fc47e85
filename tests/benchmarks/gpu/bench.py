"""The bench on which a device is measured: its models, engines and clocks, and the run over all sections."""

from __future__ import annotations

import gc
import json
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
from core.engine.devices.offloading import free_caches
from core.engine.engine import Engine
from core.engine.measuring import Line
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.request.request import GenerationRequest, Size
from tests import tiny
from tests.benchmarks import random_models
from tests.recaptures import graphs_everywhere

SD, XL = "model", "xl"


@dataclass
class Bench:
    """The device, the models and the time that is left."""

    device: torch.device
    is_tiny: bool
    folder: Path
    out: Path
    ends: float
    engines: list[Engine] = field(default_factory=list[Engine])

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue((self.folder,))

    @property
    def rounds(self) -> int:
        return 1 if self.is_tiny else 5

    def make(self, model: str) -> Path:
        """Makes a model unless it is there, with its weights drawn on the device."""
        folder, is_sd = self.folder / model, model == SD
        if not folder.is_dir():
            if self.is_tiny:
                (tiny.stable_diffusion if is_sd else tiny.stable_diffusion_xl)(folder)
            else:
                make = random_models.stable_diffusion_15 if is_sd else random_models.stable_diffusion_xl
                make(folder, torch.bfloat16, self.device)
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

    def request(self, **changes: Any) -> GenerationRequest:
        self.make(changes.get("model", SD))
        side, steps = (64, 4) if self.is_tiny else (1024 if changes.get("model") == XL else 512, 25)
        request = GenerationRequest("a red house", model=SD, size=Size(side, side), steps=steps, seed=7)
        return replace(request, **({"sampler": "euler"} | changes))

    def turns(self, *works: Callable[[], object], rounds: int | None = None) -> list[float]:
        """See `core.engine.measuring.turns`."""
        return measuring.turns(list(works), self.device, self.rounds if rounds is None else rounds)

    def steps_ms(
        self, *works: Callable[[int], object], rounds: int | None = None, steps: tuple[int, int] = (10, 30)
    ) -> list[float]:
        """Returns milliseconds a step of works that make a number of steps: the difference of two numbers."""
        few, many = (4, 8) if self.is_tiny else steps
        took = self.turns(*(partial(work, steps) for work in works for steps in (few, many)), rounds=rounds)
        return [(long - short) * 1000 / (many - few) for short, long in zip(took[::2], took[1::2], strict=True)]

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
        gc.collect()
        free_caches(self.device)


@dataclass(frozen=True)
class Section:
    """``seconds``: its estimate on a fast GPU; ``kinds``: the devices that it is for, () for all."""

    key: str
    seconds: float
    run: Callable[[Bench], Iterator[Line]]
    kinds: tuple[str, ...] = ()


def run(bench: Bench, sections: tuple[Section, ...]) -> int:
    """Tells each line at once, and returns 1 if a mark was missed or a section failed."""
    bench.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    with (bench.out / "gpu.jsonl").open("w", encoding="utf-8") as file:

        def tell(section: Section, line: Line) -> None:
            print(f"{section.key:3} {line}", flush=True)
            file.write(json.dumps({"section": section.key, **asdict(line)}) + "\n")
            file.flush()

        for section in sections:
            if section.kinds and bench.device.type not in section.kinds:
                tell(section, Line("left out", "not on this device"))
                continue
            if time.monotonic() + (0 if bench.is_tiny else section.seconds) > bench.ends:
                tell(section, Line("left out", "no time"))
                continue
            began = time.perf_counter()
            try:
                for line in section.run(bench):
                    failed |= line.ok is False
                    tell(section, line)
            except Exception as error:  # noqa: BLE001  # one section that fails is not to end the others
                failed = 1
                tell(section, Line("failed", f"{type(error).__name__}: {error}", ok=False))
                traceback.print_exc()
            tell(section, Line("took", time.perf_counter() - began, "s"))
            bench.close_engines()
    return failed


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
