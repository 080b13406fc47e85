"""Describes the machine as far as it matters here, in lines that name neither people nor folders."""

import platform
from collections.abc import Iterator
from pathlib import Path

import psutil
import torch

from core.engine.devices.device import name_of
from core.engine.networks.graphs import GRAPHS
from core.files.sizes import size_text
from core.language.words import tr
from core.models.memory_plan import computer_memory

FEATURES = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16", "neon", "sve", "arm_bf16")
"""Of processors, as torch names them; those for bfloat16 decide about the precision."""

LONGEST = 1000
"""Characters that a film's reader takes for `computed_by`."""

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def machine() -> tuple[str, ...]:
    """Processor, memory, graphics cards and drivers, a line each."""
    return tuple(_lines())


def computed_by(device: torch.device, dtype: str, way: str, before: str = "") -> str:
    """Returns all that decides about the last bits of a run: "Example 4070 (8.9), torch 2.13.0+cu130, …".

    ``before``: of the run's first calls, where it is taken up again; it stays in front if it is another one.
    ``way``: how the network is called, where that is not as ever; graphs are compared with that, to the bit.
    """
    parts = [name_of(device), f"torch {torch.__version__}", dtype]
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        parts[0] += f" ({properties.major}.{properties.minor})"
        parts.insert(2, f"cuDNN {torch.backends.cudnn.version()}")
    elif device.type == "cpu":  # sums are split among them
        parts.insert(1, f"{torch.get_num_threads()} threads")
    now = ", ".join([*parts, way] if way else parts)
    if _without_graphs(before.rpartition("; then ")[2]) in ("", _without_graphs(now)):
        return before or now
    return f"{before}; then {now}"[-LONGEST:]


def _without_graphs(text: str) -> str:
    return text.removesuffix(f", {GRAPHS}")


def _lines() -> Iterator[str]:
    capabilities = torch.cpu.get_capabilities()
    name = capabilities.get("cpu_name") or platform.processor() or platform.machine()
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    features = [feature for feature in FEATURES if capabilities.get(feature)]
    threads = tr("{cores} cores, {used} used", cores=cores, used=torch.get_num_threads())
    yield tr("processor: {parts}", parts=", ".join((str(name), threads, *features)))
    memory = computer_memory()
    yield tr("memory: {total}, {free} free", total=size_text(memory.total), free=size_text(memory.free))
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        yield f"cuda:{index}: {properties.name}, {size_text(properties.total_memory)}"
    for index in range(torch.xpu.device_count()):
        properties = torch.xpu.get_device_properties(index)
        yield f"xpu:{index}: {properties.name}, {size_text(properties.total_memory)}"
    yield f"torch: {torch.__version__}, {_built_for()}"
    if driver := _driver():
        yield tr("driver: {driver}", driver=driver)


def _built_for() -> str:
    if torch.version.hip:
        return tr("built for ROCm {version}", version=torch.version.hip)
    if torch.version.cuda:
        return tr("built for CUDA {version}", version=torch.version.cuda)
    return tr("built for Apple GPUs") if torch.backends.mps.is_built() else tr("built for processors")


def _driver() -> str:
    """NVIDIA's line about itself on Linux; "" elsewhere."""
    try:
        lines = NVIDIA_DRIVER.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return " ".join(lines[0].removeprefix("NVRM version:").split()) if lines else ""
