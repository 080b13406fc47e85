"""Sentences name a key by the word that Qt writes in the menus and on the sheet of keys."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QLibraryInfo, QTranslator

from core.language.catalogue import read_catalogue
from core.language.choice import CATALOGUES

KEYS = re.compile(r"\b(?:(?:Ctrl|Shift|Alt)\+)+(?:[A-Z]\w*)|\b(?:Return|Del|Space|Home)\b(?!s)")


@pytest.mark.parametrize("code", CATALOGUES)
def test_a_translation_has_qts_words_for_keys(code: str) -> None:
    translator = QTranslator()
    assert translator.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))

    def native(keys: str) -> str:
        return "+".join(translator.translate("QShortcut", key) or key for key in keys.split("+"))

    wrong = {
        english: forms[0]
        for english, forms in read_catalogue(code).texts.items()
        if any(native(keys) not in forms[0] for keys in KEYS.findall(english))
    }
    assert wrong == {}
