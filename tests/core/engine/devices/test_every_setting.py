"""Each setting of a request acts on a GPU as on the processor, and each call of the network waits for it once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from core.engine.engine import Engine
from core.families.stable_diffusion_3 import SKIPPED_CALLS
from core.models.memory_plan import Placement
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest
from core.request.settings import SETTINGS
from core.runs.events import ImageReady, PreviewMode, Stepped
from core.runs.operations import Generate
from tests import capabilities
from tests.apple import Apple, apple_gpu
from tests.capabilities import EXAMPLES, Example
from tests.nvidia import nvidia_gpu
from tests.on_gpus import HALF, ROUNDED, distance, engine_on

ALL = {f"{name}: {kind}": one for name, kinds in EXAMPLES.items() for kind, one in kinds.items()}
GPUS: dict[str, tuple[Callable[..., AbstractContextManager[Apple]], str, Placement | None]] = {
    "Apple": (apple_gpu, "mps", None),
    "NVIDIA": (nvidia_gpu, "cuda", None),
    "NVIDIA, in groups": (nvidia_gpu, "cuda", Placement.group_offload),
}
OF_WEIGHTS = ("loras", "controls", "seamless", "embeddings", "autoencoder", "weight_bits", "references", "hires")
"""Settings that bring or change weights, or hook into layers; others do not mind when a layer comes."""

RUNS = [
    (name, device)
    for name in ALL
    for device, (_, _, placement) in GPUS.items()
    if placement is None or name.partition(":")[0] in OF_WEIGHTS
]
NOISY = ("euler_a",)
COPIED_AGAIN = {"references: qwen": 2}
"""Tensors that diffusers' network brings to the device in each step."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return capabilities.make(tmp_path_factory.mktemp("capabilities"))


@pytest.fixture(scope="module")
def expected(library: Path) -> Callable[[str], list[Pixels]]:
    """Makes the processor's pictures of an example, once."""
    engine = engine_on("cpu", library)

    @cache
    def pictures(name: str) -> list[Pixels]:
        return run(engine, ALL[name](library))[0]

    return pictures


@pytest.fixture(scope="module")
def engines(library: Path) -> Callable[[str], tuple[Engine, Apple]]:
    """Makes the engine on a GPU, once: a model stays loaded there from one setting to the next."""

    @cache
    def on(device: str) -> tuple[Engine, Apple]:
        make, kind, placement = GPUS[device]
        with make() as gpu:
            return engine_on(kind, library, placement=placement), gpu

    return on


def run(
    engine: Engine, request: GenerationRequest, gpu: Apple | None = None
) -> tuple[list[Pixels], list[Counter[str]]]:
    """Returns the pictures, and what was counted from one call to the next of the last one."""
    pictures, counts = list[Pixels](), list[Counter[str]]()
    for event in engine.run(Generate(request, PreviewMode.linear)):
        match event:
            case ImageReady(image=image):
                pictures.append(image.pixels)
            case Stepped() if gpu is not None:
                counts.append(Counter(gpu.counts))
            case _:
                pass
    return pictures, [after - before for before, after in itertools.pairwise(counts)]


def test_every_setting_has_an_example() -> None:
    assert set(EXAMPLES) == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize(("name", "device"), RUNS)
def test_it_makes_the_processors_picture(
    library: Path,
    engines: Callable[[str], tuple[Engine, Apple]],
    expected: Callable[[str], list[Pixels]],
    name: str,
    device: str,
) -> None:
    one: Example = ALL[name]
    request, (make, _, placement), (engine, gpu) = one(library), GPUS[device], engines(device)
    with make(gpu):
        found, counts = run(engine, request, gpu)
    most = HALF if request.upscaler is not None or request.hires is not None else ROUNDED
    for there, here in zip(found, expected(name), strict=True):
        assert distance(there, here) <= most
    if placement is None and request.hires is None and request.count == 1:
        waits = {"to cpu": 1, "item": 0, gpu.here: COPIED_AGAIN.get(name, 0)}
        waits[gpu.here] += request.sampler in NOISY
        assert len(counts) > 1 or request.steps == 1, "too few calls to tell"
        for call in counts[-2:-1]:  # in the first ones things are made once; the last was launched long before
            assert {way: call[way] for way in waits} == waits


@pytest.mark.parametrize("device", ["Apple", "NVIDIA"])
def test_calls_without_some_layers_wait_for_nothing_but_the_film(
    library: Path, engines: Callable[[str], tuple[Engine, Apple]], device: str
) -> None:
    request = replace(ALL["skip_layers: SD 3"](library), sampler="euler", steps=20)
    last = int(SKIPPED_CALLS[1] * request.steps)
    (make, _, _), (engine, gpu) = GPUS[device], engines(device)
    with make(gpu):
        _, counts = [run(engine, request, gpu) for _ in range(2)][-1]  # things are made once in the first one
        _, plain = run(engine, replace(request, skip_layers=0.0), gpu)
    waits = {"to cpu": 1, "item": 0, gpu.here: 0}
    assert [{way: call[way] for way in waits} for call in counts[:-1]] == [waits] * (len(counts) - 1)
    assert last > 2
    assert counts[0]["taken"] > plain[0]["taken"]  # of a call that has a prediction more
    assert counts[last]["taken"] == plain[last]["taken"]
