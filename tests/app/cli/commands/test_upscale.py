from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import save_file

from core.pictures.metadata import read_recipe
from core.recipes.recipe import Origin
from core.recipes.refinement import DEFAULT_STRENGTH, Refinement
from core.upscalers.library import OF_STARTER
from tests import tiny
from tests.app.cli.commands.conftest import Answer
from tests.tiny_upscalers import compact, esrgan

Run = Callable[..., Answer]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (20, 10), "red").save(tmp_path / "red.png")
    return tmp_path / "red.png"


def test_a_picture_becomes_larger(run: Run, picture: Path, tmp_path: Path) -> None:
    save_file(esrgan(2), tmp_path / "mine.safetensors")
    answer = run(
        "upscale", picture, "--upscaler", tmp_path / "mine.safetensors", "-o", tmp_path / "large.png", "--json"
    )
    assert answer.code == 0, answer.errors
    told = json.loads(answer.output)
    with Image.open(told["path"]) as large:
        assert large.size == (40, 20)
    assert told["recipe"]["request"]["upscaler"] | {"sha256": ""} == {"name": "mine", "factor": 2.0, "sha256": ""}


def test_several_go_to_a_folder_by_the_upscaler_that_ships(run: Run, picture: Path, tmp_path: Path) -> None:
    answer = run("upscale", picture, picture, "--by", "1.5", "-o", tmp_path / "large")
    assert answer.code == 0, answer.errors
    paths = [Path(line) for line in answer.output.split("\n") if line]
    assert len(set(paths)) == 2
    assert answer.errors.count("red.png: enlarging") == 2
    for path in paths:
        upscaler = read_recipe(path).request.upscaler
        assert upscaler is not None and (upscaler.name, upscaler.factor) == (OF_STARTER, 1.5)


def test_the_new_picture_is_named_after_the_old_one_and_tells_its_hash(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    for name in ("red-80x40.png", "red-80x40-2.png"):
        answer = run("upscale", picture, "-o", folder)
        assert Path(answer.output.strip()) == folder / name
    origin = read_recipe(folder / "red-80x40.png").enlarged_from
    assert origin == Origin("red.png", hashlib.sha256(picture.read_bytes()).hexdigest())


def test_a_picture_that_would_become_too_large_is_told(run: Run, tmp_path: Path) -> None:
    Image.new("L", (8192, 2)).save(tmp_path / "wide.png")
    answer = run("upscale", tmp_path / "wide.png", "--by", "1.5", "-o", tmp_path / "a.png")
    assert answer.code == 2
    assert "4096 pixels at most for the longer side" in answer.errors


def test_the_upscalers_are_listed(run: Run) -> None:
    listed = json.loads(run("upscale", "--list").output)
    assert [(one["name"], one["scale"], one["kind"]) for one in listed] == [(OF_STARTER, 4, "Compact")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "emulsion upscale PICTURE"),
        (("{picture}", "--upscaler", "4x-Missing"), "no upscaler called “4x-Missing”"),
        (
            ("{picture}", "--by", "9"),
            "“9” is not a possible factor of enlargement: it must be a number from 1 to 8",
        ),
        (("{picture}", "--by", "much"), "a number"),
        (("{folder}/none.png",), "none.png"),
        (("{picture}", "{picture}", "-o", "{folder}/a.png"), "a folder"),
        (("{picture}", "--refine", "much"), "a number from 0 to 1"),
        (("{picture}", "--refine", "0"), "above 0"),
        (("{picture}", "--refine", "3"), "is not a possible strength of refining"),
        (("{picture}", "{picture}", "{folder}/none.png"), "none.png"),
        (("{picture}", "--refine", "--seed", "x"), "a whole number"),
        (("{picture}", "--refine", "--model", "none such"), "none such"),
        (("{picture}", "--refine"), "this picture does not tell"),
        (("{picture}", "--prompt", "a tree"), "needs --refine as well"),
    ],
)
def test_bad_input_is_told(
    run: Run,
    picture: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "core.engine.engine", None)  # all this is refused before the engine is loaded
    answer = run("upscale", *(text.format(picture=picture, folder=tmp_path) for text in arguments))
    assert (answer.code, answer.output) == (2, "")
    assert sentence in answer.errors


def test_a_pickle_is_not_taken_for_a_picture_nor_a_picture_for_an_upscaler(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    save_file({**compact(), "more": compact()["body.0.bias"]}, tmp_path / "odd.safetensors")
    answer = run("upscale", picture, "--upscaler", tmp_path / "odd.safetensors", "-o", tmp_path / "a.png")
    assert answer.code == 2 and "do not fit a network of the kind Compact" in answer.errors
    assert not (tmp_path / "a.png").exists()


def test_a_picture_is_refined_at_its_size_and_larger(run: Run, picture: Path, tmp_path: Path) -> None:
    model = tiny.stable_diffusion(tmp_path / "models" / "tiny")
    answer = run(
        *("upscale", picture, "--by", "1", "--refine", "0.5", "--tile", "64", "--model", model),
        *("--prompt", "a tree", "--seed", "3", "-o", tmp_path / "a.png"),
    )
    assert answer.code == 0, answer.errors
    recipe = read_recipe(tmp_path / "a.png")
    assert recipe.refined == Refinement(0.5, 64) and recipe.request.upscaler is None
    assert (recipe.request.prompt, recipe.request.seed) == ("a tree", 3)
    assert "memory:" in answer.errors
    answer = run("upscale", tmp_path / "a.png", "--by", "2", "--refine", "--model", model, "--json")
    assert answer.code == 0, answer.errors
    told = json.loads(answer.output)["recipe"]
    assert told["refined"]["strength"] == DEFAULT_STRENGTH
    assert told["request"]["upscaler"]["factor"] == 2 and told["request"]["prompt"] == "a tree"
    model.rename(tmp_path / "elsewhere")
    answer = run("upscale", tmp_path / "a.png", "--refine")
    assert answer.code == 2 and "is not in the model folders: give its place" in answer.errors
