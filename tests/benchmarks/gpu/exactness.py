"""Sections 0 and A1 to A3: what it is, and whether it computes rightly."""

from __future__ import annotations

import os
import signal
import site
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from PIL import Image

from core.engine import families
from core.engine.devices.device import memory_now, plan
from core.engine.devices.probe import failure_of, is_fused
from core.engine.engine import Engine
from core.engine.measuring import (
    COPIED_BYTES,
    GB,
    Line,
    bits,
    finished,
    machine_lines,
    picture,
    recorded,
    to_the_processor,
    true_float32,
)
from core.film.reader import read_recording
from core.request.request import GenerationRequest, Lora, Source
from core.request.samplers import SAMPLERS
from core.runs.branch import Branch
from core.runs.events import PreviewMode, Stepped
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from tests import tiny
from tests.benchmarks.gpu.bench import Bench, network_of, psnr
from tests.parity import our_latents, stock_latents, stock_pipeline

NOISED = ("ddim", "ddpm", "lcm", "tcd", "euler", "pndm")
"""Samplers that are measured with a picture to begin with, too: those whose schedules differ most."""

LEAST_PSNR_DB = {"bfloat16": 30.0, "float16": 30.0, "8 bit weights": 40.0, "4 bit weights": 25.0}
STEPS = 4
CLOSE_MAPS = 1e-2
HEAD_WIDTHS = (40, 64, 80, 160, 512)
SECONDS_TO_STOP = 4.0
SECONDS_TO_MAKE = 60.0
FILM_WITH_A_CALL = 10_000
"""Bytes."""


def describe(bench: Bench) -> Iterator[Line]:
    """Section 0: versions, devices, and whether it computes at all."""
    yield from machine_lines()
    engine = bench.engine(None)
    yield Line("plan", engine.plan.describe().splitlines()[0])
    failure = failure_of(bench.device)
    yield Line("probe", failure or "computes", ok=not failure)
    yield Line("free memory", memory_now(engine.plan).free / GB, "GB")
    for width in HEAD_WIDTHS:
        fused = is_fused(bench.device, engine.plan.dtype, width)
        yield Line(f"attention, heads of {width}", "fused" if fused else "holds its scores")
    if bench.device.type in ("cuda", "xpu"):
        content = torch.zeros(COPIED_BYTES, dtype=torch.uint8)
        for name, source in (("pageable", content), ("pinned", content.pin_memory())):
            (took,) = bench.turns(lambda source=source: source.to(bench.device))
            yield Line(f"copy from {name} memory", COPIED_BYTES / took / GB, "GB/s")


def samplers(bench: Bench) -> Iterator[Line]:
    """Section A1: every sampler against stock and the processor, against its own film, and taken up again."""
    with true_float32():
        yield from _samplers(bench)


