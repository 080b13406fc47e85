"""Describes the machine as far as it matters here, in lines that name neither people nor folders."""

import platform
from collections.abc import Iterator
from pathlib import Path

import psutil
import torch

from core.models.memory_plan import computer_memory, gib

FEATURES = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16", "neon", "sve", "arm_bf16")
"""Of processors, as torch names them; those for bfloat16 decide about the precision."""

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def machine() -> tuple[str, ...]:
    """Processor, memory, graphics cards and drivers, a line each."""
    return tuple(_lines())


def _lines() -> Iterator[str]:
    capabilities = torch.cpu.get_capabilities()
    name = capabilities.get("cpu_name") or platform.processor() or platform.machine()
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    features = [feature for feature in FEATURES if capabilities.get(feature)]
    yield f"processor: {', '.join((str(name), f'{cores} cores', f'{torch.get_num_threads()} used', *features))}"
    memory = computer_memory()
    yield f"memory: {gib(memory.total)}, {gib(memory.free)} free"
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        yield f"cuda:{index}: {properties.name}, {gib(properties.total_memory)}"
    for index in range(torch.xpu.device_count()):
        properties = torch.xpu.get_device_properties(index)
        yield f"xpu:{index}: {properties.name}, {gib(properties.total_memory)}"
    yield f"torch: {torch.__version__}, {_built_for()}"
    if driver := _driver():
        yield f"driver: {driver}"


def _built_for() -> str:
    if torch.version.hip:
        return f"built for ROCm {torch.version.hip}"
    if torch.version.cuda:
        return f"built for CUDA {torch.version.cuda}"
    return "built for Apple GPUs" if torch.backends.mps.is_built() else "built for processors"


def _driver() -> str:
    """NVIDIA's line about itself on Linux; "" elsewhere."""
    try:
        lines = NVIDIA_DRIVER.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return " ".join(lines[0].removeprefix("NVRM version:").split()) if lines else ""
