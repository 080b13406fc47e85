"""PyInstaller's recipe executed for any system: classes that record what they are given instead of building."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SPEC = ROOT / "packaging" / "emulsion.spec"


@dataclass
class Call:
    """One call of a class of PyInstaller; for an Analysis also what it would have found."""

    arguments: tuple[Any, ...]
    options: dict[str, Any]
    scripts: list[Any] = field(default_factory=list)
    pure: list[Any] = field(default_factory=list)
    binaries: list[tuple[str, str, str]] = field(default_factory=list)
    datas: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class RecordedBuild:
    """The calls of the recipe, by the name of the class."""

    calls: dict[str, list[Call]]

    def only(self, name: str) -> Call:
        assert len(self.calls[name]) == 1
        return self.calls[name][0]


def record_build(system: str, monkeypatch: pytest.MonkeyPatch, found: list[tuple[str, str, str]]) -> RecordedBuild:
    """Executes the recipe as on ``system``, a value of sys.platform. ``found`` is what the analysis finds."""
    calls: dict[str, list[Call]] = {"Analysis": [], "PYZ": [], "EXE": [], "COLLECT": [], "BUNDLE": []}

    def recorder(name: str) -> Any:
        def record(*arguments: Any, **options: Any) -> Call:
            call = Call(arguments, options)
            if name == "Analysis":
                call.binaries, call.datas = list(found), list(found)
            calls[name].append(call)
            return call

        return record

    hooks = ModuleType("PyInstaller.utils.hooks")
    monkeypatch.setattr(hooks, "copy_metadata", _copy_metadata, raising=False)
    for name, module in (("PyInstaller", ModuleType("PyInstaller")), ("PyInstaller.utils.hooks", hooks)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "path", list(sys.path))
    given = {name: recorder(name) for name in calls} | {"SPECPATH": str(SPEC.parent)}
    exec(compile(SPEC.read_text("utf-8"), str(SPEC), "exec"), given)
    return RecordedBuild(calls)


def _copy_metadata(name: str, recursive: bool) -> list[tuple[str, str]]:
    assert recursive
    return [(f"/libraries/{name}.dist-info", f"{name}.dist-info")]
