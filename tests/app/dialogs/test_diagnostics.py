from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from app.dialogs.diagnostics import diagnostics, scrub
from core.paths import Folders
from core.request.request import GenerationRequest
from core.settings.settings import Settings
from core.version import VERSION


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(**{field.name: tmp_path / "Erika Mustermann" / field.name for field in fields(Folders)})


def write_log(folders: Folders, text: str) -> None:
    folders.logs.mkdir(parents=True, exist_ok=True)
    (folders.logs / "emulsion.log").write_text(text, "utf-8")


def test_the_report_tells_versions_device_settings_crash_and_log(folders: Folders, tmp_path: Path) -> None:
    write_log(folders, "INFO one\nWARNING the last thing\n")
    crash = tmp_path / "crash.log"
    crash.write_text("Fatal Python error: Segmentation fault\n", "utf-8")
    report = diagnostics(folders, Settings.default(folders), "cpu in bfloat16: as asked", crash)
    for part in (VERSION, "torch", "cpu in bfloat16: as asked", "Segmentation fault", "WARNING the last thing"):
        assert part in report


def test_the_report_tells_neither_prompts_nor_places_nor_names(folders: Folders) -> None:
    write_log(folders, f"WARNING {folders.pictures / 'a.png'} cannot be written\n{folders.models}/secret-model\n")
    draft = GenerationRequest(prompt="my private wish", model="starter-model")
    report = diagnostics(folders, replace(Settings.default(folders), draft=draft), "")
    assert "private" not in report
    assert "Mustermann" not in report
    assert "/a.png cannot be written" in report


def test_only_the_end_of_a_long_log_is_told_and_in_whole_lines(folders: Folders) -> None:
    write_log(folders, "".join(f"line {number:05}\n" for number in range(5000)))
    report = diagnostics(folders, Settings.default(folders), "")
    assert "line 04999" in report
    assert "line 00000" not in report
    assert len(report) < 12_000


def test_without_a_log_there_is_a_report(folders: Folders) -> None:
    assert "not there" in diagnostics(folders, Settings.default(folders), "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open /home/erika/x failed", "open ~/x failed"),
        ("user erika logged in", "user <user> logged in"),
        ("americana erikas", "americana erikas"),
        ("token hf_abcdefghijklmnop sent", "token hf_… sent"),
        ("Authorization: Bearer abc.def-ghi12", "Authorization: Bearer …"),
        ("https://erika:geheim@hub.example/x", "https://…@hub.example/x"),
        ("GET https://hub.example/x?token=123 ok", "GET https://hub.example/x?… ok"),
    ],
)
def test_what_tells_who_somebody_is_goes(text: str, expected: str) -> None:
    assert scrub(text, home=Path("/home/erika"), user="erika") == expected
