"""Measures whether a device computes rightly, and how fast: ``python -m tests.benchmarks.gpu --device cuda``.

Each section starts only if its time is left, prints its lines at once, and writes them to ``OUT/gpu.jsonl``. On a
processor with ``--device cpu --tiny`` the whole script is rehearsed in seconds.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from core.engine.devices.device import memory_now
from core.engine.devices.machine import machine
from core.engine.devices.offloading import free_caches
from core.engine.devices.probe import failure_of
from core.engine.engine import Engine
from core.film.film import Film
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size, Source
from core.request.samplers import SAMPLERS
from core.runs.branch import Branch
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from core.runs.recorder import FilmRecorder
from tests import tiny
from tests.benchmarks import random_models

NOISED = ("ddim", "ddpm", "lcm", "tcd", "euler", "pndm")
"""Samplers that are measured with a picture to begin with, too: those whose schedules differ most."""

CLOSE = 2e-3
"""Largest relative difference of float32 latents to those of the processor."""

LEAST_PSNR_DB = 30.0
SPEED_RATIO = 1.13
"""Of ours to stock's loop, where ours decodes and keeps the film as well."""


@dataclass(frozen=True)
class Line:
    """One figure; ``ok`` is None where there is no mark to meet."""

    name: str
    value: float | str
    unit: str = ""
    ok: bool | None = None


@dataclass
class Bench:
    """The device, the models and the time that is left."""

    device: torch.device
    is_tiny: bool
    folder: Path
    out: Path
    ends: float

    def engine(self, dtype: str = "float32", device: str | None = None) -> Engine:
        return Engine(Catalogue((self.folder,)), device or str(self.device), dtype)

    def request(self, **changes: Any) -> GenerationRequest:
        size = Size(64, 64) if self.is_tiny else Size(512, 512)
        steps = 4 if self.is_tiny else 25
        request = GenerationRequest("a red house", model="model", size=size, steps=steps, seed=7, sampler="euler")
        return replace(request, **changes)

    def synchronise(self) -> None:
        if self.device.type != "cpu":
            torch.get_device_module(self.device).synchronize()

    def turns(self, *works: Callable[[], object], rounds: int) -> list[float]:
        """Medians in seconds; the works take turns, after one of each that is not counted."""
        took: list[list[float]] = [[] for _ in works]
        for round_ in range(rounds + 1):
            for work, times in zip(works, took, strict=True):
                self.synchronise()
                began = time.perf_counter()
                work()
                self.synchronise()
                if round_:
                    times.append(time.perf_counter() - began)
        return [statistics.median(times) for times in took]


@dataclass(frozen=True)
class Section:
    """``seconds``: its estimate on a fast GPU; ``kinds``: the devices that it is for, () for all."""

    key: str
    seconds: float
    run: Callable[[Bench], Iterator[Line]]
    kinds: tuple[str, ...] = ()


def describe(bench: Bench) -> Iterator[Line]:
    """Section 0: versions, devices, and whether it computes at all."""
    for line in machine():
        name, value = line.split(": ", 1)
        yield Line(name, value)
    engine = bench.engine()
    yield Line("plan", engine.plan.describe().splitlines()[0])
    failure = failure_of(bench.device)
    yield Line("probe", failure or "computes", ok=not failure)
    yield Line("free memory", memory_now(engine.plan).free / 2**30, "GiB")


