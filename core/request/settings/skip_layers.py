"""The strength of skip-layer guidance: away from what the network makes of the prompt without some of its layers.

It adds structure to pictures of Stable Diffusion 3.5 medium (its makers' ``sd3_infer.py``; diffusers'
``skip_layer_guidance_scale``, ComfyUI's node ``SkipLayerGuidanceSD3``), at the cost of a third prediction in the
first fifth of the steps. 0 is off.
"""

from __future__ import annotations

from core.language.words import mark, tr
from core.request.json_values import number_of
from core.request.setting import (
    OWN,
    Option,
    Setting,
    json_reader,
    number_taker,
    scale_check,
    scale_fit,
    short_number,
    sparse_json_writer,
)
from core.request.typed_values import typed_number

KEY = "Skip layer guidance"
LARGEST = 10.0


SKIP_LAYERS: Setting[float] = Setting(
    name="skip_layers",
    noun=mark("skip-layer guidance"),
    words=lambda scale: f"{scale:g}",
    from_json=json_reader("skip_layers", lambda value: number_of(value, "skip_layers", LARGEST)),
    to_json=sparse_json_writer("skip_layers", lambda scale: scale),
    check=scale_check("skip_layers", "skip-layer guidance", LARGEST),
    fit=scale_fit(LARGEST),
    options=(
        Option(
            "--skip-layers",
            "SCALE",
            tr(
                "how strongly to move away from a prediction without some layers, for Stable Diffusion 3, "
                "0 to {largest:g}; 0 is off {own}",
                largest=LARGEST,
                own=OWN,
            ),
            lambda text, _: typed_number("skip-layer guidance", text, LARGEST),
            numbers="any",
        ),
    ),
    to_parameters=lambda scale: {KEY: short_number(scale)} if scale else {},
    take_parameters=number_taker(KEY, "skip_layers", (0.0, LARGEST)),
    is_of_model=True,
    is_optional=True,
)
