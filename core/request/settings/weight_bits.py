"""The number of bits that the weights of text encoders and network are packed into."""

from __future__ import annotations

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import whole_of
from core.request.request import WEIGHT_BITS as ALLOWED
from core.request.request import GenerationRequest, Limits
from core.request.setting import Option, Setting, json_reader, number_taker, sparse_json_writer
from core.request.typed_values import typed_whole_number


def _check(request: GenerationRequest, _limits: Limits) -> None:
    if request.weight_bits not in (None, *ALLOWED):
        raise InvalidRequest("quantise", request.weight_bits, tr("8 or 4"))


def _read(value: object) -> int | None:
    """Of other numbers the nearest one that there is."""
    if value is None:
        return None
    bits = whole_of(value, "weight_bits", range(1, 33))
    return min(ALLOWED, key=lambda known: abs(known - bits)) if bits < 16 else None


WEIGHT_BITS: Setting[int | None] = Setting(
    name="weight_bits",
    rebuilds=3,
    noun=mark("weights"),
    words=lambda bits: tr("as they come") if bits is None else tr("{bits} bit", bits=bits),
    card=tr("Weights in {}"),
    from_json=json_reader("weight_bits", _read),
    to_json=sparse_json_writer("weight_bits", lambda bits: bits),
    check=_check,
    options=(
        Option(
            "--quantise",
            "BITS",
            tr("pack the model's weights into 8 or 4 bits: less memory, and another picture (default: not)"),
            lambda text, _: typed_whole_number("quantise", text, range(1, 33)),
            numbers="whole",
        ),
    ),
    to_parameters=lambda bits: {} if bits is None else {"Weight bits": bits},
    take_parameters=number_taker("Weight bits", "weight_bits", range(1, 33)),
)
