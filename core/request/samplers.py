"""The samplers on offer, as a table over diffusers' schedulers; light, so that the window can list them at once.

A sampler is added by one line here; `core.engine.sampling.schedulers.build` turns it into a scheduler that keeps
the checkpoint's own prediction type and timestep spacing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from core.language.words import tr

Space = Literal["vp", "ve", "flow"]


@dataclass(frozen=True, slots=True)
class Flow:
    """A sampler's form for flow-matching models: diffusers' scheduler, and its further options."""

    scheduler: str
    options: MappingProxyType[str, object] = field(default_factory=lambda: MappingProxyType({}))


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
            Flow-matching models are always in ``flow`` (Lipman et al. 2023): x = (1 - s) x0 + s eps.
        flow: the same method for flow-matching models, or None if there is none.
        about: one sentence for the tooltip.
        aliases: other programs' names beside key and label, see `core.request.sampler_names`.
        automatic: the schedule that AUTOMATIC1111's program takes for this label where it says *Automatic*, ""
            for its plain one (``modules/sd_samplers_kdiffusion.py`` there).
        calls_per_step: of the network; 2 for second-order samplers, of which the last step may make one.
        most_steps: where the scheduler's own training fixes a limit.
        sigmas: the range of noise levels that Karras' sigmas are spread over, within that of the model's training.
    """

    label: str
    scheduler: str
    about: str
    space: Space = "vp"
    schedule_label: str | None = None
    options: MappingProxyType[str, object] = field(default_factory=lambda: MappingProxyType({}))
    aliases: tuple[str, ...] = ()
    automatic: str = ""
    calls_per_step: int = 1
    most_steps: int | None = None
    sigmas: tuple[float, float] | None = None
    flow: Flow | None = None

    @property
    def schedulers(self) -> tuple[str, ...]:
        """Returns all schedulers of diffusers that it may stand for."""
        return (self.scheduler,) if self.flow is None else (self.scheduler, self.flow.scheduler)

    @property
    def name(self) -> str:
        """Returns the whole name, with the schedule: ``DPM++ 2M Karras``."""
        return f"{self.label} {self.schedule_label}" if self.schedule_label else self.label


def _with(**options: object) -> MappingProxyType[str, object]:
    return MappingProxyType(options)


_FLOW_SIGMAS = _with(use_flow_sigmas=True, prediction_type="flow_prediction")

SAMPLERS: MappingProxyType[str, Sampler] = MappingProxyType(
    {
        "ddpm": Sampler("DDPM", "DDPMScheduler", tr("The original: fresh noise at every step; wants many steps.")),
        "ddim": Sampler("DDIM", "DDIMScheduler", tr("Deterministic and plain; a good one to watch.")),
        "lms": Sampler(
            "LMS", "LMSDiscreteScheduler", tr("Linear multistep: reuses up to four earlier steps."), "ve"
        ),
        "pndm": Sampler(
            "PLMS",
            "PNDMScheduler",
            tr("Pseudo linear multistep; the original default of Stable Diffusion 1."),
            aliases=("pndm",),
        ),
        "euler": Sampler(
            "Euler",
            "EulerDiscreteScheduler",
            tr("The simplest solver; fast and steady."),
            "ve",
            flow=Flow("FlowMatchEulerDiscreteScheduler"),
        ),
        "euler_a": Sampler(
            "Euler a",
            "EulerAncestralDiscreteScheduler",
            tr("Euler with fresh noise at every step: never settles, full of variety."),
            "ve",
            aliases=("eulerancestral",),
        ),
        "heun": Sampler(
            "Heun",
            "HeunDiscreteScheduler",
            tr("Second order: two network calls a step, more exact."),
            "ve",
            calls_per_step=2,
            flow=Flow("FlowMatchHeunDiscreteScheduler"),
        ),
        "dpm2": Sampler(
            "DPM2",
            "KDPM2DiscreteScheduler",
            tr("Second order with a midpoint: two network calls a step."),
            "ve",
            calls_per_step=2,
            automatic="Karras",
        ),
        "dpm2_a": Sampler(
            "DPM2 a",
            "KDPM2AncestralDiscreteScheduler",
            tr("DPM2 with fresh noise at every step: two network calls a step."),
            "ve",
            calls_per_step=2,
            aliases=("dpm2ancestral",),
            automatic="Karras",
        ),
        "dpmpp_2m": Sampler(
            "DPM++ 2M",
            "DPMSolverMultistepScheduler",
            tr("Good pictures in few steps; a safe choice."),
            flow=Flow("DPMSolverMultistepScheduler", _FLOW_SIGMAS),
            automatic="Karras",
        ),
        "dpmpp_2m_karras": Sampler(
            "DPM++ 2M",
            "DPMSolverMultistepScheduler",
            tr("DPM++ 2M with the schedule of Karras et al.: more steps where details are made."),
            schedule_label="Karras",
            options=_with(use_karras_sigmas=True),
        ),
        "dpmpp_2m_even": Sampler(
            "DPM++ 2M",
            "DPMSolverMultistepScheduler",
            tr("DPM++ 2M without the noise levels at which little happens: every step changes the picture."),
            schedule_label="Even",
            options=_with(use_karras_sigmas=True),
            sigmas=(0.5, 70.0),
        ),
        "dpmpp_2m_sde": Sampler(
            "DPM++ 2M SDE",
            "DPMSolverMultistepScheduler",
            tr("DPM++ 2M with fresh noise at every step."),
            options=_with(algorithm_type="sde-dpmsolver++"),
            flow=Flow("DPMSolverMultistepScheduler", _with(algorithm_type="sde-dpmsolver++", **_FLOW_SIGMAS)),
            automatic="Exponential",
        ),
        "dpmpp_2m_sde_karras": Sampler(
            "DPM++ 2M SDE",
            "DPMSolverMultistepScheduler",
            tr("DPM++ 2M SDE with the schedule of Karras et al."),
            schedule_label="Karras",
            options=_with(algorithm_type="sde-dpmsolver++", use_karras_sigmas=True),
        ),
        "deis": Sampler("DEIS", "DEISMultistepScheduler", tr("Exponential integrator; good with few steps.")),
        "unipc": Sampler(
            "UniPC",
            "UniPCMultistepScheduler",
            tr("Predictor and corrector; good with few steps."),
            flow=Flow("UniPCMultistepScheduler", _FLOW_SIGMAS),
        ),
        "lcm": Sampler(
            "LCM",
            "LCMScheduler",
            tr("For models distilled to work in one to eight steps."),
            options=_with(original_inference_steps=50),
            most_steps=50,
            flow=Flow("FlowMatchEulerDiscreteScheduler", _with(stochastic_sampling=True)),
        ),
        "tcd": Sampler(
            "TCD",
            "TCDScheduler",
            tr("For consistency-distilled models; one to eight steps."),
            options=_with(original_inference_steps=50),
            most_steps=50,
        ),
    }
)

FLOW_SAMPLERS = tuple(key for key, sampler in SAMPLERS.items() if sampler.flow is not None)
"""The samplers that fit flow-matching models."""

WITH_TERMINAL = ("euler", "unipc", "lcm")
"""Samplers whose schedulers for a flow end at ``shift_terminal``, as Qwen-Image is to be sampled."""
