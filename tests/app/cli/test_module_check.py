from __future__ import annotations

from pathlib import Path

import pytest

import app
from app.cli.module_check import broken_parts, part_names


def test_all_parts_are_found_but_the_makers_of_the_starter_model() -> None:
    names = set(part_names())
    assert {
        "app.session.session",
        "app.film.views.noisy",
        "core.engine.engine",
        "core.engine.families.stable_diffusion_xl",
    } <= names
    assert not {name for name in names if name.startswith("core.training")} | {"app.__main__"} & names


def test_the_program_is_whole() -> None:
    assert broken_parts() == {}


def test_a_part_that_lacks_something_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_for_test.py").write_text("import a_library_that_is_not_there\n")
    monkeypatch.setattr(app, "__path__", [*app.__path__, str(tmp_path)])
    # loading all parts of core as well would take seconds
    monkeypatch.setattr("app.cli.module_check._PACKAGES", ("app",))
    assert broken_parts() == {"app.broken_for_test": "No module named 'a_library_that_is_not_there'"}
