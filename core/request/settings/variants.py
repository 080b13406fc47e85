"""The switch for prompts that are drawn by the seed, see `core.prompt.template`.

Recipes have it only for requests whose pictures are still to be made: a picture's prompt has been drawn.
"""

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.setting import Option, Setting, sparse_json_writer

_WORDS = {"on": True, "off": False}


def _typed(text: str, _before: bool) -> bool:
    if text not in _WORDS:
        raise InvalidRequest("variants", text, tr("on or off"))
    return _WORDS[text]


VARIANTS: Setting[bool] = Setting(
    name="variants",
    noun=mark("variants"),
    words=lambda is_on: tr("on") if is_on else tr("off"),
    from_json=lambda content: content.get("variants") is True,
    to_json=sparse_json_writer("variants", bool),
    options=(
        Option(
            "--variants",
            "on|off",
            tr("draw {red|blue} and __wildcards__ in the prompts by the seed (default: on); off: they are text"),
            _typed,
        ),
    ),
    is_shown=lambda _is_on: False,
    is_of_picture=False,
    can_branch=False,
    can_be_used=False,
)
