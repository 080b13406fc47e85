"""Sections B1 to B3, B6 and B7: seconds a step against diffusers' own pipeline, and where they go."""

from __future__ import annotations

import gc
import io
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers.hooks.group_offloading import apply_group_offloading
from PIL import Image
from torch.profiler import ProfilerActivity, profile

from core.engine.devices.offloading import free_caches
from core.engine.engine import Engine
from core.engine.measuring import Line, finished, picture, recorded, timed
from core.models.acceleration import Acceleration
from core.models.memory_plan import Placement
from core.request.request import GenerationRequest, Lora
from core.runs.events import ImageReady, PreviewMode, Started, Stepped
from core.runs.operations import Generate
from tests import tiny
from tests.benchmarks.gpu.bench import SD, XL, Bench, has_graphs, loaded_of, network_of, psnr
from tests.benchmarks.gpu.launches import captured
from tests.benchmarks.stock import Stock

STEP_RATIO = 1.03
"""Of ours to stock's, for a step."""

PYTHON_BUSY_S, PYTHON_REST_S = 0.010, 0.015
LOCK_RATIO = 1.1
LEAST_PSNR_DB = 45.0
STREAM_RATIO = 3.0
FEW_STEPS = (1, 4)
"""For work whose steps take seconds."""

MOST_IDLE_MS = 20.0
XL_ROUNDS = 2

ON_DEVICE = {"cuda": (ProfilerActivity.CUDA,), "xpu": (ProfilerActivity.XPU,)}


def speed(bench: Bench) -> Iterator[Line]:
    """Section B1: a step in turns with diffusers' own pipeline, and with previews and a film."""
    began = time.perf_counter()
    bench.make(SD)
    yield Line("making the model", time.perf_counter() - began, "s")
    engine = bench.engine(None)
    seconds, _ = timed(lambda: picture(engine, bench.request()), bench.device)
    yield Line("first picture, model loaded for it", seconds, "s")
    yield from _against_stock(bench, engine, SD, ("euler", "ddim", "dpmpp_2m_karras"))
    request = bench.request()

    def previewed(steps: int) -> None:
        finished(engine.run(Generate(replace(request, steps=steps), PreviewMode.automatic)))

    numbers = iter(range(1000))

    def filmed(steps: int) -> None:
        recorded(engine, replace(request, steps=steps), bench.folder / "films" / f"speed {next(numbers)}")

    plain, with_previews, with_film = bench.steps_ms(_steps_of(engine, request), previewed, filmed)
    yield Line("automatic previews", with_previews / plain, "of a step without")
    yield Line("with a film", with_film / plain, "of a step without", ok=bench.mark(with_film <= 1.02 * plain))


def _against_stock(
    bench: Bench, engine: Engine, model: str, samplers: tuple[str, ...], rounds: int | None = None
) -> Iterator[Line]:
    if not bench.has_room_beside(engine):
        yield Line("stock beside it", "left out, too little memory")
        return
    stock = Stock(bench.make(model), engine.plan.dtype, str(bench.device))
    for sampler in samplers:
        request = bench.request(model, sampler=sampler)
        encoded = stock.encode(request)

        def theirs(steps: int, request: GenerationRequest = request, encoded: Any = encoded) -> None:
            stock.run(replace(request, steps=steps), encoded)

        stock_ms, our_ms = bench.steps_ms(theirs, _steps_of(engine, request), rounds=rounds)
        ratio = our_ms / stock_ms
        yield Line(f"{sampler}: stock", stock_ms, "ms/step")
        yield Line(f"{sampler}: ours", our_ms, "ms/step")
        yield Line(f"{sampler}: ratio", ratio, ok=bench.mark(ratio <= STEP_RATIO))


def _steps_of(engine: Engine, request: GenerationRequest) -> Callable[[int], object]:
    return lambda steps: picture(engine, replace(request, steps=steps))


