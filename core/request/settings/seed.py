"""The start of the random numbers; None for another start each time."""

from __future__ import annotations

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import whole_of
from core.request.request import LARGEST_SEED, GenerationRequest, Limits
from core.request.setting import Option, Setting, json_reader, json_writer, number_taker
from core.request.typed_values import typed_whole_number

RANDOM_SEEDS = 2**32
"""Seeds that are drawn are below this, so that other programs can take them, too."""

_SEEDS = range(LARGEST_SEED + 1)


def _check(request: GenerationRequest, _limits: Limits) -> None:
    if request.seed is not None and request.seed not in _SEEDS:
        raise InvalidRequest(
            "seed", request.seed, tr("a whole number from 0 to {largest_seed}", largest_seed=LARGEST_SEED)
        )


SEED: Setting[int | None] = Setting(
    name="seed",
    noun=mark("seed"),
    words=lambda seed: "random" if seed is None else str(seed),
    from_json=json_reader("seed", lambda value: None if value is None else whole_of(value, "seed", _SEEDS)),
    to_json=json_writer("seed"),
    check=_check,
    fit=lambda seed, _limits, _own: seed if seed is not None and seed in _SEEDS else None,
    options=(
        Option(
            "--seed",
            "N",
            tr("start of the random numbers; it makes a picture repeatable (default: any)"),
            lambda text, _: typed_whole_number("seed", text, _SEEDS),
            numbers="whole",
        ),
    ),
    to_parameters=lambda seed: {} if seed is None else {"Seed": seed},
    take_parameters=number_taker("Seed", "seed", _SEEDS, is_clamped=False),
    is_shown=lambda seed: seed is not None,
    can_branch=False,
)
