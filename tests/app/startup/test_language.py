"""The language is chosen before a sentence is read: by the variable, the preference, then the system."""

import pytest

from app.startup.language import choose_language
from core.language.choice import PSEUDO, VARIABLE


@pytest.mark.parametrize(
    ("environ", "preferred", "language"),
    [
        ({VARIABLE: "de_AT", "LANG": "en_GB"}, "en", "de"),
        ({VARIABLE: PSEUDO}, "de", PSEUDO),
        ({VARIABLE: "xx"}, "de", "en"),
        ({"LANG": "en_GB.UTF-8"}, "de", "de"),
        ({"LANG": "de_DE.UTF-8"}, "en", "en"),
        ({"LANG": "de_DE.UTF-8"}, "", "de"),
        ({"LANG": "C"}, "", "en"),
    ],
)
def test_the_variable_counts_most_then_the_preference(
    environ: dict[str, str], preferred: str, language: str
) -> None:
    choose_language(environ, preferred)
    assert environ[VARIABLE] == language
