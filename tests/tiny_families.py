"""A tiny model of each family, in one table that every test over the families goes by.

A family without a line here fails `tests.core.families.test_families`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.models.catalogue import Model
from core.request.request import GenerationRequest, Size
from tests import made_up_twin, original_flows, original_names, tiny, tiny_flows, tiny_qwen

SECOND = 64
"""Width of the second text encoder of SDXL: diffusers tells the two apart by it."""


@dataclass(frozen=True, slots=True)
class TinyModel:
    """One kind of checkpoint.

    Attributes:
        family: key in `core.families.FAMILIES`.
        make: saves a diffusers folder with random weights and returns it.
        write: makes a single file of such a folder; None for a family that has none.
        has_layout: the file brings all parts, so that it needs configurations in ``resources/families`` only.
    """

    family: str
    make: Callable[[Path], Path]
    write: Callable[..., Path] | None = None
    has_layout: bool = True


TINY_MODELS: Mapping[str, TinyModel] = {
    "stable_diffusion_1": TinyModel("stable_diffusion", tiny.stable_diffusion, original_names.stable_diffusion_1),
    "stable_diffusion_2": TinyModel(
        "stable_diffusion",
        partial(tiny.stable_diffusion, prediction_type="v_prediction", use_linear_projection=True),
        original_names.stable_diffusion_2,
    ),
    "stable_diffusion_xl": TinyModel(
        "stable_diffusion_xl",
        partial(tiny.stable_diffusion_xl, second=SECOND),
        original_names.stable_diffusion_xl,
    ),
    "stable_diffusion_3": TinyModel(
        "stable_diffusion_3", tiny_flows.stable_diffusion_3, original_flows.stable_diffusion_3, has_layout=False
    ),
    "stable_diffusion_3_large": TinyModel(
        "stable_diffusion_3", partial(tiny_flows.stable_diffusion_3, is_medium=False, has_t5=False)
    ),
    "z_image": TinyModel("z_image", partial(tiny.z_image, shift=6.0), original_names.z_image, has_layout=False),
    "flux2_klein": TinyModel(
        "flux2_klein", partial(tiny_flows.flux2_klein, is_distilled=True), original_flows.flux2, has_layout=False
    ),
    "flux2_klein_base": TinyModel("flux2_klein", tiny_flows.flux2_klein),
    "qwen_image": TinyModel("qwen_image", tiny_qwen.qwen_image, original_flows.as_it_is, has_layout=False),
    "qwen_image_edit": TinyModel(
        "qwen_image", partial(tiny_qwen.qwen_image, pipeline="QwenImageEditPlusPipeline", zero_cond_t=True)
    ),
    "flux1": TinyModel("flux1", tiny_flows.flux1, original_flows.flux1, has_layout=False),
    "flux1_schnell": TinyModel("flux1", partial(tiny_flows.flux1, is_guided=False)),
    "chroma": TinyModel("chroma", tiny_flows.chroma, original_flows.chroma, has_layout=False),
    "krea2": TinyModel("krea2", tiny_qwen.krea2, original_flows.krea2, has_layout=False),
    "made_up": TinyModel("made_up", made_up_twin.make),
}
SINGLE_FILES = tuple(name for name, one in TINY_MODELS.items() if one.write is not None)


def smallest_request(model: Model, steps: int = 4) -> GenerationRequest:
    """Returns a request for the smallest picture that the model makes, with its own sampler."""
    size, sampler = Size(*[model.limits.snap(32)] * 2), model.defaults.sampler
    return GenerationRequest(
        "a red house",
        negative_prompt="fog",
        model=model.key,
        size=size,
        sampler=sampler,
        steps=steps,
        guidance_scale=3.0,
        seed=7,
    )
