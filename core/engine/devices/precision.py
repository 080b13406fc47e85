"""The precision that suits a device: the fastest in which its arithmetic gives numbers."""

import re

import torch
from diffusers.utils import torch_utils

from core.language.words import tr

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

AMPERE = 8
"""The first compute capability of NVIDIA's with bfloat16; torch imitates it on older ones, slowly."""

NO_FLOAT16 = re.compile(r"GTX 16\d\d|T(400|500|550|600|1000|1200|2000)\b|MX[45]50|CMP 30HX")
"""NVIDIA's GPUs with a float16 that gives NaN, those with the chips TU116 and TU117: ComfyUI's
``nvidia_16_series``, and the T400, which it lacks."""

NO_BFLOAT16 = ("gfx8", "gfx900", "gfx902", "gfx904", "gfx906", "gfx909", "gfx90c", "gfx101", "gfx103")
"""AMD's architectures up to RDNA2, without fast bfloat16: ComfyUI's ``AMD_RDNA2_AND_OLDER_ARCH``, and their
integrated siblings."""

HALF = tr("half the memory of float32, on every GPU of this kind")


def best_dtype(device: torch.device) -> tuple[torch.dtype, str]:
    """Returns the precision for most models, and the reason for it."""
    match device.type:
        case "cuda" if has_bfloat16(device):
            return torch.bfloat16, tr("this GPU computes in bfloat16")
        case "cuda" if NO_FLOAT16.search(torch.cuda.get_device_properties(device).name):
            return torch.float32, tr("this GPU computes wrongly in float16")
        case "cuda" | "mps" | "xpu":
            return torch.float16, HALF
        case _:
            if has_bfloat16(device):
                return torch.bfloat16, tr("this processor has instructions for bfloat16, twice as fast as float32")
            return torch.float32, tr("this processor has no instructions for 16-bit numbers")


def has_bfloat16(device: torch.device) -> bool:
    """Asks this device and not the first one, as torch's own question does; imitations do not count."""
    match device.type:
        case "cuda" if torch.version.hip:
            return not torch.cuda.get_device_properties(device).gcnArchName.startswith(NO_BFLOAT16)
        case "cuda":
            return torch.cuda.get_device_properties(device).major >= AMPERE
        case "mps":
            return torch.backends.mps.is_macos_or_newer(14, 0)
        case "xpu":
            return True
        case _:
            capabilities = torch.cpu.get_capabilities()
            return any(capabilities.get(key) for key in ("avx512_bf16", "amx_bf16", "arm_bf16"))


def spare_float64(device: torch.device) -> None:
    """Has diffusers compute positions in float32 on an Intel GPU without float64, as it does on Apple's.

    Those are Arc A and older ones, on which FLUX's ``get_1d_rotary_pos_embed`` would fail.
    """
    if not torch.xpu.get_device_properties(device).has_fp64:
        lacking = torch_utils._DTYPE_UNSUPPORTED_DEVICES  # pyright: ignore[reportPrivateUsage]
        lacking[torch.float64] |= {device.type}
