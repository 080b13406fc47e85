"""The words of argparse itself, plainer and in the language of this process.

argparse asks gettext for each of them under the name ``_``, in a catalogue that no program brings along; its
sentences are filled by ``%`` afterwards.
"""

import argparse
from collections.abc import Mapping
from types import MappingProxyType

from core.language.words import tr

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "usage: ": tr("Usage: "),
        "positional arguments": tr("Arguments"),
        "options": tr("Options"),
        "show this help message and exit": tr("show this help"),
        "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
        "unrecognized arguments: %s": tr("not known here: %s"),
        "the following arguments are required: %s": tr("missing: %s"),
        "one of the arguments %s is required": tr("one of these is needed: %s"),
        "not allowed with argument %s": tr("does not go together with %s"),
        "ignored explicit argument %r": tr("takes no value, but got %r"),
        "expected one argument": tr("needs a value"),
        "expected at most one argument": tr("takes at most one value"),
        "expected at least one argument": tr("needs at least one value"),
        "expected %s argument": tr("needs %s value"),
        "expected %s arguments": tr("needs %s values"),
        "ambiguous option: %(option)s could match %(matches)s": tr(
            "%(option)s is not clear, it could be %(matches)s"
        ),
        "invalid %(type)s value: %(value)r": tr("“%(value)s” is not a value of the kind %(type)s"),
        "invalid choice: %(value)r (choose from %(choices)s)": tr("“%(value)s” is not one of %(choices)s"),
    }
)
"""By argparse's English; what it says to programmers stays as it is."""


def translate_parser() -> None:
    """Call it before a parser is made: argparse can be given words by its module's own names only."""
    argparse._ = _word  # pyright: ignore[reportAttributeAccessIssue]
    argparse.ngettext = _counted  # pyright: ignore[reportAttributeAccessIssue]


def _word(text: str) -> str:
    return WORDS.get(text, text)


def _counted(one: str, many: str, count: int) -> str:
    return _word(one if count == 1 else many)
