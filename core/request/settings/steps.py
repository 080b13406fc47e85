"""The number of the sampler's steps."""

from __future__ import annotations

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import whole_of
from core.request.request import STEPS as ALLOWED
from core.request.request import GenerationRequest, Limits
from core.request.samplers import SAMPLERS
from core.request.setting import OWN, Option, Setting, clamped, json_reader, json_writer, number_taker
from core.request.typed_values import typed_whole_number


def _check(request: GenerationRequest, _limits: Limits) -> None:
    most = SAMPLERS[request.sampler].most_steps or ALLOWED[-1]
    if not ALLOWED[0] <= request.steps <= most:
        with_sampler = tr(" with the sampler {sampler}", sampler=request.sampler) if most < ALLOWED[-1] else ""
        raise InvalidRequest(
            "steps",
            request.steps,
            tr(
                "a whole number from {least} to {most}{with_sampler}",
                least=ALLOWED[0],
                most=most,
                with_sampler=with_sampler,
            ),
        )


STEPS: Setting[int] = Setting(
    name="steps",
    noun=mark("steps"),
    card=tr("{} steps"),
    from_json=json_reader("steps", lambda value: whole_of(value, "steps", ALLOWED)),
    to_json=json_writer("steps"),
    check=_check,
    fit=clamped(ALLOWED),
    options=(
        Option(
            "--steps",
            "N",
            tr("sampler steps, {least} to {most} {own}", least=ALLOWED[0], most=ALLOWED[-1], own=OWN),
            lambda text, _: typed_whole_number("steps", text, ALLOWED),
            numbers="whole",
        ),
    ),
    to_parameters=lambda steps: {"Steps": steps},
    take_parameters=number_taker("Steps", "steps", ALLOWED),
    is_of_model=True,
    can_branch=False,  # a branch counts the steps that remain
)
