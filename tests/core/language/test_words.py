"""Sentences in the language of the process, each language in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.language.catalogue import Catalogue, parse
from core.language.choice import VARIABLE, of_environment, of_locale
from core.language.language import NumberFormatter
from core.language.pseudo import PSEUDO_LANGUAGE
from core.language.words import mark, plural, tr

ROOT = Path(__file__).resolve().parents[3]

PO = r"""
msgid ""
msgstr ""
"Language: pl\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\n"

#: a/file.py
msgid "Keep \"{name}\"?"
msgstr "Zachować "
"„{name}”?"

#, fuzzy
msgid "Stop"
msgstr "Start"

msgid "Go on"
msgstr ""

#, python-brace-format
msgid "{count} picture"
msgid_plural "{count} pictures"
msgstr[0] "{count} obraz"
msgstr[1] "{count} obrazy"
msgstr[2] "{count} obrazów"
"""


def in_language(language: str, code: str) -> object:
    """Runs a line in a process of that language; ``print`` gives its result as JSON."""
    environment = os.environ | {VARIABLE: language, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_english_texts_are_filled_in() -> None:
    assert tr("Keep {this}") == "Keep {this}"
    assert tr("{done:.1f} of {total}", done=1.25, total="3") == "1.2 of 3"
    assert plural("{count} picture", "{count:,} pictures", 1) == "1 picture"
    assert plural("one of {box}", "{count:,} of {box}", 1200, box="A") == "1,200 of A"
    assert mark("guidance scale") == "guidance scale"


def test_a_catalogue_is_read_as_gettext_writes_it() -> None:
    header, keep, stop, go_on, pictures = parse(PO)
    assert "Language: pl\n" in header.forms[0]
    assert (keep.english, keep.forms) == ('Keep "{name}"?', {0: "Zachować „{name}”?"})
    assert stop.is_fuzzy
    assert not keep.is_fuzzy
    assert go_on.forms == {0: ""}
    assert pictures.english_plural == "{count} pictures"
    assert len(pictures.forms) == 3


def test_a_text_without_a_translation_stays_english() -> None:
    catalogue = Catalogue("pl", {"Yes": ("Tak",)}, lambda _: 0)
    assert catalogue.text("Yes") == "Tak"
    assert catalogue.text("No") == "No"
    assert catalogue.plural("{count} picture", "{count} pictures", 2) == "{count} pictures"


def test_a_number_chooses_its_form() -> None:
    forms = ("obraz", "obrazy", "obrazów")
    catalogue = Catalogue("pl", {"picture": forms}, lambda n: 0 if n == 1 else 1 if n < 5 else 2)
    assert [catalogue.plural("picture", "pictures", count) for count in (1, 3, 7)] == list(forms)


def test_numbers_have_the_mark_of_the_language() -> None:
    formatter = NumberFormatter(",", " %")
    filled = formatter.vformat("{a:.2f} {b} {c:.0%} {d}", (), {"a": 1.5, "b": "1.5", "c": 0.25, "d": 3})
    assert filled == "1,50 1.5 25 % 3"


@pytest.mark.parametrize(
    ("name", "code"),
    [("de_AT.UTF-8", "de"), ("de", "de"), ("de-DE", "de"), ("C.UTF-8", "en"), ("xx_YY", "en"), ("", "en")],
)
def test_a_locale_has_a_language(name: str, code: str) -> None:
    assert of_locale(name) == code


def test_the_first_variable_that_is_set_counts() -> None:
    assert of_environment({"LANG": "en_GB.UTF-8", "LC_ALL": "de_DE.UTF-8"}) == "de"
    assert of_environment({"LANGUAGE": "de:en", "LANG": "en_GB"}) == "de"
    assert of_environment({"LANG": ""}) == ""


@pytest.mark.parametrize(
    "text", ["Keep {name:.2f} of it", "<b>Bold</b> &amp; {x}", "Models (*.safetensors)", "&Guidance", " of these "]
)
def test_the_pseudo_language_keeps_what_is_no_word(text: str) -> None:
    pseudo = PSEUDO_LANGUAGE.text(text)
    assert len(pseudo) > len(text)
    for kept in ("{name:.2f}", "<b>", "</b>", "&amp;", "{x}", "(*.safetensors)", "&"):
        assert pseudo.count(kept) == text.count(kept)
    assert (pseudo[0].isspace(), pseudo[-1].isspace()) == (text[0].isspace(), text[-1].isspace())


def test_tables_of_sentences_are_in_the_language_of_the_process() -> None:
    code = (
        "import json; from core.request.samplers import SAMPLERS; "
        "print(json.dumps([SAMPLERS['ddim'].name, SAMPLERS['ddim'].about]))"
    )
    about = "Deterministic and plain; a good one to watch."
    assert in_language("en", code) == ["DDIM", about]
    assert in_language("pseudo", code) == ["DDIM", PSEUDO_LANGUAGE.text(about)]
    assert PSEUDO_LANGUAGE.english(PSEUDO_LANGUAGE.text(about)) == about


@pytest.mark.parametrize("language", ["de", "pseudo"])
def test_a_recipe_is_the_same_in_every_language(language: str) -> None:
    code = f"import runpy; runpy.run_path({str(Path(__file__).with_name('recipe_in_a_language.py'))!r})"
    assert in_language(language, code) == in_language("en", code)
