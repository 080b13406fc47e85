"""The samplers on offer, as a table over diffusers' schedulers; light, so that the window can list them at once.

A sampler is added by one line here; `core.schedulers.build` turns it into a scheduler that keeps the
checkpoint's own prediction type and timestep spacing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Space = Literal["vp", "ve"]


@dataclass(frozen=True, slots=True)
class Sampler:
    """One way to walk from noise to picture.

    Attributes:
        label: the name that users know, also written into recipes that other programs read.
        schedule_label: AUTOMATIC1111's *Schedule type*, or None for its default.
        scheduler: class name in diffusers.
        options: what is set on top of the checkpoint's own configuration.
        space: how the scheduler scales its latents. ``vp`` (variance preserving): x = alpha x0 + sigma eps with
            alpha² + sigma² = 1. ``ve`` (variance exploding, Karras et al. 2022): x = x0 + sigma eps.
        about: one sentence for the tooltip.
        most_steps: where the scheduler's own training fixes a limit.
    """

    label: str
    scheduler: str
    about: str
    space: Space = "vp"
    schedule_label: str | None = None
    options: MappingProxyType[str, object] = field(default_factory=lambda: MappingProxyType({}))
    most_steps: int | None = None

    @property
    def name(self) -> str:
        """The whole name, with the schedule: ``DPM++ 2M Karras``."""
        return f"{self.label} {self.schedule_label}" if self.schedule_label else self.label


def _with(**options: object) -> MappingProxyType[str, object]:
    return MappingProxyType(options)


SAMPLERS: MappingProxyType[str, Sampler] = MappingProxyType(
    {
        "ddpm": Sampler("DDPM", "DDPMScheduler", "The original: fresh noise at every step; wants many steps."),
        "ddim": Sampler("DDIM", "DDIMScheduler", "Deterministic and plain; a good one to watch."),
        "lms": Sampler("LMS", "LMSDiscreteScheduler", "Linear multistep: reuses up to four earlier steps.", "ve"),
        "pndm": Sampler(
            "PLMS", "PNDMScheduler", "Pseudo linear multistep; the original default of Stable Diffusion 1."
        ),
        "euler": Sampler("Euler", "EulerDiscreteScheduler", "The simplest solver; fast and steady.", "ve"),
        "euler_a": Sampler(
            "Euler a",
            "EulerAncestralDiscreteScheduler",
            "Euler with fresh noise at every step: never settles, full of variety.",
            "ve",
        ),
        "heun": Sampler(
            "Heun", "HeunDiscreteScheduler", "Second order: two network calls a step, more exact.", "ve"
        ),
        "dpm2": Sampler(
            "DPM2", "KDPM2DiscreteScheduler", "Second order with a midpoint: two network calls a step.", "ve"
        ),
        "dpm2_a": Sampler(
            "DPM2 a",
            "KDPM2AncestralDiscreteScheduler",
            "DPM2 with fresh noise at every step: two network calls a step.",
            "ve",
        ),
        "dpmpp_2m": Sampler(
            "DPM++ 2M", "DPMSolverMultistepScheduler", "Good pictures in few steps; a safe choice."
        ),
        "dpmpp_2m_karras": Sampler(
            "DPM++ 2M",
            "DPMSolverMultistepScheduler",
            "DPM++ 2M with the schedule of Karras et al.: more steps where details are made.",
            schedule_label="Karras",
            options=_with(use_karras_sigmas=True),
        ),
        "dpmpp_2m_sde": Sampler(
            "DPM++ 2M SDE",
            "DPMSolverMultistepScheduler",
            "DPM++ 2M with fresh noise at every step.",
            options=_with(algorithm_type="sde-dpmsolver++"),
        ),
        "dpmpp_2m_sde_karras": Sampler(
            "DPM++ 2M SDE",
            "DPMSolverMultistepScheduler",
            "DPM++ 2M SDE with the schedule of Karras et al.",
            schedule_label="Karras",
            options=_with(algorithm_type="sde-dpmsolver++", use_karras_sigmas=True),
        ),
        "deis": Sampler("DEIS", "DEISMultistepScheduler", "Exponential integrator; good with few steps."),
        "unipc": Sampler("UniPC", "UniPCMultistepScheduler", "Predictor and corrector; good with few steps."),
        "lcm": Sampler(
            "LCM",
            "LCMScheduler",
            "For models distilled to work in one to eight steps.",
            options=_with(original_inference_steps=50),
            most_steps=50,
        ),
        "tcd": Sampler(
            "TCD",
            "TCDScheduler",
            "For consistency-distilled models; one to eight steps.",
            options=_with(original_inference_steps=50),
            most_steps=50,
        ),
    }
)
