"""The script for a GPU that is lent for minutes runs through here, on the processor with tiny models."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.engine.measuring import Line
from tests.benchmarks.gpu.__main__ import KEYS, supervised
from tests.benchmarks.gpu.bench import Bench, Section, run
from tests.benchmarks.gpu.sections import SECTIONS, main
from tests.benchmarks.gpu.table import table


@pytest.mark.parametrize("key", [section.key for section in SECTIONS])
def test_every_section_is_rehearsed(tmp_path: Path, capfd: pytest.CaptureFixture[str], key: str) -> None:
    out = tmp_path / "out"
    given = ["--device", "cpu", "--tiny", "--models", str(tmp_path / "models"), "--only", key, "--out", str(out)]
    assert main(given) == 0, capfd.readouterr().out
    text = (out / "gpu.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["section"] for line in lines} == {key}
    assert [line["name"] for line in lines if line["name"] == "left out"] == ["left out"] * (key == "B8")
    assert str(tmp_path) not in text
    assert "a red house" not in text


def test_a_section_without_time_is_left_out_and_one_that_fails_ends_no_other(tmp_path: Path) -> None:
    def fails(bench: Bench) -> Iterator[Line]:
        raise RuntimeError(f"no kernel image\nin {bench.folder}")

    def goes_on(bench: Bench) -> Iterator[Line]:
        for number in range(3):
            yield Line(f"figure {number}", 1.0, ok=True)
            bench.ends = 0.0

    bench = Bench(
        torch.device("cpu"),
        is_tiny=False,
        models=tmp_path,
        folder=tmp_path,
        out=tmp_path,
        ends=time.monotonic() + 1e6,
    )
    sections = (Section("x", 0.0, fails), Section("y", 1.0, goes_on), Section("z", 1.0, goes_on))
    assert run(bench, sections) == 1
    told = [json.loads(line) for line in (tmp_path / "gpu.jsonl").read_text("utf-8").splitlines()]
    lines = [(one["section"], one["name"], one["value"]) for one in told if one["name"] not in ("began", "took")]
    assert lines == [
        ("x", "failed", "RuntimeError: no kernel image"),
        ("y", "figure 0", 1.0),
        ("y", "figure 1", 1.0),
        ("y", "left out", "the rest, no time"),
        ("z", "left out", "no time"),
    ]


SCRIPT = """
import json, os, sys
given = sys.argv[1:]
out, keys = given[given.index("--out") + 1], given[given.index("--only") + 1 :]
for key in keys:
    if key == "dies at once":
        os._exit(3)
    with open(os.path.join(out, "gpu.jsonl"), "a") as file:
        for name in ["began"] + ["a figure", "took"] * (key != "dies"):
            line = {"section": key, "name": name, "value": 1.5, "unit": "ms", "ok": None}
            print(json.dumps(line), file=file, flush=True)
    if key == "dies":
        os._exit(5)
"""


def test_what_is_left_goes_on_where_a_process_dies(tmp_path: Path) -> None:
    (script := tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "gpu.jsonl").write_text("of another run")
    command = sys.executable, str(script)
    records = supervised(command, ("one", "dies", "two"), tmp_path, 600.0)
    told = [(one["section"], one["name"], one["ok"]) for one in records if one["name"] not in ("began", "took")]
    assert told == [("one", "a figure", None), ("dies", "failed", False), ("two", "a figure", None)]
    assert "code 5" in records[-4]["value"]
    records = supervised(command, ("dies at once", "one"), tmp_path, 600.0)  # as every other one would
    assert [(one["section"], one["ok"]) for one in records] == [("dies at once", False)]
    assert supervised(command, ("one",), tmp_path, 5.0) == []


def test_the_keys_are_those_of_the_sections() -> None:
    assert tuple(section.key for section in SECTIONS) == KEYS


def test_the_table_counts_what_is_alike_and_tells_each_mark_that_is_missed() -> None:
    def record(section: str, name: str, value: float | str, unit: str = "", ok: bool | None = None) -> Any:
        return {"section": section, "name": name, "value": value, "unit": unit, "ok": ok}

    same = [record("A1", f"{number}: replay", "equal bits", ok=True) for number in range(9)]
    near = [record("A1", f"{number}: far", number / 1000, "relative", ok=True) for number in range(5)]
    more = [
        record("A1", "5: replay", "other bits", ok=False),
        record("A1", "took", 3.0, "s"),
        record("B1", "ratio", 1.0234567, ok=True),
        record("B1", "a|b", "text"),
    ]
    assert table([*same, *near, *more]).splitlines() == [
        "|  | measured |  |  |",
        "| --- | --- | --- | --- |",
        "| A1 | 9 comparisons | equal bits | ok |",
        "| A1 | 5 comparisons | at most 0.004 relative | ok |",
        "| A1 | 5: replay | other bits | **missed** |",
        "| B1 | ratio | 1.023 | ok |",
        "| B1 | a/b | text |  |",
    ]