def anatomy(bench: Bench) -> Iterator[Line]:
    """Section B2: how often a step waits for the device, and what a call of the network launches."""
    engine, counts = bench.engine(None), list[int]()
    picture(engine, bench.request())
    if bench.device.type == "cuda":
        for steps in (5, 15):
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                torch.cuda.set_sync_debug_mode("warn")
                try:
                    torch.ones(1, device=bench.device).item()  # one that is told of for sure
                    picture(engine, bench.request(steps=steps))
                finally:
                    torch.cuda.set_sync_debug_mode("default")
            counts.append(len(told))
        waits = (counts[1] - counts[0]) / 10
        yield Line("synchronisations", waits, "a step", ok=bench.mark(counts[0] > 0 and waits <= 1))
    activities = [ProfilerActivity.CPU, *ON_DEVICE.get(bench.device.type, ())]
    events = engine.run(Generate(bench.request(), PreviewMode.linear))
    next(event for event in events if isinstance(event, Stepped))
    with profile(activities=activities) as seen:
        seconds, _ = timed(lambda: next(events), bench.device)
    events.close()
    averages: Any = seen.key_averages()
    here = [entry for entry in averages if entry.device_type.name == "CPU"]
    there = [entry for entry in averages if entry.device_type.name != "CPU" and not entry.is_user_annotation]
    yield Line("a step, watched by the profiler", seconds * 1000, "ms")
    yield Line("operators", float(sum(entry.count for entry in here)), "a step")
    if there:
        busy = sum(entry.self_device_time_total for entry in there) / 1e6
        yield Line("kernels and copies", float(sum(entry.count for entry in there)), "a step")
        yield Line("GPU busy", 100 * busy / seconds, "% of it")


def lock(bench: Bench) -> Iterator[Line]:
    """Section B3: a step beside a thread of pure Python, as the window is one, as ever and by graphs."""
    ways = {"as ever": Acceleration.off} | (
        {"by graphs": Acceleration.automatic} if has_graphs(bench.device) else {}
    )
    for name, acceleration in ways.items():
        with bench.graphs():
            engine = bench.engine(None, acceleration=acceleration)
            work = _steps_of(engine, bench.request())
            (alone,) = bench.steps_ms(work, rounds=3)
            with _busy_thread():
                (beside,) = bench.steps_ms(work, rounds=3)
        is_graphed = acceleration is Acceleration.automatic
        if is_graphed:
            yield captured(engine)
        mark = bench.mark(beside <= LOCK_RATIO * alone) if is_graphed else None
        yield Line(f"{name}, beside a busy thread", beside / alone, "of alone", ok=mark)


@contextmanager
def _busy_thread() -> Generator[None]:
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(PYTHON_REST_S):
            until = time.perf_counter() + PYTHON_BUSY_S
            while time.perf_counter() < until:
                pass

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def stable_diffusion_xl(bench: Bench) -> Iterator[Line]:
    """Section B6: the larger network, its autoencoder in two precisions, and layers that come by a stream."""
    began = time.perf_counter()
    bench.make(XL)
    yield Line("making the model", time.perf_counter() - began, "s")
    engine, request = bench.engine(None), bench.request(XL)
    picture(engine, request)
    yield Line("placed", loaded_of(engine).offloading.placement.name)
    yield from _against_stock(bench, engine, XL, ("euler",), XL_ROUNDS)
    gc.collect()  # stock's pipeline
    free_caches(bench.device)
    yield from _by_graphs(bench, engine, request)
    yield from _decodes(bench, engine, request)
    bench.close_engines()
    yield from _by_streams(bench, request)


def _by_graphs(bench: Bench, engine: Engine, request: GenerationRequest) -> Iterator[Line]:
    if not has_graphs(bench.device):
        return
    if not bench.has_room_beside(engine):
        yield Line("graphs beside it", "left out, too little memory")
        return
    with bench.graphs():
        graphed = bench.engine(None, acceleration=Acceleration.automatic)
        works = _steps_of(engine, request), _steps_of(graphed, request)
        eager, replayed = bench.steps_ms(*works, rounds=XL_ROUNDS)
    yield captured(graphed)
    yield Line("as ever, of a step by graphs", eager / replayed, "times", ok=bench.mark(eager >= replayed))
    graphed.close()


