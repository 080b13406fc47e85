"""The script for a GPU that is lent for minutes runs through here, on the processor with tiny models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.engine.measuring import Line
from tests.benchmarks.gpu.__main__ import SECTIONS, main
from tests.benchmarks.gpu.bench import Bench, Section, run


@pytest.mark.parametrize("key", [section.key for section in SECTIONS])
def test_every_section_is_rehearsed(tmp_path: Path, capfd: pytest.CaptureFixture[str], key: str) -> None:
    out = tmp_path / "out"
    assert main(["--device", "cpu", "--tiny", "--only", key, "--out", str(out)]) == 0, capfd.readouterr().out
    text = (out / "gpu.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["section"] for line in lines} == {key}
    assert [line["name"] for line in lines if line["name"] == "left out"] == ["left out"] * (key == "B8")
    assert str(tmp_path) not in text
    assert "a red house" not in text


def test_a_section_without_time_is_left_out_and_one_that_fails_ends_no_other(tmp_path: Path) -> None:
    def fails(_bench: Bench) -> Iterator[Line]:
        raise RuntimeError("no kernel image")

    bench = Bench(torch.device("cpu"), is_tiny=False, folder=tmp_path, out=tmp_path / "out", ends=0.0)
    sections = (Section("x", -1e12, fails), Section("y", 1.0, fails))
    assert run(bench, sections) == 1
    told = (tmp_path / "out" / "gpu.jsonl").read_text("utf-8")
    assert "no kernel image" in told
    assert "no time" in told
