"""Section A4: the plan against the highest use, every placement, and a picture where memory runs out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from core.engine.engine import Engine
from core.engine.measuring import GB, Line, picture
from core.errors import EmulsionError
from core.families.stable_diffusion import SPEC
from core.models.memory_plan import Placement
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, Loading, Phase, PreviewMode, Started
from core.runs.operations import Generate, ReportMemory, result_of
from tests.benchmarks.gpu.bench import Bench, loaded_of, psnr

LEAST_PLANNED, MOST_PLANNED = 0.95, 1.4
LEAST_PSNR_DB = 30.0
"""Of a picture that was decoded in another way than the whole one."""

SHARES = {"while loading": 0.5, "in a step": 0.75, "in the decode": 0.95}
"""Of the highest use of a whole picture, which is that of the decode."""


def memory(bench: Bench) -> Iterator[Line]:
    """Section A4: peaks by size, the plan's constants as they stand in the code, placements, limits below them."""
    request = bench.request(steps=3)
    sides = (64, 128) if bench.is_tiny else (512, 1024)
    for side in sides:
        yield from _peaks(bench, replace(request, size=Size(side, side)))
    yield from _placements(bench, request)
    yield from _limits(bench, request)


def _peaks(bench: Bench, request: GenerationRequest) -> Iterator[Line]:
    engine = bench.engine(None)
    picture(engine, replace(request, steps=1))
    peak = _highest(bench, lambda: picture(engine, request))
    needed = result_of(engine, ReportMemory()).plan
    yield Line(f"{request.size}: highest use", peak / GB, "GB")
    assert needed is not None
    share = needed.needed / peak if peak else 1.0
    yield Line(f"{request.size}: planned", share, "of it", ok=bench.mark(LEAST_PLANNED <= share <= MOST_PLANNED))
    step, decode = _beside_weights(bench, engine, request)
    pixels, nbytes = request.size.width * request.size.height, engine.plan.dtype.itemsize
    places = pixels // SPEC.latents.factor**2
    constants = {
        "core/families/stable_diffusion.py": f"step_values={step // (places * nbytes):_},",
        "core/models/memory_plan.py": f"DECODE_VALUES_PER_PIXEL = {decode // (pixels * nbytes)}",
    }
    for file, words in constants.items():
        yield Line(f"{request.size}: {file}", words if step else "not counted on this device")
    bench.close_engines()


def _beside_weights(bench: Bench, engine: Engine, request: GenerationRequest) -> tuple[int, int]:
    """Returns the most bytes that a step and the decode held beside those before; 0 if none are counted."""
    if bench.device.type not in ("cuda", "xpu"):
        picture(engine, request)
        return 0, 0
    module = torch.get_device_module(bench.device)
    before, most = 0, list[int]()
    for event in engine.run(Generate(request, PreviewMode.linear)):
        if isinstance(event, Started | ImageReady) or event == Loading(Phase.decoding):
            most.append(module.max_memory_allocated(bench.device) - before)
            module.reset_peak_memory_stats(bench.device)
            before = module.memory_allocated(bench.device)
    _reading, step, decode = most
    return step, decode


def _highest(bench: Bench, work: Any) -> int:
    """Returns the most bytes that were held on the device during ``work``; 0 where none are counted."""
    if bench.device.type not in ("cuda", "xpu"):
        work()
        return 0
    module = torch.get_device_module(bench.device)
    module.reset_peak_memory_stats(bench.device)
    work()
    return module.max_memory_allocated(bench.device)


def _placements(bench: Bench, request: GenerationRequest) -> Iterator[Line]:
    expected = picture(bench.engine(None), request).image.pixels
    for placement in list(Placement)[1:]:
        pixels = picture(bench.engine(None, memory=placement), request).image.pixels
        same = np.array_equal(pixels, expected)
        yield Line(f"{placement.name}", "equal pixels" if same else "other pixels", ok=same)
        bench.close_engines()


def _limits(bench: Bench, request: GenerationRequest) -> Iterator[Line]:
    """Lets torch have less than a picture needs: it comes all the same, by a slower placement."""
    if bench.device.type != "cuda":
        return
    engine = bench.engine(None)
    expected = picture(engine, request).image.pixels
    peak = _highest(bench, lambda: picture(engine, request))
    bench.close_engines()
    total = torch.cuda.get_device_properties(bench.device).total_memory
    for name, share in SHARES.items():
        torch.cuda.set_per_process_memory_fraction(share * peak / total, bench.device)
        try:
            engine = bench.engine(None)
            made = picture(engine, request).image
            placed = loaded_of(engine).offloading.placement.name
        except EmulsionError as error:  # the other limits are tried all the same
            yield Line(f"memory runs out {name}", f"no picture: {error}", ok=False)
            continue
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0, bench.device)
            bench.close_engines()
        note, value = made.recipe.note, psnr(made.pixels, expected)
        same = value >= LEAST_PSNR_DB if note else np.array_equal(made.pixels, expected)
        words = f"{note or ('equal pixels' if same else 'other pixels')}, {value:.0f} dB, {placed}"
        yield Line(f"memory runs out {name}", words, ok=same)
