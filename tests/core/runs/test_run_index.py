"""Pictures on the disk, found by their run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from core.pictures.saving import save
from core.recipes.recipe import Parent
from core.runs.branch_tree import branch_tree
from core.runs.run_index import RunIndex
from tests.pictures import generated_image, with_run


def save_run(folder: Path, run: str, parent: Parent | None = None, day: int = 21) -> Path:
    image = with_run(generated_image(run or "no run"), run, parent)
    return save(image, folder, datetime(2026, 11, day, 12, 0).astimezone())


def refresh(index: RunIndex, folder: Path) -> int:
    """Returns the number of files that had to be read."""
    return len(list(index.refresh(folder)))


def test_relatives_are_found_across_day_folders(tmp_path: Path) -> None:
    root = save_run(tmp_path, "root", day=19)
    child = save_run(tmp_path, "child", Parent("root", 8, "prompt"), day=20)
    save_run(tmp_path, "stranger")
    index = RunIndex()
    refresh(index, tmp_path)
    for asked in ("root", "child"):
        assert {path for path, _ in index.relatives(asked)} == {root, child}
    tree = branch_tree("child", index.relatives("child"))
    assert tree is not None
    assert [run.run for run in tree.runs] == ["root", "child"]


def test_only_what_is_new_or_changed_is_read(tmp_path: Path) -> None:
    for number in range(3):
        save_run(tmp_path, f"run {number}")
    index = RunIndex()
    assert refresh(index, tmp_path) == 3
    assert refresh(index, tmp_path) == 0
    child = save_run(tmp_path, "child", Parent("run 0", 8, "prompt"))
    assert refresh(index, tmp_path) == 1
    assert len(list(index.relatives("run 0"))) == 2
    child.write_bytes(b"not a picture any more")
    assert refresh(index, tmp_path) == 1
    assert len(list(index.relatives("run 0"))) == 1


def test_pictures_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    save_run(tmp_path, "root")
    child = save_run(tmp_path, "child", Parent("root", 8, "prompt"))
    index = RunIndex()
    refresh(index, tmp_path)
    child.unlink()
    refresh(index, tmp_path)
    assert [recipe.run for _, recipe in index.relatives("root")] == ["root"]


def test_what_is_no_picture_of_ours_does_no_harm(tmp_path: Path) -> None:
    save_run(tmp_path, "root")
    save_run(tmp_path, "")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    index = RunIndex()
    refresh(index, tmp_path)
    assert [recipe.run for _, recipe in index.relatives("root")] == ["root"]
    assert list(index.relatives("")) == []


def test_a_folder_that_is_missing_has_no_pictures(tmp_path: Path) -> None:
    index = RunIndex()
    assert refresh(index, tmp_path / "missing") == 0
    assert list(index.relatives("root")) == []
