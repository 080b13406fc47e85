"""Whichever write fails while marks are changed, they are as before or as after, in the file and in the index."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from core.errors import SaveFailed
from core.files.atomic import FileSystem
from core.gallery.gallery import Gallery
from core.gallery.marks import MarkChange, Marks, MarkStore, sidecar
from tests.core.gallery.conftest import Library
from tests.core.gallery.failing import FailingFileSystem, contents

BEFORE = Marks(rating=1, tags=("old",))
AFTER = Marks(rating=4, tags=("new", "old"))


class ReadOnlyFolder(FileSystem):
    """Refuses new files in one folder, as a disk that is write-protected."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, path: Path) -> int:
        if path.is_relative_to(self._folder):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return super().create(path)


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("failing_call", range(1, 16))
def test_marks_are_as_before_or_as_after(
    tmp_path: Path, failing_call: int, is_own: bool, expected_warnings: list[str]
) -> None:
    picture = tmp_path / "a.png"
    MarkStore(tmp_path / "mirror", lambda _: is_own).write(picture, BEFORE)
    disk = FailingFileSystem(failing_call)
    mark_store = MarkStore(tmp_path / "mirror", lambda _: is_own, disk)
    try:
        mark_store.write(picture, AFTER)
    except SaveFailed as error:
        assert error.reason == os.strerror(errno.ENOSPC)
        assert mark_store.read(picture) in (BEFORE, AFTER)
    else:
        assert mark_store.read(picture) == AFTER
    if disk.failed == "sync_folder":
        expected_warnings.append("could not be synchronised")
    assert not [name for name in contents(tmp_path) if name.endswith(".part")]


def test_where_nothing_can_be_written_beside_the_picture_marks_go_to_the_mirror(library: Library) -> None:
    path = library.add("a.png")
    library.scan()
    library.close()
    with Gallery(library.folders, library.pictures, ReadOnlyFolder(library.pictures)) as gallery:
        gallery.mark([1], MarkChange(rating=5))
        assert not sidecar(path).exists()
        assert gallery.mark_store.read(path).rating == 5
    library.open()
    list(library.gallery.rebuild())
    (picture,) = library.found()
    assert picture.rating == 5
    library.gallery.mark([picture.id], MarkChange(rating=2))  # it can be written again
    assert library.gallery.mark_store.mirrored_stamps() == {}
    assert library.gallery.mark_store.read(path).rating == 2


def test_a_full_disk_is_told_and_the_pictures_before_it_are_marked(library: Library) -> None:
    for name in ("a.png", "b.png"):
        library.add(name)
    library.scan()
    library.close()
    with Gallery(library.folders, library.pictures, FailingFileSystem(10_000)) as gallery:
        first, second = 1, 2
        gallery.mark([first, second], MarkChange(rating=1))
    full = ReadOnlyFolder(library.pictures.parent)
    with Gallery(library.folders, library.pictures, full) as gallery, pytest.raises(SaveFailed):
        gallery.mark([first, second], MarkChange(rating=5))
    library.open()
    library.scan()
    assert [picture.rating for picture in library.found()] == [1, 1]
