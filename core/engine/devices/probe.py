"""Tries a GPU before it is chosen: a driver may be too old or busy, and torch may lack code for the GPU."""

import re
import warnings
from typing import Any

import torch
from torch.nn import functional

from core.engine.devices.precision import best_dtype
from core.language.words import tr

SIDE = 64

MATH = 0
"""The number of ``SDPBackend.MATH``, which is no fused kernel."""


def is_available(module: Any) -> tuple[bool, str]:
    """Asks one of torch's modules for a kind of device whether there is one.

    Returns the driver's own reason too, which torch tells by a warning only, or "".
    """
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        is_there = bool(module.is_available())
    reasons = [first_sentence(str(warning.message)) for warning in told]
    return is_there, "" if is_there else "; ".join(reasons)


@torch.inference_mode()
def failure_of(device: torch.device) -> str:
    """Computes a little of all that networks are made of; returns "" or the reason why that does not work."""
    try:
        if reason := _missing_code(device):
            return reason
        dtype, _ = best_dtype(device)
        x = torch.ones((1, 1, SIDE, SIDE), device=device, dtype=dtype)
        weight = torch.full((1, 1, 3, 3), 1 / 9, device=device, dtype=dtype)
        x = functional.conv2d(x @ x / SIDE, weight, padding=1)
        x = functional.scaled_dot_product_attention(x, x, x)
        if not x.float().cpu().isfinite().all():
            return tr("it computes values that are not numbers")
    except (RuntimeError, AssertionError) as error:  # of the driver, and of a torch without this kind of device
        return first_sentence(str(error))
    return ""


def is_fused(device: torch.device, dtype: torch.dtype, width: int = SIDE) -> bool:
    """Asks torch whether it has a kernel for heads of attention of a width that never holds all scores."""
    if device.type in ("cpu", "mps"):
        return device.type == "cpu"
    one = torch.empty((1, 1, SIDE, width), device=device, dtype=dtype)
    return torch._fused_sdp_choice(one, one, one) != MATH  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]


def first_sentence(text: str) -> str:
    """Returns torch's words without its advice for programmers and the places in its code."""
    return re.sub(r"\s*\(Triggered internally.*", "", text.strip().split("\n")[0]).rstrip(". ")


_GENERIC = {
    "gfx9-generic": ("gfx900", "gfx902", "gfx904", "gfx906", "gfx909", "gfx90c"),
    "gfx9-4-generic": ("gfx94", "gfx95"),
    "gfx10-1-generic": ("gfx101",),
    "gfx10-3-generic": ("gfx103",),
    "gfx11-generic": ("gfx11",),
    "gfx12-generic": ("gfx12",),
}
"""AMD's architectures whose code runs on others, and how those begin (LLVM, "User Guide for AMDGPU Backend")."""


def _missing_code(device: torch.device) -> str:
    """NVIDIA's code runs on GPUs of the same major capability and no lower minor one; PTX on all later ones.

    AMD's runs on the very architecture, or on those of a generic one ("gfx11-generic"). Asked for another one,
    rocBLAS ends the process instead of telling (rocBLAS issue 1339).
    """
    if device.type != "cuda":
        return ""
    properties = torch.cuda.get_device_properties(device)
    if torch.version.hip:
        own, *there = (one.partition(":")[0] for one in (properties.gcnArchName, *torch.cuda.get_arch_list()))
        if not there or own in there or any(own.startswith(_GENERIC.get(one, ())) for one in there):
            return ""
        known = ", ".join(there)
        return tr(
            "this build of torch has no code for its architecture {own}, only for {known}", own=own, known=known
        )
    own = properties.major, properties.minor
    built = [_parsed(architecture) for architecture in torch.cuda.get_arch_list()]
    for kind, major, minor in built:
        if (kind == "sm" and major == own[0] and minor <= own[1]) or (kind == "compute" and (major, minor) <= own):
            return ""
    known = ", ".join(f"{major}.{minor}" for major, minor in sorted({(major, minor) for _, major, minor in built}))
    return tr(
        "this build of torch has no code for its compute capability {own}.{own_2}, only for {known}",
        own=own[0],
        own_2=own[1],
        known=known,
    )


def _parsed(architecture: str) -> tuple[str, int, int]:
    """``sm_90a`` -> ``("sm", 9, 0)``."""
    kind, _, number = architecture.partition("_")
    digits = re.sub(r"\D", "", number)
    return kind, int(digits[:-1]), int(digits[-1])
