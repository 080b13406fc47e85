"""``emulsion models import``: from a place on the disk to the list of models."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from app.startup.single_instance import claim
from core.paths import Folders
from core.settings.settings import load_settings
from tests import original_names, tiny
from tests.app.cli.commands.conftest import Run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of another program: a whole model, and a transformer alone that takes the rest from it."""
    folder = tmp_path_factory.mktemp("other program")
    whole = tiny.z_image(folder / "whole")
    original_names.z_image(whole, folder / "dreams.safetensors")
    return folder


def installed(run: Run) -> set[str]:
    listed = map(json.loads, run("models", "list").lines)
    return {one["model"] for one in listed if one["is_installed"]}


def test_a_folder_of_another_program_is_read_in_place(run: Run, place: Path) -> None:
    run("models", "import", place / "whole")
    answer = run("models", "import", place)
    assert answer.code == 0, answer.errors
    told = {one["model"]: one for one in map(json.loads, answer.lines)}
    assert told["dreams"]["family"] == "z_image"
    assert told["dreams"]["file"] == str(place / "dreams.safetensors")
    assert not told["dreams"]["is_copied"]
    assert told["whole"]["folder"] == str(place / "whole")
    assert {"dreams", "whole"} <= installed(run)
    assert load_settings(Folders.default()).model_folders == (Folders.default().models, place / "whole", place)


def test_a_copy_lies_among_the_models_of_the_program(run: Run, place: Path) -> None:
    answer = run("models", "import", place / "whole", "--copy")
    told = json.loads(answer.output)
    copy = Folders.default().models / "whole"
    assert (answer.code, told["folder"], told["is_copied"]) == (0, str(copy), True)
    assert load_settings(Folders.default()).model_folders == (copy.parent,)
    assert "whole" in installed(run)
    assert run("models", "import", place / "whole", "--copy").code == 2


def test_the_hash_is_told_and_not_computed_again(run: Run, place: Path) -> None:
    run("models", "import", place / "whole", "--no-hash")
    file = place / "dreams.safetensors"
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    assert json.loads(run("models", "import", file).output)["sha256"] == expected
    stat = file.stat()
    content = file.read_bytes()
    try:
        file.write_bytes(b"\0" * stat.st_size)  # only who reads it again would notice
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert json.loads(run("models", "import", file).output)["sha256"] == expected
        assert json.loads(run("models", "info", "dreams").output)["sha256"] == expected
    finally:
        file.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("old.ckpt", b"\x80\x02", "run any program"),
        ("pickle.safetensors", b"\x80\x04marker", "pickle"),
        ("page.safetensors", b"<!DOCTYPE html><html>", "web page"),
        ("empty.safetensors", b"", "empty"),
        ("nothing.safetensors", None, "missing"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(
    run: Run, tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = load_settings(Folders.default())
    answer = run("models", "import", tmp_path / name)
    assert (answer.code, answer.output) == (2, "")
    assert why in answer.errors
    assert len(answer.errors.splitlines()) == 1
    assert load_settings(Folders.default()) == before


def test_a_folder_tells_what_in_it_is_refused(run: Run, place: Path, tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    (tmp_path / "both" / "model").symlink_to(place / "whole")
    (tmp_path / "both" / "page.safetensors").write_bytes(b"<html>")
    answer = run("models", "import", tmp_path / "both", "--no-hash")
    model, refused = map(json.loads, answer.lines)
    assert (answer.code, model["model"], model["sha256"]) == (0, "model", None)
    assert "web page" in refused["refused"]


def test_the_settings_of_an_open_window_are_left_to_it(run: Run, place: Path) -> None:
    claimed = claim(Folders.default().data)
    assert claimed is not None
    assert claimed.lock is not None
    try:
        answer = run("models", "import", place / "whole")
        assert answer.code == 2
        assert "“import without --copy” is not a possible option" in answer.errors, "no option that nobody gave"
        assert run("models", "import", place / "whole", "--copy").code == 0
    finally:
        claimed.lock.unlock()
