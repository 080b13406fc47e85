"""Models from scripts: listed, downloaded, checked, told about."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.models.downloadable import known_parts
from core.paths import Folders
from core.request.request import STARTER_MODEL
from tests.app.cli.commands.conftest import Run
from tests.core.downloads.conftest import NAME, WEIGHTS, small_model
from tests.hub_content import Content
from tests.hub_server import HubServer, Repository, Trouble


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer({NAME: Repository(small_model())}) as running:
        yield running


def download(run: Run, server: HubServer, *options: str) -> tuple[int, str, str]:
    answer = run("models", "download", NAME, "--endpoint", server.endpoint, *options)
    return answer.code, answer.output, answer.errors


def test_a_model_that_cannot_be_used_is_listed_with_the_reason(run: Run) -> None:
    folder = Folders.default().models / "someday"
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}", "utf-8")
    told = [one for one in map(json.loads, run("models", "list").lines) if one["folder"] == str(folder)]
    assert ["supported families" in one["problem"] for one in told] == [True]


def test_installed_and_known_models_are_listed(run: Run) -> None:
    listed = {one["model"]: one for one in map(json.loads, run("models", "list").lines)}
    assert listed[STARTER_MODEL]["is_installed"]
    assert not listed["stable-diffusion-v1-5"]["is_installed"]
    told = json.loads(run("models", "info", "stable-diffusion-v1-5").output)
    assert told["licence"] == "CreativeML OpenRAIL-M"
    assert run("models", "info", "nothing").code == 2


def test_a_model_is_downloaded_checked_and_mended(run: Run, server: HubServer) -> None:
    code, output, _ = download(run, server)
    assert code == 0
    folder = Path(json.loads(output)["folder"])
    assert folder == Folders.default().models / "small"
    assert json.loads(run("models", "verify", "small").output) == {"checked": 3, "damaged": 0}
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[77] ^= 1
    (folder / WEIGHTS).write_bytes(content)
    answer = run("models", "verify", "small")
    assert answer.code == 1
    assert json.loads(answer.lines[0])["file"] == WEIGHTS
    assert download(run, server)[0] == 0
    assert run("models", "verify", "small").code == 0


def test_a_fault_is_one_line_and_an_event(run: Run, server: HubServer) -> None:
    server.troubles = [Trouble(times=99, status=404)]
    code, _, errors = download(run, server)
    assert (code, len(errors.splitlines())) == (1, 1 + errors.count("files,"))
    code, output, _ = download(run, server, "--json")
    assert code == 1
    assert json.loads(output.splitlines()[-1])["failure"]["fault"] == "not_found"


@pytest.mark.parametrize("name", ["../x", "nothing", "a/b/c", ""])
def test_what_is_no_repository_is_refused(run: Run, name: str) -> None:
    assert run("models", "download", name).code == 2


def test_only_models_of_the_user_can_be_removed(run: Run) -> None:
    answer = run("models", "remove", STARTER_MODEL)
    assert (answer.code, "comes with the program" in answer.errors) == (2, True)
    assert run("models", "remove", "../models").code == 2


def test_how_a_model_was_trained_is_told_and_can_be_chosen(run: Run, model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "tiny"))
    found = json.loads(run("info", folder).output)["training"]
    assert found["prediction_type"] == {"value": "epsilon", "why": "by its configuration"}
    chosen = json.loads(run("models", "choose", folder, "prediction_type=v", "zero_snr=yes").output)["training"]
    others = {"by its configuration": "epsilon"}
    assert chosen["prediction_type"] == {"value": "v_prediction", "why": "chosen by you", "others": others}
    moved = Path(shutil.copytree(folder, tmp_path / "moved", copy_function=shutil.copyfile))
    assert json.loads(run("info", moved).output)["training"] == found  # its hash is not known yet
    out = tmp_path / "a.png"
    run("generate", "abc", "--model", moved, "--size", "32x32", "--steps", "2", "--no-film", "-o", out)
    assert (
        json.loads(run("info", out).output)["request"]["training"] == "prediction_type=v_prediction zero_snr=yes"
    )
    assert json.loads(run("info", moved).output)["training"] == chosen
    assert json.loads(run("models", "choose", moved).output)["training"] == found


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        ("prediction_type=both", "epsilon"),
        ("shift=3", "NAME=VALUE"),
        ("size", "WIDTHxHEIGHT"),
        ("mood=x", "NAME=VALUE"),
    ],
)
def test_a_training_that_cannot_be_is_refused(run: Run, model: Path, pair: str, why: str) -> None:
    answer = run("models", "choose", model, pair)
    assert (answer.code, why in answer.errors) == (2, True)


def test_a_network_in_a_file_comes_with_its_parts_and_goes_on_where_it_was(run: Run) -> None:
    files = [*known_parts()["qwen_3_4b"].files, *known_parts()["ae"].files]
    files.append("split_files/diffusion_models/z_image_turbo_int8_convrot.safetensors")
    contents = {file: Content(3000, seed=number) for number, file in enumerate((*files, "other.safetensors"))}
    with HubServer({"Comfy-Org/z_image_turbo": Repository(contents)}) as server:
        answer = run("models", "download", "z_image_turbo_int8_convrot", "--endpoint", server.endpoint)
        assert answer.code == 0
        told = [json.loads(line)["model"] for line in answer.lines]
        assert told == ["z_image_turbo_int8_convrot", "qwen_3_4b", "ae"]
        there = {path.name for path in Folders.default().models.rglob("*.safetensors")}
        assert there == {"z_image_turbo_int8_convrot.safetensors", "qwen_3_4b.safetensors", "ae.safetensors"}
        single = run("models", "size", "ae", "--endpoint", server.endpoint)
        assert [file["file"] for file in json.loads(single.output)["files"]] == [*known_parts()["ae"].files]
