"""The language is chosen before a sentence is read: by the variable, the preference, then the system."""

import os
import subprocess
import sys

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


def test_no_sentence_is_read_before_the_language_is_chosen() -> None:
    """A sentence that is read by an import would settle the language for good, as English."""
    script = "import app.__main__; from core.language.words import current; print(current.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_the_program_speaks_the_language_of_the_system() -> None:
    environ = {name: value for name, value in os.environ.items() if name != VARIABLE}
    command = [sys.executable, "-m", "app", "generate", "--help"]
    environ |= {"LANGUAGE": "de_AT", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ, encoding="utf-8")
    assert "Anfang der Zufallszahlen" in done.stdout