def _samplers(bench: Bench) -> Iterator[Line]:
    photo = bench.folder / "photo.png"
    Image.fromarray(np.random.default_rng(4).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(photo)
    yield from _against_stock(bench)
    there, here = bench.engine(), bench.engine(device="cpu")
    for sampler in SAMPLERS:
        for source in (None, Source(str(photo), 0.8)) if sampler in NOISED else (None,):
            request = bench.request(bench.small, sampler=sampler, steps=STEPS, source=source)
            name = f"{sampler}{' from a picture' if source else ''}"
            whole, path = recorded(there, request, bench.folder / "films" / name)
            replayed = result_of(there, OpenFilm(path)).film
            yield bits(f"{name}: replay", replayed, whole.film)
            resumed = finished(there.run(GenerateBranch(Branch(replayed, 2, replayed.request))))
            yield bits(f"{name}: resumed", resumed.film, whole.film)
            line = to_the_processor(
                whole.film.frames[-1].denoised, picture(here, request).film.frames[-1].denoised
            )
            yield replace(line, name=f"{name}: {line.name}")


def _against_stock(bench: Bench) -> Iterator[Line]:
    """Final latents of the loop and of diffusers' own pipeline, with the same network on the same device."""
    folder = bench.make(bench.small)
    family = families.load(bench.catalogue.find(bench.small), plan(str(bench.device), "float32"))
    pipe = stock_pipeline(DiffusionPipeline, folder, dtype=torch.float32)
    checkpoint = dict(pipe.scheduler.config)
    pipe = pipe.to(bench.device)
    for sampler in SAMPLERS:
        request = bench.request(bench.small, sampler=sampler, steps=STEPS)
        ours = our_latents(family, request, 1, bench.device)
        with torch.inference_mode():
            same = torch.equal(ours, stock_latents(pipe, checkpoint, request, 1))
        yield Line(f"{sampler}: to stock", "equal bits" if same else "other bits", ok=same)


def precisions(bench: Bench) -> Iterator[Line]:
    """Section A2: 16-bit and packed weights give numbers, near those of float32; probes and LoRAs leave none."""
    request, there = bench.request(bench.small), bench.engine()
    whole = picture(there, request)
    for dtype in ("bfloat16", "float16"):
        pixels = picture(bench.engine(dtype), request).image.pixels
        yield _near(dtype, pixels, whole.image.pixels)
    for weight_bits in (8, 4):
        pixels = picture(there, replace(request, weight_bits=weight_bits)).image.pixels
        yield _near(f"{weight_bits} bit weights", pixels, whole.image.pixels)
    yield from _probes(bench, there)
    lora = tiny.lora(bench.folder / "lora.safetensors", network_of(there), "unet")
    changed = picture(there, replace(request, loras=(Lora(str(lora), 0.5),)))
    differs = not np.array_equal(changed.image.pixels, whole.image.pixels)
    yield Line("a LoRA changes it", "yes" if differs else "no", ok=differs)
    yield bits("a LoRA in and out", picture(there, request).film, whole.film)


def _probes(bench: Bench, there: Engine) -> Iterator[Line]:
    maps, request = list[Any](), bench.request(bench.small, steps=STEPS)
    whole = picture(there, request)
    for engine in (there, bench.engine(device="cpu")):
        events = list(engine.run(Generate(request, PreviewMode.linear, attention=True)))
        records: list[Any] = [event.attention for event in events if isinstance(event, Stepped)]
        maps.append(records[-1].summed)
        if not maps[1:]:
            yield bits("probes on and off", finished(iter(events)).film, whole.film)
    far = float(np.abs(maps[0] - maps[1]).max() / max(np.abs(maps[1]).max(), 1e-9))
    yield Line("maps of words, to the processor", far, "relative", ok=far < CLOSE_MAPS)


def _near(name: str, pixels: Any, exact: Any) -> Line:
    value = psnr(pixels, exact)
    return Line(f"{name}: to float32", value, "dB", ok=value >= LEAST_PSNR_DB[name])


def process(bench: Bench) -> Iterator[Line]:
    """Section A3: the command in a process of its own makes the same pixels, and stops when it is told to."""
    request = replace(bench.request(bench.small), model=str(bench.make(bench.small)))
    expected = picture(bench.engine(), request).image.pixels
    out = bench.folder / "out.png"
    with _generating(bench, request, out, "--no-film") as child:
        code = child.wait(SECONDS_TO_MAKE)
    yield Line("exit code", str(code), ok=code == 0)
    if code == 0:
        with Image.open(out) as made:
            same = np.array_equal(np.asarray(made), expected)
        yield Line("pixels of a process of its own", "equal" if same else "others", ok=same)
    stopped = bench.folder / "stopped"
    stopped.mkdir()
    with _generating(bench, replace(request, steps=50), stopped, "--film", "--count", "100") as child:
        ends = time.monotonic() + SECONDS_TO_MAKE
        while child.poll() is None and not _films(bench) and time.monotonic() < ends:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        began = time.perf_counter()
        code = child.wait(30)
        took = time.perf_counter() - began
    yield Line("after Ctrl+C", took, "s", ok=code == 130 and took < SECONDS_TO_STOP)
    calls = max((len(read_recording(path).calls) for path in _films(bench)), default=0)
    yield Line("calls in its film", float(calls), ok=calls > 0)


def _films(bench: Bench) -> list[Path]:
    """Returns those that have a call, finished or not."""
    places = bench.folder / "stopped", bench.folder / "home"
    films = [path for place in places for path in place.rglob("*.film*")]
    return [path for path in films if path.suffix != ".json" and path.stat().st_size > FILM_WITH_A_CALL]


@contextmanager
def _generating(
    bench: Bench, request: GenerationRequest, out: Path, *more: str
) -> Generator[subprocess.Popen[bytes]]:
    """Runs the command until the block is left; what it says is beside the benchmark's log."""
    home = bench.folder / "home"
    home.mkdir(exist_ok=True)
    options = ["--device", str(bench.device), "--dtype", "float32", "--acceleration", "off"]
    settings = ["--model", request.model, "--seed", str(request.seed), "--size", str(request.size)]
    run = ["generate", request.prompt, "--steps", str(request.steps), "--sampler", request.sampler, "-o", str(out)]
    guidance = ["--guidance", str(request.guidance_scale)]
    folders = {"HOME": home, "XDG_DATA_HOME": home / "data", "XDG_CONFIG_HOME": home / "config"}
    folders |= {"XDG_CACHE_HOME": home / "cache", "XDG_STATE_HOME": home / "state"}
    folders |= {"PYTHONUSERBASE": site.getuserbase()}  # where torch may be, and not in that home
    with (bench.out / "process.log").open("ab") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "app", *run, *guidance, *options, *settings, *more],
            env=os.environ | {name: str(folder) for name, folder in folders.items()},
            stdout=said,
            stderr=said,
        )
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
