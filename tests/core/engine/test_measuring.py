"""The short measurement tells what it found, misses its marks where they are missed, and names nothing private."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.engine import measuring
from core.engine.measuring import Line, bits, measure, picture, to_the_processor
from core.models.catalogue import Catalogue
from tests.apple import apple_gpu
from tests.recaptures import graphs_everywhere


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "STEPS", 4)
    monkeypatch.setattr(measuring, "ROUNDS", 1)


def lines_of(models: Path, device: str = "cpu", dtype: str | None = "float32") -> dict[str, Line]:
    return {line.name: line for line in measure(Catalogue((models,)), "tiny", device, dtype)}


def test_a_processor_is_measured_without_a_folder_or_a_prompt(models: Path) -> None:
    lines = lines_of(models)
    assert {"processor", "torch", "a step", "free memory"} <= lines.keys()
    assert {name for name, line in lines.items() if line.ok} == {
        "made again",
        "film replayed",
        "taken up in the middle",
    }
    assert not any(line.ok is False for line in lines.values())
    assert lines["way of calls"].value == "as ever"
    text = "\n".join(map(str, lines.values()))
    assert "lighthouse" not in text
    assert str(models) not in text
    assert str(Path.home()) not in text


def test_another_device_is_held_to_the_processor(models: Path) -> None:
    with apple_gpu():
        assert lines_of(models, "mps")["to the processor, in float32"].ok


def test_graphs_are_held_to_calls_as_ever(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captures = graphs_everywhere(monkeypatch)
    lines = lines_of(models)
    assert captures.replays
    assert (lines["way of calls"].value, lines["graphs"].ok) == ("CUDA graphs", True)
    assert float(lines["picture as ever, of one by graphs"].value) > 0


def test_a_mark_that_is_missed_says_so(models: Path) -> None:
    engine = measuring.Engine(Catalogue((models,)), "cpu", "float32")
    request = measuring.replace(Catalogue((models,)).find("tiny").defaults, steps=2, seed=1)
    one, other = (picture(engine, measuring.replace(request, seed=seed)).film for seed in (1, 2))
    assert str(bits("made again", one, other)).endswith("other bits MISSED")
    assert str(bits("made again", one, one)).endswith("equal bits ok")
    near, far = torch.ones(3).numpy(), torch.full((3,), 1.01).numpy()
    assert (to_the_processor(near, near).ok, to_the_processor(far, near).ok) == (True, False)


def test_what_there_is_no_time_for_is_named(models: Path) -> None:
    lines = list(measure(Catalogue((models,)), "tiny", "cpu", "float32", seconds=0))
    assert [line.value for line in lines[-6:]] == ["left out: no time"] * 6


def test_a_device_that_does_not_compute_ends_it(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "failure_of", lambda _device: "no kernel image is available")  # pyright: ignore
    *_, last = measure(Catalogue((models,)), "tiny", "cpu", "float32")
    assert (last.value, last.ok) == ("no kernel image is available", False)


def test_a_section_that_fails_ends_no_other_and_misses_its_mark(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_driver(*_: object) -> None:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure\nCUDA kernel errors might be")

    monkeypatch.setattr(measuring, "recorded", no_driver)
    lines = lines_of(models)
    assert (lines["exactness"].value, lines["exactness"].ok) == (
        "failed: CUDA error: unspecified launch failure",
        False,
    )
    assert lines["free memory"].ok is None


def test_a_graph_that_is_refused_is_no_graph_that_was_held_to_calls_as_ever(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs_everywhere(monkeypatch).error = RuntimeError("operation not permitted when stream is capturing")
    lines = lines_of(models)
    assert lines["way of calls"].value == "as ever"
    assert "graphs" not in lines
