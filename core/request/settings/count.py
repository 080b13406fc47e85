"""The number of pictures, made with seeds that count up."""

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import whole_of
from core.request.request import COUNT as ALLOWED
from core.request.request import GenerationRequest, Limits
from core.request.setting import Option, Setting, clamped, json_reader, json_writer
from core.request.typed_values import typed_whole_number


def _check(request: GenerationRequest, _limits: Limits) -> None:
    if request.count not in ALLOWED:
        raise InvalidRequest(
            "count",
            request.count,
            tr("a whole number from {least} to {most}", least=ALLOWED[0], most=ALLOWED[-1]),
        )


COUNT: Setting[int] = Setting(
    name="count",
    noun=mark("number of pictures"),
    from_json=json_reader("count", lambda value: whole_of(value, "count", ALLOWED)),
    to_json=json_writer("count"),
    check=_check,
    fit=clamped(ALLOWED),
    options=(
        Option(
            "--count",
            "N",
            tr("number of pictures; their seeds count up from --seed (default: 1)"),
            lambda text, _: typed_whole_number("count", text, ALLOWED),
        ),
    ),
    is_of_picture=False,
    can_branch=False,
)
