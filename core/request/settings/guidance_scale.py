"""The strength of the prompt (Ho & Salimans 2022)."""

from __future__ import annotations

from core.language.words import mark, tr
from core.request.json_values import number_of
from core.request.request import LARGEST_GUIDANCE_SCALE as LARGEST
from core.request.setting import (
    OWN,
    Option,
    Setting,
    json_reader,
    json_writer,
    number_taker,
    scale_check,
    scale_fit,
    short_number,
)
from core.request.typed_values import typed_number

GUIDANCE_SCALE: Setting[float] = Setting(
    name="guidance_scale",
    noun=mark("guidance scale"),
    words=lambda scale: f"{scale:g}",
    card=tr("guidance {}"),
    from_json=json_reader("guidance_scale", lambda value: number_of(value, "guidance_scale", LARGEST)),
    to_json=json_writer("guidance_scale"),
    check=scale_check("guidance_scale", "guidance", LARGEST),
    fit=scale_fit(LARGEST),
    options=(
        Option(
            "--guidance",
            "SCALE",
            tr(
                "how strongly the prompt pulls, 0 to {largest:g}; at 1 and below it is off {own}",
                largest=LARGEST,
                own=OWN,
            ),
            lambda text, _: typed_number("guidance", text, LARGEST),
            numbers="any",
        ),
    ),
    to_parameters=lambda scale: {"CFG scale": short_number(scale)},
    take_parameters=number_taker("CFG scale", "guidance_scale", (0.0, LARGEST)),
    is_shown=lambda _scale: True,
    is_of_model=True,
)