def _by_streams(bench: Bench, request: GenerationRequest) -> Iterator[Line]:
    if bench.device.type not in (*ON_DEVICE, "cpu"):
        return
    offloaded, took = bench.engine(None, memory=Placement.group_offload), list[float]()
    took += bench.steps_ms(_steps_of(offloaded, request), rounds=1, steps=FEW_STEPS)

    def without_stream(part: Any, *places: Any, offload_type: str, **_streams: Any) -> None:
        apply_group_offloading(part, *places, offload_type=offload_type)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.engine.devices.group_offload.apply_group_offloading", without_stream)
        loaded_of(offloaded).offloading.move_to(Placement.group_offload)
    took += bench.steps_ms(_steps_of(offloaded, request), rounds=1, steps=FEW_STEPS)
    yield Line("layers by a stream", took[0], "ms/step")
    is_met = took[1] >= STREAM_RATIO * took[0]
    mark = bench.mark(is_met) if bench.device.type == "cuda" else None
    yield Line("without a stream", took[1] / took[0], "times that", ok=mark)


def _decodes(bench: Bench, engine: Engine, request: GenerationRequest) -> Iterator[Line]:
    """The autoencoder has the device to itself, as where a decode needs room."""
    vae = loaded_of(engine).family.autoencoder()
    shape = loaded_of(engine).family.latent_shape(request.size)
    latents = torch.randn((1, *shape), generator=torch.Generator().manual_seed(3)).to(bench.device)
    own, pictures = next(vae.parameters()).dtype, list[Any]()
    with loaded_of(engine).offloading.alone("vae"):
        for dtype in (torch.float32, own):
            torch.nn.Module.to(vae, dtype)

            def decode(dtype: torch.dtype = dtype) -> torch.Tensor:
                with torch.inference_mode():
                    return vae.decode(latents.to(dtype), return_dict=False)[0]

            (seconds,) = bench.turns(decode, rounds=XL_ROUNDS)
            pictures.append(((decode().float().cpu() * 0.5 + 0.5).clamp(0, 1) * 255).numpy())
            yield Line(f"decode in {str(dtype).removeprefix('torch.')}", seconds * 1000, "ms")
    value = psnr(pictures[1], pictures[0])
    yield Line("both decodes", value, "dB", ok=bench.mark(value >= LEAST_PSNR_DB))


def rest(bench: Bench) -> Iterator[Line]:
    """Section B7: LoRAs, packed weights, reading a prompt, the picture's file, and the time between pictures."""
    engine, request = bench.engine(None), bench.request()
    picture(engine, request)
    lora = tiny.lora(bench.folder / "lora.safetensors", network_of(engine), "unet")
    with_lora = replace(request, loras=(Lora(str(lora), 0.5),))
    with bench.graphs():
        works = {"without a LoRA": (engine, request), "with one": (engine, with_lora)}
        if has_graphs(bench.device):
            works["with one, by graphs"] = bench.engine(None, acceleration=Acceleration.automatic), with_lora
        for name, work in works.items():
            yield Line(name, bench.steps_ms(_steps_of(*work), rounds=1)[0], "ms/step")
    for bits in (8, 4):
        packed = _steps_of(engine, replace(request, weight_bits=bits))
        yield Line(f"{bits} bit weights", bench.steps_ms(packed, rounds=1)[0], "ms/step")
    whole = picture(engine, request)
    family = loaded_of(engine).family

    def read() -> None:
        family.forget_prompts()
        with torch.inference_mode():
            family.read_prompt(request, 1)

    yield Line("reading a prompt", bench.turns(read)[0] * 1000, "ms")
    image = Image.fromarray(whole.image.pixels)
    yield Line("a PNG", bench.turns(lambda: image.save(io.BytesIO(), "png"))[0] * 1000, "ms")
    yield from _between(bench, engine)


def _between(bench: Bench, engine: Engine) -> Iterator[Line]:
    """From a finished picture to where the next one of the same request begins, while the device has nothing."""
    ready, idle = 0.0, list[float]()
    for event in engine.run(Generate(bench.request(count=3), PreviewMode.linear)):
        if isinstance(event, ImageReady):
            ready = time.perf_counter()
        elif isinstance(event, Started) and ready:
            idle.append((time.perf_counter() - ready) * 1000)
    value = max(idle)
    yield Line("between two pictures", value, "ms", ok=bench.mark(value <= MOST_IDLE_MS))
