from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import SaveFailed
from core.files.atomic import FileSystem, check_writable, write_file, write_new_file


class FailingFileSystem(FileSystem):
    """Fails at the N-th call with "No space left on device"; removing still works, as on a full disk."""

    def __init__(self, failing_call: int) -> None:
        self._calls_left = failing_call

    def _count(self) -> None:
        self._calls_left -= 1
        if self._calls_left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def make_folder(self, folder: Path) -> None:
        self._count()
        super().make_folder(folder)

    def create(self, path: Path) -> int:
        self._count()
        return super().create(path)

    def write(self, descriptor: int, content: memoryview) -> int:
        self._count()
        return super().write(descriptor, content[:4])  # short writes are allowed to happen

    def sync(self, descriptor: int) -> None:
        self._count()
        super().sync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        self._count()
        super().replace(source, target)

    def rename_new(self, source: Path, target: Path) -> None:
        self._count()
        super().rename_new(source, target)

    def sync_folder(self, folder: Path) -> None:
        self._count()
        super().sync_folder(folder)


class LinklessFileSystem(FileSystem):
    """Like FAT, which has no hard links."""

    def link(self, source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def test_writes_the_whole_content_and_nothing_else(tmp_path: Path) -> None:
    write_file(tmp_path / "new" / "a.txt", b"hello")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"hello"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_replaces_an_older_file(tmp_path: Path) -> None:
    write_file(tmp_path / "a.txt", b"old")
    write_file(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"


@pytest.mark.parametrize("file_system", [FileSystem(), LinklessFileSystem()], ids=["links", "no links"])
def test_a_new_file_never_replaces_another(tmp_path: Path, file_system: FileSystem) -> None:
    write_new_file(tmp_path / "a.txt", b"old", file_system)
    with pytest.raises(FileExistsError):
        write_new_file(tmp_path / "a.txt", b"new", file_system)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"old"}


@pytest.mark.parametrize("write", [write_file, write_new_file])
@pytest.mark.parametrize("failing_call", range(1, 8))
def test_whichever_call_fails_the_file_is_whole_or_absent(
    tmp_path: Path,
    write: Callable[[Path, bytes, FileSystem], None],
    failing_call: int,
    expected_warnings: list[str],
) -> None:
    path = tmp_path / "a.txt"
    failures: list[SaveFailed] = []
    try:
        write(path, b"content!", FailingFileSystem(failing_call))
    except SaveFailed as error:
        failures.append(error)
    has_name = failing_call == 7  # only the folder's synchronisation comes after the name
    if has_name:
        expected_warnings.append("could not be synchronised")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == (
        {"a.txt": b"content!"} if has_name else {}
    )
    assert [(error.path, error.reason) for error in failures] == (
        [] if has_name else [(path, os.strerror(errno.ENOSPC))]
    )


@pytest.mark.parametrize("failing_call", range(1, 7))
def test_whichever_call_fails_the_older_file_stays(tmp_path: Path, failing_call: int) -> None:
    path = tmp_path / "a.txt"
    write_file(path, b"older")
    with pytest.raises(SaveFailed):
        write_file(path, b"content!", FailingFileSystem(failing_call))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"a.txt": b"older"}


if sys.platform != "win32":  # which has no such limit
    import resource

    def test_the_systems_limit_on_file_sizes_leaves_nothing_behind(tmp_path: Path) -> None:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        try:
            with pytest.raises(SaveFailed) as failed:
                write_file(tmp_path / "a.bin", bytes(20_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert failed.value.reason == os.strerror(errno.EFBIG)
        assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(SaveFailed) as failed:
        write_new_file(tmp_path / "folder" / "a.txt", b"content")
    assert failed.value.reason == os.strerror(errno.ENOTDIR)


def test_check_writable_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "not" / "yet" / "there")
    assert list(tmp_path.iterdir()) == []


def test_check_writable_names_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveFailed):
        check_writable(tmp_path / "file" / "folder")
