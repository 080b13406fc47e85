"""Finds the sampler that another program's name means: one table for all programs and formats.

Names are compared without separators, case and what programs put around them: ``k_euler_ancestral``,
``sample_euler_ancestral``, ``EulerAncestralDiscreteScheduler`` and ``Euler a`` are one.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from core.request.samplers import SAMPLERS

PLAIN = "Uniform"
"""AUTOMATIC1111's word for the schedule of a sampler without another one; its *Automatic* means several."""
AUTOMATIC = "automatic"
KARRAS = "karras"
_PLAIN = frozenset({"", "normal", "uniform", "default", "discrete", "native", "none"})


def _core(name: str) -> str:
    """A name without separators, case and the parts that say nothing."""
    core = re.sub(r"[^a-z0-9+]", "", name.lower().replace("dpmpp", "dpm++").removeprefix("sample_"))
    if re.match(r"k_|k-|kdpm|kdiffusion", name.lower()):
        core = core.removeprefix("kdiffusion").removeprefix("k")
    for ending in ("multistepscheduler", "discretescheduler", "scheduler", "gpu"):
        core = core.removesuffix(ending)
    return core


_KEYS = MappingProxyType(
    {
        _core(name): key
        for key, sampler in SAMPLERS.items()
        if sampler.schedule_label is None
        for name in (key, sampler.label, *sampler.aliases)
    }
)
_WITH_SCHEDULE = MappingProxyType(
    {
        (_core(sampler.label), sampler.schedule_label.lower()): key
        for key, sampler in SAMPLERS.items()
        if sampler.schedule_label is not None
    }
)


def sampler_key(name: str, schedule: str = "") -> str | None:
    """Our sampler that does the same, or None."""
    core, schedule = _core(name), re.sub(r"[^a-z0-9]", "", schedule.lower())
    if name.lower().endswith("_k"):  # InvokeAI
        core, schedule = core[:-1], KARRAS
    elif core.endswith(KARRAS):  # before version 1.9 of AUTOMATIC1111's program
        core, schedule = core.removesuffix(KARRAS), KARRAS
    key = _KEYS.get(core)
    if key is None:
        return None
    if schedule == AUTOMATIC:
        schedule = SAMPLERS[key].automatic.lower()
    if schedule in _PLAIN or schedule == f"{key}uniform" == "ddimuniform":
        return key
    return _WITH_SCHEDULE.get((_core(SAMPLERS[key].label), schedule))
