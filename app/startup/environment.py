"""Sets the environment before torch or the hub libraries are imported: no network, quiet threads, GPU memory.

Restores that of a frozen program before it starts others, such as a file manager: PyInstaller's start sets where
libraries and plugins are searched, for itself; programs of the system would load the bundle's and fail.
"""

import sys
from collections.abc import Mapping, MutableMapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_QT_PATHS = ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH")

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        # copied at import: a download, which needs the network, runs in its own process
        "HF_HUB_OFFLINE": "1",
        "DIFFUSERS_DISABLE_REMOTE_CODE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        # threads that wait by spinning starve the window, and on a busy machine one another: on two busy cores a
        # step of the starter model took 600 ms with spinning threads, and 60 ms without; but waking threads takes
        # longer than its small layers do. These spin for microseconds: 12 ms a step, 25 ms without, 27 ms busy
        "OMP_WAIT_POLICY": "passive",
        "GOMP_SPINCOUNT": "3000",
        # on AMD's GPUs each new size would be searched for its fastest convolution, for minutes
        "MIOPEN_FIND_MODE": "FAST",
        # what these libraries have to say goes to the log file, not between the lines of a terminal
        "TRANSFORMERS_VERBOSITY": "error",
        "DIFFUSERS_VERBOSITY": "error",
    }
)

GPU_MEMORY = "PYTORCH_ALLOC_CONF"
GPU_MEMORY_IN_ONE_PIECE = "expandable_segments:True"
"""Pictures of changing sizes leave pieces of the GPU's memory that no later one fits into; torch knows this way
around it on Linux only. With AMD's GPUs it can hang for ever (pytorch issue 192259), and Intel's drivers may not
support it."""


def set_environment(environment: MutableMapping[str, str], platform: str = sys.platform) -> None:
    """Sets every entry, whatever stood there before; on Linux the GPU's memory too, unless the user has."""
    environment.update(ENVIRONMENT)
    is_chosen = environment.keys() & {GPU_MEMORY, "PYTORCH_CUDA_ALLOC_CONF"}
    if platform == "linux" and not is_chosen and not _is_for_other_gpus():
        environment[GPU_MEMORY] = GPU_MEMORY_IN_ONE_PIECE


def _is_for_other_gpus() -> bool:
    """Returns True for torch's builds for AMD's and Intel's GPUs, by the name of the folder beside it."""
    torch = find_spec("torch")
    if torch is None or torch.origin is None:
        return False
    beside = Path(torch.origin).parents[1].glob("torch-*.dist-info")
    return any(kind in folder.name for folder in beside for kind in ("+rocm", "+xpu"))


def restore_environment(environment: MutableMapping[str, str]) -> None:
    """Call it when Qt has started: it has read the variables then. Without a bundle nothing is changed."""
    folder = getattr(sys, "_MEIPASS", None)
    if folder is None:
        return
    for name in _LIBRARY_PATHS:
        original = environment.pop(f"{name}_ORIG", None)  # left there by PyInstaller's start
        if original is not None:
            environment[name] = original
        elif environment.get(name, "").startswith(folder):
            del environment[name]
    for name in _QT_PATHS:
        if environment.get(name, "").startswith(folder):
            del environment[name]
