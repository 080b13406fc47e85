"""Sections B4, B5 and B8: graphs against calls as ever, variants that may become defaults, and the compiler."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.engine.engine import Engine
from core.engine.measuring import GB, Line, bits, picture
from core.engine.networks.compiled import missing_for
from core.engine.networks.graphs import EAGER_CALLS, GRAPHS, Graphs, capture_on
from core.models.acceleration import Acceleration
from core.request.request import Size
from tests.benchmarks.gpu.bench import Bench, loaded_of, network_of, psnr
from tests.recaptures import Recaptures

GRAPH_RATIO = 1.5
CALLS = 25
LEAST_PSNR_DB = 40.0
TOKENS = 77

KERNELS = {
    "cuDNN attention": SDPBackend.CUDNN_ATTENTION,
    "flash attention": SDPBackend.FLASH_ATTENTION,
    "efficient attention": SDPBackend.EFFICIENT_ATTENTION,
}


def graphs(bench: Bench) -> Iterator[Line]:
    """Section B4: equal bits over a run, several sizes in turn, and how much faster."""
    with bench.graphs():
        plain, graphed = bench.engine(None), bench.engine(None, acceleration=Acceleration.automatic)
        request = bench.request(steps=6 if bench.is_tiny else CALLS)
        side = request.size.width
        expected = picture(plain, request).film
        reserved = _reserved(bench)
        yield bits("captured on the way", picture(graphed, request).film, expected)
        yield captured(graphed)  # else what follows compares calls as ever with themselves
        yield Line("held by the graph and its model", (_reserved(bench) - reserved) / GB, "GB")
        way = picture(graphed, request).film.computed_by.rpartition(", ")[2]
        yield Line("the film says", way, ok=way == GRAPHS)
        for size in (Size(side, side + 8), Size(side, side), Size(side + 8, side), Size(side, side + 8)):
            other = replace(request, size=size, prompt=f"of {size}")
            yield bits(f"{size}, in turns", picture(graphed, other).film, picture(plain, other).film)
        eager, replayed = bench.steps_ms(
            lambda steps: picture(plain, replace(request, steps=steps)),
            lambda steps: picture(graphed, replace(request, steps=steps)),
        )
        yield Line("as ever", eager, "ms/step")
        yield Line("by graphs", replayed, "ms/step")
        ratio = eager / replayed
        yield Line("as ever, of a step by graphs", ratio, "times", ok=bench.mark(ratio >= GRAPH_RATIO))


def captured(engine: Engine) -> Line:
    """Tells how many graphs the engine's model replays; the log has the reason where there are none."""
    count = loaded_of(engine).offloading.graphs
    return Line("calls that are replayed", float(count), ok=count > 0)


def _reserved(bench: Bench) -> int:
    is_gpu = bench.device.type in ("cuda", "xpu")
    return torch.get_device_module(bench.device).memory_reserved(bench.device) if is_gpu else 0


def variants(bench: Bench) -> Iterator[Line]:
    """Section B5: no marks; decides about defaults. Each alone, as ever and replayed."""
    engine = bench.engine(None)
    picture(engine, bench.request(steps=1))
    network, dtype = network_of(engine), engine.plan.dtype
    rng = torch.Generator().manual_seed(0)
    side = bench.request().size.width // 8
    shapes = (2, network.config.in_channels, side, side), (2, TOKENS, network.config.cross_attention_dim)
    x, embeddings = (torch.randn(shape, generator=rng).to(bench.device, dtype) for shape in shapes)
    t = torch.tensor(500, device=bench.device)

    @torch.inference_mode()
    def call() -> torch.Tensor:
        return network(x, t, encoder_hidden_states=embeddings, return_dict=False)[0]

    expected = call().float()
    yield from _variant(bench, "as it is", network, call, expected)
    for name, change in _changes(network).items():
        with ExitStack() as stack:
            try:
                change(stack)
                yield from _variant(bench, name, network, call, expected)
            except RuntimeError as error:
                yield Line(name, f"cannot: {str(error).splitlines()[0]}")


def _changes(network: Any) -> dict[str, Callable[[ExitStack], None]]:
    """Returns the variants, each with its way back on the stack."""

    def channels_last(stack: ExitStack) -> None:
        network.to(memory_format=torch.channels_last)
        stack.callback(lambda: network.to(memory_format=torch.contiguous_format))

    def benchmark(stack: ExitStack) -> None:
        torch.backends.cudnn.benchmark = True
        stack.callback(lambda: setattr(torch.backends.cudnn, "benchmark", False))

    def fused(stack: ExitStack) -> None:
        network.fuse_qkv_projections()
        stack.callback(network.unfuse_qkv_projections)

    changes = {"channels_last": channels_last, "cuDNN chooses by time": benchmark, "one matrix for QKV": fused}
    return changes | {name: partial(_with_kernel, kernel) for name, kernel in KERNELS.items()}


def _with_kernel(kernel: SDPBackend, stack: ExitStack) -> None:
    stack.enter_context(sdpa_kernel(kernel))


def _variant(
    bench: Bench, name: str, network: Any, call: Callable[[], torch.Tensor], expected: torch.Tensor
) -> Iterator[Line]:
    with torch.inference_mode():
        far = float((call().float() - expected).abs().max() / expected.abs().max())
    yield Line(name, bench.turns(call, rounds=3)[0] * 1000, f"ms, {far:.1e} away")
    capture = Recaptures() if bench.device.type == "cpu" else capture_on(bench.device)
    if capture is not None:
        replays = Graphs(network, capture)
        try:
            for _ in range(EAGER_CALLS + 1):
                call()
            by_graphs = bench.turns(call, rounds=3)[0] * 1000 if replays.count else "cannot"
            yield Line(f"{name}, by graphs", by_graphs, "ms" if replays.count else "")
        finally:
            replays.remove()


def compiler(bench: Bench) -> Iterator[Line]:
    """Section B8: the first call, the later ones, and how far from calls as ever."""
    if reason := missing_for(bench.device):
        yield Line("left out", reason)
        return
    plain, compiled = bench.engine(None), bench.engine(None, acceleration=Acceleration.compiled)
    began = time.perf_counter()
    there = picture(compiled, bench.request())
    yield Line("first picture", time.perf_counter() - began, "s")
    eager, fused = bench.steps_ms(
        lambda steps: picture(plain, bench.request(steps=steps)),
        lambda steps: picture(compiled, bench.request(steps=steps)),
    )
    yield Line("as ever, of a compiled step", eager / fused, "times")
    value = psnr(there.image.pixels, np.asarray(picture(plain, bench.request()).image.pixels))
    yield Line("to calls as ever", value, "dB", ok=value >= LEAST_PSNR_DB)
