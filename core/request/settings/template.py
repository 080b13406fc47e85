"""The template that a picture's prompt was drawn from.

In the ``parameters`` text it stands on a line of its own below the settings, ``Template: a {red|blue} house``, as
sd-dynamic-prompts writes it (``pnginfo_saver.py`` there); that writes one for prompts without variants, too.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.language.words import mark, tr
from core.request.json_values import text_of
from core.request.setting import Setting, Taker, json_reader, sparse_json_writer

KEYS: Mapping[str, str] = MappingProxyType({"template": "Template", "negative_template": "Negative Template"})
_DRAWS = re.compile(r"[{]|__")


def template_setting(name: str, noun: str, card: str) -> Setting[str]:
    """Returns the setting for one of the two templates."""
    return Setting(
        name=name,
        noun=noun,
        card=card,
        from_json=json_reader(name, lambda value: text_of(value, name)),
        to_json=sparse_json_writer(name, str),
        take_parameters=_taker(name),
        is_prose=True,
        can_branch=False,
    )


def _taker(name: str) -> Taker:
    def take(told: dict[str, str], content: dict[str, Any]) -> None:
        if _DRAWS.search(told.get(KEYS[name], "")):
            content[name] = told.pop(KEYS[name])

    return take


TEMPLATE: Setting[str] = template_setting("template", mark("template"), tr("Template: {}"))
