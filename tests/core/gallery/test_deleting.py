from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SaveFailed
from core.gallery.deleting import delete, restore
from core.gallery.gallery import Moved
from core.gallery.marks import NO_MARKS, MarkChange
from core.gallery.query import Query
from core.gallery.scan import Scanned
from tests.core.gallery.conftest import Library
from tests.core.gallery.failing import FailingFileSystem, FolderTrash, SecretiveTrash, contents

FILES = {"a.png": b"picture", "a.film.safetensors": b"film", "a.png.emulsion.json": b"{}"}


def fill(folder: Path) -> Path:
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder / "a.png"


def test_picture_film_and_marks_go_to_the_trash_and_come_back(tmp_path: Path) -> None:
    picture = fill(tmp_path / "p")
    trash = FolderTrash(tmp_path / "trash")
    deleted = delete(picture, tmp_path / "p", NO_MARKS, trash)
    assert contents(tmp_path / "p") == {}
    assert sorted(contents(tmp_path / "trash").values()) == sorted(FILES.values())
    assert deleted.can_be_restored
    assert not deleted.is_in_bin
    restore(deleted, trash)
    assert contents(tmp_path / "p") == FILES
    assert contents(tmp_path / "trash") == {}


@pytest.mark.parametrize("room", [0, 1, 2])
def test_what_the_trash_does_not_take_goes_to_the_bin_and_comes_back(tmp_path: Path, room: int) -> None:
    picture = fill(tmp_path / "p")
    trash = FolderTrash(tmp_path / "trash", room)
    deleted = delete(picture, tmp_path / "p", NO_MARKS, trash)
    assert deleted.is_in_bin
    assert (tmp_path / "p" / ".emulsion-bin" / "a.png").read_bytes() == b"picture"
    assert not picture.exists()
    restore(deleted, trash)
    assert contents(tmp_path / "p") == FILES


def test_pictures_of_one_name_all_find_room_in_the_bin(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    for content in (b"1", b"2", b"3"):
        (folder / "a.png").write_bytes(content)
        delete(folder / "a.png", folder, NO_MARKS, FolderTrash(tmp_path / "trash", 0))
    assert contents(folder / ".emulsion-bin") == {"a.png": b"1", "2-a.png": b"2", "3-a.png": b"3"}


@pytest.mark.parametrize("room", [0, 1, 2])
@pytest.mark.parametrize("failing_call", range(1, 15))
def test_whichever_write_fails_nothing_is_lost(
    tmp_path: Path, failing_call: int, room: int, expected_warnings: list[str]
) -> None:
    picture = fill(tmp_path / "p")
    disk = FailingFileSystem(failing_call)
    try:
        delete(picture, tmp_path / "p", NO_MARKS, FolderTrash(tmp_path / "trash", room), disk)
    except SaveFailed:
        found = contents(tmp_path / "p")
        assert {name: found.get(name) for name in FILES} == FILES
    else:
        assert not picture.exists()
        everywhere = [*contents(tmp_path / "p").values(), *contents(tmp_path / "trash").values()]
        assert set(everywhere) == set(FILES.values())
    if disk.failed == "sync_folder":
        expected_warnings.append("could not be synchronised")


def test_what_only_the_system_can_restore_says_so(tmp_path: Path) -> None:
    picture = fill(tmp_path / "p")
    trash = SecretiveTrash(tmp_path / "trash")
    deleted = delete(picture, tmp_path / "p", NO_MARKS, trash)
    assert not deleted.can_be_restored
    with pytest.raises(SaveFailed):
        restore(deleted, trash)


def test_coming_back_replaces_no_file(tmp_path: Path) -> None:
    picture = fill(tmp_path / "p")
    trash = FolderTrash(tmp_path / "trash")
    deleted = delete(picture, tmp_path / "p", NO_MARKS, trash)
    picture.write_bytes(b"another")
    with pytest.raises(SaveFailed):
        restore(deleted, trash)
    assert picture.read_bytes() == b"another"
    assert b"picture" in contents(tmp_path / "trash").values()


def test_the_gallery_forgets_a_deleted_picture_and_knows_a_restored_one(library: Library) -> None:
    path = library.add("trip/a.png")
    library.add("b.png")
    library.scan()
    (picture,) = library.found(Query(text="a", folder=path.parent))
    library.gallery.mark([picture.id], MarkChange(rating=4))
    (deleted,) = library.gallery.delete([picture.id])
    assert library.names() == ["b.png"]
    assert library.scan() == Scanned(0, 0, 0, ())
    restored = library.gallery.restore(deleted)
    assert restored is not None
    assert (restored.path, restored.rating) == (path, 4)


def test_marks_in_the_mirror_come_back_too(library: Library, tmp_path: Path) -> None:
    foreign = tmp_path / "other"
    library.add(str(foreign / "x.png"))
    library.gallery.add_folder(foreign)
    library.scan()
    (picture,) = library.found()
    library.gallery.mark([picture.id], MarkChange(rating=4))
    (deleted,) = library.gallery.delete([picture.id])
    assert library.gallery.mark_store.mirrored_stamps() == {}
    restored = library.gallery.restore(deleted)
    assert restored is not None
    assert restored.rating == 4


def test_renamed_and_moved_pictures_keep_their_id_and_marks(library: Library) -> None:
    library.add("a.png")
    library.scan()
    (before,) = library.found()
    library.gallery.mark([before.id], MarkChange(rating=4, add_tags=("sea",)))
    renamed = library.gallery.rename(before.id, "lighthouse")
    assert renamed == Moved(before.id, before.path, library.pictures / "lighthouse.png")
    (moved,) = library.gallery.move([before.id], library.pictures / "trip")
    assert moved == Moved(before.id, renamed.now, library.pictures / "trip" / "lighthouse.png")
    (after,) = library.found(Query(text="lighthouse", tags=("sea",)))
    assert (after.id, after.path, after.rating) == (before.id, moved.now, 4)
    assert library.scan() == Scanned(0, 0, 0, ())
    library.gallery.put_back(moved)
    library.gallery.put_back(renamed)
    (back,) = library.found(Query(tags=("sea",)))
    assert (back.id, back.path) == (before.id, before.path)
