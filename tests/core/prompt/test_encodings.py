"""The folder of encoded prompts: bounded, shared by processes, and never a reason to fail."""

import os
from pathlib import Path
from unittest.mock import Mock

import pytest

from core.prompt.encodings import SUFFIX, Encodings, users_encodings


def kept(folder: Path, most_bytes: int = 300) -> Encodings:
    return Encodings(folder, most_bytes)


def test_the_one_that_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    encodings = kept(tmp_path)
    paths = [encodings.path_of("encoder", text) for text in "abc"]
    for time, path in enumerate(paths):
        encodings.keep(path, bytes(100))
        os.utime(path, ns=(time, time))
    assert encodings.read(paths[0]) == bytes(100)
    encodings.keep(encodings.path_of("encoder", "d"), bytes(100))
    assert [path.exists() for path in paths] == [True, False, True]
    assert encodings.size() == 300
    encodings.keep(encodings.path_of("encoder", "e"), bytes(301))
    assert encodings.size() == 300


def test_each_text_and_encoder_has_a_place_of_its_own_that_tells_neither(tmp_path: Path) -> None:
    asked = [("a", "b"), ("ab", ""), ("", "ab"), ("b", "a")]
    paths = {kept(tmp_path).path_of(*one) for one in asked}
    assert len(paths) == len(asked)
    assert "house" not in str(kept(tmp_path).path_of("encoder", "house"))


def test_two_processes_may_remove_and_read_the_same_files(tmp_path: Path) -> None:
    one, other = kept(tmp_path), kept(tmp_path)
    path = one.path_of("encoder", "a")
    one.keep(path, b"content")
    other.keep(path, b"content")
    other.clear()
    assert one.read(path) is None
    one.forget(path)
    assert one.size() == 0


def test_what_another_process_was_writing_when_it_ended_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".emulsion-0123.part").write_bytes(bytes(10))
    (tmp_path / "notes.txt").write_text("mine")
    kept(tmp_path).clear()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("free", [0, 256 * 2**20])
def test_a_full_disk_only_costs_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr("core.prompt.encodings.free_bytes_at", Mock(return_value=free))
    encodings = kept(tmp_path)
    encodings.keep(encodings.path_of("encoder", "a"), b"content")
    assert encodings.size() == 0


def test_a_folder_that_cannot_be_made_only_costs_the_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    encodings = kept(tmp_path / "file")
    path = encodings.path_of("encoder", "a")
    encodings.keep(path, b"content")
    assert encodings.read(path) is None
    assert encodings.size() == 0
    encodings.clear()


def test_they_are_kept_in_the_users_folder_unless_that_is_switched_off(tmp_path: Path) -> None:
    assert users_encodings(tmp_path, keeps=False) is None
    assert users_encodings(None, keeps=True) is None
    encodings = users_encodings(tmp_path, keeps=True)
    assert encodings is not None
    assert encodings.path_of("", "").parent == tmp_path / "encodings"
    assert encodings.path_of("", "").suffix == SUFFIX
