"""The languages that can be chosen, and the one that a process begins with."""

import re
from collections.abc import Mapping
from types import MappingProxyType

VARIABLE = "EMULSION_LANGUAGE"
"""The variable of the environment that names the language, in this process and in those that it starts."""

ENGLISH = "en"
CATALOGUES: Mapping[str, str] = MappingProxyType({"de": "Deutsch"})
"""The languages with a file `resources/languages/<code>/emulsion.po`, each by its own name."""

PSEUDO = "pseudo"
"""Made from the English words: longer, with accents and from right to left, to see what a language may break."""

LANGUAGES: Mapping[str, str] = MappingProxyType({ENGLISH: "English", **CATALOGUES})
_LOCALE_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def of_locale(name: str) -> str:
    """Returns the language of a locale such as ``de_AT.UTF-8``; English for one that is not there."""
    code = re.split(r"[_.@:-]", name)[0].lower()
    return code if code in LANGUAGES else ENGLISH


def of_environment(environ: Mapping[str, str]) -> str:
    """Returns the language of the locale that the environment names, "" where it names none."""
    name = next((environ[name] for name in _LOCALE_VARIABLES if environ.get(name)), "")
    return of_locale(name) if name else ""
