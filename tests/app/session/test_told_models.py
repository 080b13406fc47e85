"""The models of other computers outlive the program, those of removed computers and other versions do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.session.told_models import ModelsEverywhere, ToldModels
from core.models.catalogue import Catalogue
from core.models.elsewhere import described
from core.settings.computers import Computer
from tests.fakes import model

FAR = replace(described(model()), key="far")
COMPUTERS = (Computer("studio-pc"),)


def test_models_are_kept_between_starts_and_listed_beside_those_here(tmp_path: Path) -> None:
    first = ToldModels(tmp_path / "a" / "computers.json", lambda: COMPUTERS)
    assert first.take("studio-pc", (FAR,))
    assert not first.take("studio-pc", (FAR,))
    again = ToldModels(tmp_path / "a" / "computers.json", lambda: COMPUTERS)
    assert again.told == {"studio-pc": (FAR,)}
    found, _ = ModelsEverywhere(Catalogue(()), again).remembered()
    assert [(one.key, one.computers) for one in found.elsewhere] == [("far", ("studio-pc",))]
    assert found.lacking == {"studio-pc": frozenset(one.key for one in found.models)}


def test_models_of_a_computer_that_was_removed_are_gone(tmp_path: Path) -> None:
    told = ToldModels(tmp_path / "computers.json", lambda: ())
    told.take("studio-pc", (FAR,))
    assert told.told == {}


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"table": 1}', '{"table": "TABLE", "models": {"studio-pc": "x"}}']
)
def test_a_damaged_file_is_none(tmp_path: Path, content: str) -> None:
    from core.remote.table import fingerprint

    (tmp_path / "computers.json").write_text(content.replace("TABLE", fingerprint()))
    told = ToldModels(tmp_path / "computers.json", lambda: COMPUTERS)
    assert told.told == {}
    assert told.take("studio-pc", (FAR,))
    assert "far" in json.loads((tmp_path / "computers.json").read_text())["models"]["studio-pc"]
