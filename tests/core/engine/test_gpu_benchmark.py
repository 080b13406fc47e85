"""The script for a GPU that is lent for minutes runs through here, on the processor with tiny models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tqdm import tqdm

from tests.benchmarks import gpu


def test_every_section_is_rehearsed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tqdm, "monitor_interval", 0)  # a thread that would stay behind
    assert gpu.main(["--device", "cpu", "--tiny", "--out", str(tmp_path)]) == 0, capfd.readouterr().out
    lines = [json.loads(line) for line in (tmp_path / "gpu.jsonl").read_text("utf-8").splitlines()]
    assert {line["section"] for line in lines} == {section.key for section in gpu.SECTIONS}
    left_out = {line["section"] for line in lines if line["name"] == "left out"}
    assert left_out == {"B2", "A4"}  # they ask a GPU's driver
    assert str(tmp_path) not in (tmp_path / "gpu.jsonl").read_text("utf-8")


def test_a_section_without_time_is_left_out_and_one_that_fails_ends_no_other(tmp_path: Path) -> None:
    def fails(_bench: gpu.Bench) -> gpu.Iterator[gpu.Line]:
        raise RuntimeError("no kernel image")

    bench = gpu.Bench(gpu.torch.device("cpu"), is_tiny=False, folder=tmp_path, out=tmp_path / "out", ends=0.0)
    sections = (gpu.Section("x", -1e12, fails), gpu.Section("y", 1.0, fails))
    assert gpu.run(bench, sections) == 1
    told = (tmp_path / "out" / "gpu.jsonl").read_text("utf-8")
    assert "no kernel image" in told
    assert "no time" in told
