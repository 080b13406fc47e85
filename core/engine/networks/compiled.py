"""Compiles the blocks of a network by torch's inductor, which fuses their kernels: an explicit choice.

Compiled sums are rounded in another order, so a picture differs in its last bits. It needs Triton on a GPU and a
compiler everywhere, which no installed program brings.
"""

import logging
import os
import shutil
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import torch
from torch.utils._triton import has_triton_package

from core.language.words import tr

log = logging.getLogger(__name__)

CACHES = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
"""Variables by which both are told where to keep what they have compiled; a user's own choice stays."""

C_COMPILERS = ("cc", "gcc", "clang", "cl")
CPP_COMPILERS = ("g++", "clang++", "c++", "cl")


def missing_for(device: torch.device) -> str:
    """Returns what compiling for a device lacks on this computer, as the end of a sentence, or ""."""
    if hasattr(sys, "_MEIPASS"):
        return tr("the installed program brings no compiler; start from the checkout for that")
    if device.type == "mps":
        return tr("torch compiles for Apple GPUs only in part")
    if device.type != "cpu" and not has_triton_package():
        return tr("Triton, by which torch compiles for graphics cards, is not installed")
    names = CPP_COMPILERS if device.type == "cpu" else C_COMPILERS
    own = os.environ.get("CXX" if device.type == "cpu" else "CC", "")
    if not any(shutil.which(name) for name in (own, *names) if name):
        return tr("no compiler was found ({names})", names=", ".join(names))
    return ""


def compile_blocks(network: Any, cache: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """Has the network's repeated blocks compiled when they are first called for a size, which takes a minute.

    ``cache`` keeps what was compiled for the next start.
    """
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir  # takes a second

    for name in CACHES:
        if environment.get(name, default_cache_dir()) == default_cache_dir():  # torch sets its own there, too
            environment[name] = str(cache / name.split("_")[0].lower())
    network.compile_repeated_blocks()


def reason_of(error: BaseException) -> str:
    """Returns the reason for a failure of the compiler, "" for other errors."""
    module = sys.modules.get("torch._dynamo.exc")
    if module is None or not isinstance(error, module.TorchDynamoException):
        return ""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), tr("it gave no reason"))