def samplers(bench: Bench) -> Iterator[Line]:
    """Section A1: every sampler against the processor, against its own film, and taken up again in the middle."""
    there, here = bench.engine(), bench.engine(device="cpu")
    torch.backends.cudnn.allow_tf32 = False  # the mark is for true float32
    size, steps = Size(64, 64), 4
    photo = bench.folder / "photo.png"
    Image.fromarray(np.random.default_rng(4).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(photo)
    for sampler in SAMPLERS:
        for source in (None, Source(str(photo), 0.8)) if sampler in NOISED else (None,):
            request = bench.request(sampler=sampler, size=size, steps=steps, source=source)
            name = f"{sampler}{' from a picture' if source else ''}"
            whole, path = recorded(there, request, bench.folder / "films" / name)
            replayed = result_of(there, OpenFilm(path)).film
            yield Line(f"{name}: replay", "equal bits", ok=same(replayed, whole.film))
            resumed = finished(there.run(GenerateBranch(Branch(replayed, 2, replayed.request))))
            yield Line(f"{name}: resumed", "equal bits", ok=same(resumed.film, whole.film))
            expected = finished(here.run(Generate(request, PreviewMode.linear))).film.frames[-1].denoised
            far = np.abs(whole.film.frames[-1].denoised - expected).max() / np.abs(expected).max()
            yield Line(f"{name}: to the processor", float(far), "relative", ok=bool(far < CLOSE))


def precisions(bench: Bench) -> Iterator[Line]:
    """Section A2: 16-bit and packed weights give numbers, near those of float32."""
    request = bench.request()
    exact = finished(bench.engine().run(Generate(request))).image.pixels.astype(float)
    for dtype in ("bfloat16", "float16"):
        if bench.device.type == "cpu" and dtype == "float16":
            continue
        pixels = finished(bench.engine(dtype).run(Generate(request))).image.pixels
        yield psnr(dtype, pixels, exact)
    for bits in (8, 4):
        pixels = finished(bench.engine().run(Generate(replace(request, weight_bits=bits)))).image.pixels
        yield psnr(f"{bits} bit weights", pixels, exact)


def speed(bench: Bench) -> Iterator[Line]:
    """Section B1: seconds a step, in turns with diffusers' own pipeline."""
    from tests.benchmarks.stock import Stock

    engine = bench.engine(best(bench))
    stock = Stock(bench.folder / "model", engine.plan.dtype, str(bench.device))
    for sampler in ("euler", "ddim", "dpmpp_2m_karras"):
        request = bench.request(sampler=sampler)
        theirs, ours = bench.turns(
            lambda request=request: stock.run(request),
            lambda request=request: finished(engine.run(Generate(request, PreviewMode.linear))),
            rounds=1 if bench.is_tiny else 5,
        )
        ratio = ours / theirs  # ours decodes as well
        mark = None if bench.is_tiny else ratio <= SPEED_RATIO
        yield Line(f"{sampler}: stock's loop", theirs * 1000 / request.steps, "ms/step")
        yield Line(f"{sampler}: ours, decoded", ours * 1000 / request.steps, "ms/step")
        yield Line(f"{sampler}: ratio", ratio, ok=mark)


def waits(bench: Bench) -> Iterator[Line]:
    """Section B2: how often a step waits for the device."""
    engine, counts = bench.engine(best(bench)), list[int]()
    finished(engine.run(Generate(bench.request(), PreviewMode.linear)))
    for steps in (5, 15):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                finished(engine.run(Generate(bench.request(steps=steps), PreviewMode.linear)))
            finally:
                torch.cuda.set_sync_debug_mode("default")
        counts.append(len(told))
    yield Line("synchronisations", (counts[1] - counts[0]) / 10, "a step")


def memory(bench: Bench) -> Iterator[Line]:
    """Section A4: the plan's need against the highest use."""
    module, engine = torch.get_device_module(bench.device), bench.engine(best(bench))
    module.reset_peak_memory_stats(bench.device)
    finished(engine.run(Generate(bench.request(), PreviewMode.linear)))
    peak = module.max_memory_allocated(bench.device)
    planned = engine._context._loaded.memory.needed  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]
    yield Line("highest use", peak / 2**30, "GiB")
    yield Line("planned", planned / peak, "of it", ok=bench.is_tiny or 0.95 <= planned / peak <= 1.4)


SECTIONS = (
    Section("0", 20, describe),
    Section("A1", 60, samplers),
    Section("A2", 15, precisions),
    Section("B1", 45, speed),
    Section("B2", 15, waits, ("cuda",)),
    Section("A4", 20, memory, ("cuda", "xpu")),
)


def best(bench: Bench) -> str:
    return Engine(Catalogue((bench.folder,)), str(bench.device)).plan.dtype_name


def finished(events: Iterator[Any]) -> ImageReady:
    *_, last = events
    assert isinstance(last, ImageReady)
    return last


def recorded(engine: Engine, request: GenerationRequest, folder: Path) -> tuple[ImageReady, Path]:
    """Runs and records; the film is read from its file later, as users' films are."""
    recorder = FilmRecorder(lambda: folder)
    whole = finished(recorder.record(engine.run(Generate(request, PreviewMode.linear))))
    return whole, next(folder.glob("*.film*"))


def same(one: Film, other: Film) -> bool:
    pairs = zip(one.frames, other.frames, strict=True)
    return all(np.array_equal(a.noisy, b.noisy) and np.array_equal(a.guided, b.guided) for a, b in pairs)


def psnr(name: str, pixels: Any, exact: Any) -> Line:
    error = float(np.mean((pixels.astype(float) - exact) ** 2))
    value = 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))
    mark = None if "4 bit" in name else value >= LEAST_PSNR_DB
    return Line(f"{name}: to float32", value, "dB", ok=mark)


def run(bench: Bench, sections: tuple[Section, ...]) -> int:
    """Returns 1 if a mark was missed or a section failed."""
    bench.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    with (bench.out / "gpu.jsonl").open("w", encoding="utf-8") as file:

        def tell(section: Section, line: Line) -> None:
            value = f"{line.value:.4g}" if isinstance(line.value, float) else line.value
            verdict = {None: "", True: "ok", False: "MISSED"}[line.ok]
            print(f"{section.key:3} {line.name:32} {value} {line.unit} {verdict}".rstrip(), flush=True)
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
            gc.collect()
            free_caches(bench.device)
    return failed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny models, which rehearse every section")
    parser.add_argument("--seconds", type=float, default=440.0, help="time for all (default: %(default)s)")
    parser.add_argument("--only", nargs="+", default=[section.key for section in SECTIONS])
    parser.add_argument("--out", type=Path, default=Path("gpu-benchmark"))
    options = parser.parse_args(arguments)
    ends = time.monotonic() + options.seconds
    device = torch.device(options.device)
    device = torch.device(device.type, device.index or 0) if device.type in ("cuda", "xpu") else device
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(device, options.tiny, Path(folder), options.out, ends)
        if options.tiny:
            tiny.stable_diffusion(bench.folder / "model")
        else:
            random_models.stable_diffusion_15(bench.folder / "model", torch.float32)
        return run(bench, tuple(section for section in SECTIONS if section.key in options.only))


if __name__ == "__main__":
    sys.exit(main())
