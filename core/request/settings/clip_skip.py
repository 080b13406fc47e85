"""The layer of CLIP's text encoders that the prompt is read from, counted from the end.

The numbers are those of AUTOMATIC1111's recipes, ``Clip skip: 2``, of Forge and ComfyUI: 1 is the last layer, 2
the one before. Stable Diffusion XL was trained with 2, so 1 and 2 are the same there (``minimal_clip_skip`` of
Forge). diffusers counts from the trained layer, from 0, and like here leaves the negative prompt at that layer.
"""

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import whole_of
from core.request.request import CLIP_LAYERS as LAYERS
from core.request.request import GenerationRequest, Limits
from core.request.setting import Option, Setting, clamped, json_reader, number_taker, sparse_json_writer
from core.request.typed_values import typed_whole_number


def _check(request: GenerationRequest, _limits: Limits) -> None:
    if request.clip_skip not in LAYERS:
        raise InvalidRequest(
            "clip skip",
            request.clip_skip,
            tr("a whole number from {least} to {most}", least=LAYERS[0], most=LAYERS[-1]),
        )


CLIP_SKIP: Setting[int] = Setting(
    name="clip_skip",
    rebuilds=1,
    noun=mark("clip skip"),
    from_json=json_reader("clip_skip", lambda value: whole_of(value, "clip_skip", LAYERS)),
    to_json=sparse_json_writer("clip_skip", lambda layer: layer),
    check=_check,
    fit=clamped(LAYERS),
    options=(
        Option(
            "--clip-skip",
            "N",
            tr(
                "read the prompt from the N-th of CLIP's last layers, as other programs count them (default: "
                "1, off)"
            ),
            lambda text, _: typed_whole_number("clip skip", text, LAYERS),
            numbers="whole",
        ),
    ),
    to_parameters=lambda layer: {} if layer == 1 else {"Clip skip": layer},
    take_parameters=number_taker("Clip skip", "clip_skip", LAYERS),
    is_shown=lambda layer: layer > 1,
    is_optional=True,
    facet=lambda layer: (str(layer),) if layer > 1 else (),
)
