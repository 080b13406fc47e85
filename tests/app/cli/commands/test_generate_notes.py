"""Notes of ``emulsion generate``: as much as the window tells, on standard error and in ``--json``."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from app.cli.terminal import Notes, Progress
from core.paths import Folders
from core.prompt.drawing import draw
from core.runs.events import Loading, LoraDiffers, Phase
from tests import tiny, tiny_loras
from tests.app.cli.commands.conftest import Answer

Run = Callable[..., Answer]
FAST = ("--device", "cpu", "--dtype", "float32", "--size", "32x24", "--steps", "2")


def test_syntax_that_does_not_act_is_noted_and_what_acts_is_not(run: Run, model: Path, tmp_path: Path) -> None:
    long = "a (red house:1.3) BREAK red++ " + "by the sea at sunset, " * 40 + "a [snowy:green:0.5] forest"
    answer = run("generate", long, "--model", model, *FAST, "--negative", "fog <lora:ink:1>", "--guidance", "3",
                 "--json", "-o", tmp_path / "a.png")  # fmt: skip
    notes = json.loads(answer.lines[0])["notes"]
    for note, words in zip(notes, ("plain words: “red++” (weight)", "“<lora:ink:1>” (LoRA)"), strict=True):
        assert note.endswith(words)
        assert f"emulsion: {note}" in answer.errors


def test_the_notes_are_told_before_the_work(run: Run, model: Path, tmp_path: Path) -> None:
    answer = run("generate", "a {house}", "--model", model, *FAST, "-o", tmp_path / "a.png")
    assert answer.errors.splitlines()[0].startswith("emulsion: in the prompt, syntax of other programs")


def test_a_prompt_is_drawn_by_its_seed_and_what_was_drawn_is_told(run: Run, model: Path, tmp_path: Path) -> None:
    prompt = "a {red|blue|green|white} house"
    for seed in range(4):
        answer = run(
            "generate", prompt, "--model", model, *FAST, "--seed", seed, "--json", "-o", tmp_path / "a.png"
        )
        request = json.loads(answer.lines[0])["recipe"]["request"]
        assert request["prompt"] == draw(prompt, seed, Mock())
        assert request["template"] == prompt
        assert f"prompt: {request['prompt']}" in answer.errors
        assert "plain words" not in answer.errors
    text = run(
        "generate", prompt, "--model", model, *FAST, "--variants", "off", "--json", "-o", tmp_path / "a.png"
    )
    assert json.loads(text.lines[0])["recipe"]["request"]["prompt"] == prompt
    assert "“{red|blue|green|white}” (wildcard)" in text.errors


@pytest.mark.parametrize(
    ("prompt", "words"),
    [("__colour__", "There is no wildcard called “colour”."), ("__a__", "it contains itself: a > a")],
)
def test_what_cannot_be_drawn_is_told_before_torch(run: Run, home: Path, prompt: str, words: str) -> None:
    wildcards = Folders.default().models / "wildcards"
    wildcards.mkdir(parents=True)
    (wildcards / "a.txt").write_text("__a__", "utf-8")
    answer = run("generate", prompt)
    assert answer.code in (1, 2)
    assert words in answer.errors


def test_words_that_the_model_was_never_taught_are_noted(run: Run, tmp_path: Path) -> None:
    answer = run("generate", "a red zeppelin", *FAST, "--size", "64x64", "--json", "-o", tmp_path / "a.png")
    assert json.loads(answer.lines[0])["notes"] == ["This model doesn’t know “zeppelin”."]


def test_a_negative_prompt_without_effect_is_noted(run: Run, model: Path, tmp_path: Path) -> None:
    answer = run("generate", "a house", "--model", model, *FAST, "--negative", "fog", "--guidance", "1", "--json",
                 "-o", tmp_path / "a.png")  # fmt: skip
    assert json.loads(answer.lines[0])["notes"] == ["the negative prompt has no effect: guidance is off"]


@pytest.mark.parametrize("options", [(), ("--memory", "drop-encoder")])
def test_json_tells_the_memory_as_it_was_planned(
    run: Run, model: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    answer = run("generate", "a house", "--model", model, *FAST, *options, "--json", "-o", tmp_path / "a.png")
    memory = json.loads(answer.lines[0])["memory"]
    placement = options[-1] if options else "on-device"
    assert (memory["placement"], memory["planned"], memory["tiled_decode"]) == (placement, placement, False)
    assert 0 < memory["weights"] < memory["free"]
    assert memory["fits"]


def test_a_notice_of_the_engine_is_noted_once() -> None:
    events = [LoraDiffers("ink", Path("ink.safetensors"), "0" * 12, "1" * 12), Loading(Phase.decoding)]
    stream = io.StringIO()
    notes = Notes(Progress(stream))
    for event in events * 2:
        notes.follow(event)
    (text,) = notes.texts
    assert stream.getvalue() == f"emulsion: {text}\n"
    assert "another file" in text


def test_plain_prompts_have_no_notes(run: Run, model: Path, tmp_path: Path) -> None:
    answer = run(
        "generate", "a house", "--model", model, *FAST, "--negative", "fog", "--json", "-o", tmp_path / "a.png"
    )
    assert json.loads(answer.lines[0])["notes"] == []
    assert "emulsion:" not in answer.errors


def test_layers_of_a_lora_that_do_not_act_are_noted(run: Run, model: Path, tmp_path: Path) -> None:
    lora = tiny_loras.of_all_kinds(tmp_path / "ink.safetensors", tiny.unet(), tiny.text_encoder(514))
    answer = run(
        "generate", "a house", "--model", model, *FAST, "--lora", lora, "--json", "-o", tmp_path / "a.png"
    )
    (note,) = json.loads(answer.lines[0])["notes"]
    assert "15 of 16 layers applied; left out: 1 of OFT" in note
    assert f"emulsion: {note}" in answer.errors
