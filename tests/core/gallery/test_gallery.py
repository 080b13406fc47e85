from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from core.errors import InvalidRequest, LibraryInUse, SaveFailed
from core.gallery.gallery import Gallery
from core.gallery.marks import MarkChange, Marks, sidecar
from core.gallery.query import Query
from core.gallery.scan import Indexing, Listing, Scanned
from tests.core.gallery.conftest import Library


def test_a_scan_tells_its_progress_and_finds_everything(library: Library) -> None:
    library.add("a.png", minute=1)
    library.add("trip/b.png", minute=2)
    events = list(library.gallery.scan())
    assert [type(event) for event in events] == [Listing, Listing, Indexing, Scanned]
    assert events[-2:] == [Indexing(2, 2), Scanned(added=2, changed=0, vanished=0, away=())]
    assert library.names() == ["b.png", "a.png"]
    assert library.scan() == Scanned(0, 0, 0, ())


def test_a_rebuild_keeps_what_is_on_a_drive_that_is_away(library: Library, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    library.add("a.png")
    library.add(str(drive / "x.png"))
    library.gallery.add_folder(drive)
    library.scan()
    drive.rename(tmp_path / "unplugged")
    list(library.gallery.rebuild())
    assert {picture.path.name: picture.is_away for picture in library.found()} == {"a.png": False, "x.png": True}


def test_changed_and_vanished_files_are_noticed(library: Library) -> None:
    library.add("a.png", "a red house")
    library.add("b.png")
    library.scan()
    library.add("a.png", "a blue boat", minute=3)
    (library.pictures / "b.png").unlink()
    assert library.scan() == Scanned(added=0, changed=1, vanished=1, away=())
    assert [picture.prompt for picture in library.found()] == ["a blue boat"]
    assert library.names(Query(text="red")) == []


def test_a_film_that_comes_and_goes_is_noticed(library: Library) -> None:
    library.add("a.png")
    film = library.pictures / "a.film.safetensors"
    film.write_bytes(b"")
    library.scan()
    assert library.found()[0].has_film
    film.unlink()
    assert library.scan().changed == 1
    assert not library.found()[0].has_film


def test_what_is_no_picture_is_left_alone_and_what_is_broken_is_shown(library: Library) -> None:
    (library.pictures / "notes.txt").write_text("hello")
    (library.pictures / ".hidden.png").write_bytes(b"")
    (library.pictures / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (library.pictures / ".thumbnails").mkdir()
    library.add(".thumbnails/a.png")
    assert library.scan().added == 1
    (broken,) = library.found(Query(is_unreadable=True))
    assert broken.path.name == "broken.png"
    assert broken.problem


def test_a_saved_picture_is_known_at_once_and_a_removed_one_forgotten(library: Library) -> None:
    path = library.add("trip/a.png", "a red house")
    known = library.gallery.index(path)
    assert known is not None
    assert known.prompt == "a red house"
    assert library.scan() == Scanned(0, 0, 0, ())
    path.unlink()
    assert library.gallery.index(path) is None
    assert library.found() == []
    assert library.gallery.index(Path("/elsewhere/a.png")) is None


def test_marks_lie_beside_the_picture_and_can_be_undone(library: Library) -> None:
    path = library.add("a.png")
    library.scan()
    (picture,) = library.found()
    marked = library.gallery.mark([picture.id], MarkChange(rating=4, add_tags=("sea",)))
    assert library.gallery.mark_store.read(path) == Marks(rating=4, tags=("sea",))
    assert library.found()[0].rating == 4
    assert library.scan() == Scanned(0, 0, 0, ())
    library.gallery.set_marks(marked.before)
    assert not sidecar(path).exists()
    assert library.found()[0].rating == 0


def test_marks_changed_by_another_program_are_noticed(library: Library) -> None:
    path = library.add("a.png")
    library.scan()
    sidecar(path).write_text('{"format": 1, "rating": 2, "collections": ["Best"]}')
    assert library.scan().changed == 1
    assert library.found()[0].rating == 2
    assert library.names(Query(collection="Best")) == ["a.png"]


def test_a_folder_of_another_program_is_read_in_place_and_not_changed(library: Library, tmp_path: Path) -> None:
    foreign = tmp_path / "other"
    library.add(str(foreign / "x.png"))
    content = {path: path.stat().st_mtime_ns for path in [foreign, *foreign.rglob("*")]}
    library.gallery.add_folder(foreign)
    library.scan()
    (picture,) = library.found()
    library.gallery.mark([picture.id], MarkChange(rating=5))
    assert {path: path.stat().st_mtime_ns for path in [foreign, *foreign.rglob("*")]} == content
    list(library.gallery.rebuild())
    assert library.found()[0].rating == 5


def test_an_unplugged_drive_is_away_and_its_pictures_stay(library: Library, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    library.add(str(drive / "x.png"))
    library.gallery.add_folder(drive)
    library.scan()
    drive.rename(tmp_path / "unplugged")
    assert library.scan().away == (drive,)
    assert [picture.is_away for picture in library.found()] == [True]
    drive.mkdir()  # where it is attached
    assert library.scan().away == (drive,)
    drive.rmdir()
    (tmp_path / "unplugged").rename(drive)
    assert library.scan() == Scanned(0, 0, 0, ())
    assert [picture.is_away for picture in library.found()] == [False]


def test_folders_are_remembered_and_can_be_taken_out(library: Library, tmp_path: Path) -> None:
    foreign = tmp_path / "other"
    library.add(str(foreign / "x.png"))
    library.gallery.add_folder(foreign)
    library.scan()
    library.close()
    library.open()
    assert [folder.path for folder in library.gallery.library] == [library.pictures, foreign]
    library.gallery.remove_folder(foreign)
    assert library.found() == []
    assert (foreign / "x.png").exists()


def test_a_folder_inside_the_library_or_missing_is_refused(library: Library, tmp_path: Path) -> None:
    inside = library.pictures / "inside"
    inside.mkdir()
    for folder in (inside, library.pictures, tmp_path / "missing", Path("relative")):
        with pytest.raises(InvalidRequest):
            library.gallery.add_folder(folder)


def test_only_one_program_owns_the_library(library: Library) -> None:
    with pytest.raises(LibraryInUse):
        Gallery(library.folders, library.pictures)
    library.close()
    library.open()


def test_names_that_are_no_unicode_are_kept(library: Library) -> None:
    path = library.add("a.png")
    strange = os.fsencode(path.parent) + b"/caf\xe9.png"
    path.rename(os.fsdecode(strange))
    library.scan()
    assert [os.fsencode(picture.path) for picture in library.found()] == [strange]
    assert library.scan() == Scanned(0, 0, 0, ())


def test_what_a_killed_program_left_half_written_is_swept_up_later(library: Library, tmp_path: Path) -> None:
    foreign = tmp_path / "other"
    foreign.mkdir()
    library.gallery.add_folder(foreign)
    names = ("old", "new")
    for folder in (library.pictures, foreign):
        for name in names:
            (folder / f".emulsion-{name}.part").write_bytes(b"half")
        os.utime(folder / ".emulsion-old.part", (1, 1))
    library.scan()
    assert [path.name for path in library.pictures.iterdir()] == [".emulsion-new.part"]
    assert len(list(foreign.iterdir())) == 2  # nobody asked to change anything there


@pytest.mark.parametrize("is_own", [True, False])
def test_marks_follow_a_picture_that_another_program_moves_without_them(
    library: Library, tmp_path: Path, is_own: bool
) -> None:
    folder = tmp_path / "other"
    path = library.add(str(folder / "day1" / "x.png"))
    (folder / "day2").mkdir()
    library.gallery.add_folder(folder, is_own=is_own)
    library.scan()
    (picture,) = library.found()
    library.gallery.mark([picture.id], MarkChange(rating=3, add_tags=("sea",)))
    path.rename(folder / "day2" / "x.png")
    assert library.scan() == Scanned(added=1, changed=0, vanished=1, away=())
    (moved,) = library.found(Query(tags=("sea",)))
    assert (moved.path, moved.rating) == (folder / "day2" / "x.png", 3)


def test_a_picture_marked_while_it_waits_to_be_read_keeps_its_marks(library: Library) -> None:
    path = library.add("a.png")
    scan = library.gallery.scan()
    assert isinstance(next(scan), Listing)
    known = library.gallery.index(path)
    assert known is not None
    library.gallery.mark([known.id], MarkChange(rating=3))
    *_, last = scan
    assert isinstance(last, Scanned)
    assert library.found()[0].rating == 3


if sys.platform != "win32":  # which has no such limit
    import resource

    def test_a_full_disk_while_pictures_are_read_is_told_and_made_good_later(library: Library) -> None:
        for number in range(150):
            library.add(f"{number}.png", f"number {number} " + "word " * 300, minute=number)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            with pytest.raises(SaveFailed) as failed:
                list(library.gallery.scan())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert failed.value.reason
        library.close()
        library.open()
        assert library.gallery.fault == ""
        library.scan()
        assert len(library.found()) == 150
