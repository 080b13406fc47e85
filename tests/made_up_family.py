"""A family that no one has trained, known by this one light file; `tests.made_up_twin` loads it.

The tests register it beside the real ones, so that it takes part in every test over ``FAMILIES``. It differs from
all of them: a flow whose shift depends on the size of the picture, no guidance, no LoRAs, latents of its own.
"""

from __future__ import annotations

from core.families.spec import DefaultSettings, FamilySpec, LatentLayout, Variant
from core.request.samplers import FLOW_SAMPLERS

SPEC = FamilySpec(
    key="made_up",
    name="Made-up",
    engine="tests.made_up_twin",
    pipelines=("MadeUpPipeline",),
    network="transformer",
    latents=LatentLayout(8, 0.7, patch=2),
    native_px=128,
    samplers=FLOW_SAMPLERS,
    guidance="none",
    has_attention_words=False,
    defaults=DefaultSettings("heun", 12, 1.0),
    variants=(Variant(DefaultSettings("euler", 3, 1.0), "schnell"),),
    step_values=2_000,
    transformers_parts=("clip",),
    diffusers_pipelines=(),
)
