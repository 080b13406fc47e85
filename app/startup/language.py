"""Chooses the language of the process before sentences are read, and gives Qt the same one."""

import sys
from collections.abc import MutableMapping

from core.language.choice import ENGLISH, PSEUDO, VARIABLE, of_environment, of_locale


def choose_language(environ: MutableMapping[str, str], preferred: str = "") -> None:
    """Puts the language into the environment, where `core.language.words` finds it.

    The variable counts most, then the user's choice ``preferred``, "" for none, then the system's language.
    """
    if VARIABLE in environ:
        asked = environ[VARIABLE]
        environ[VARIABLE] = PSEUDO if asked == PSEUDO else of_locale(asked)
    else:
        environ[VARIABLE] = of_locale(preferred) if preferred else of_environment(environ) or _of_system()


def _of_system() -> str:
    """Returns the language of a system that does not tell it by the environment."""
    if sys.platform not in ("darwin", "win32"):
        return ENGLISH
    from PySide6.QtCore import QLocale

    return of_locale(next(iter(QLocale.system().uiLanguages()), ""))
