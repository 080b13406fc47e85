from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

from core.gallery.system_trash import in_freedesktop_trash, in_recycle_bin

ROUND_TRIP = """
import sys
from pathlib import Path
from core.gallery.deleting import delete, restore
from core.gallery.marks import NO_MARKS
from core.gallery.system_trash import SystemTrash

folder = Path(sys.argv[1])
trash = SystemTrash()
for content in ("first", "second"):
    (folder / "ä b.png").write_text(content)
    (folder / "ä b.film.safetensors").write_text(content + " film")
    deleted = delete(folder / "ä b.png", folder, NO_MARKS, trash)
print(deleted.is_in_bin, deleted.can_be_restored)
restore(deleted, trash)
print((folder / "ä b.png").read_text(), (folder / "ä b.film.safetensors").read_text())
"""


def test_what_went_to_the_systems_trash_comes_back(tmp_path: Path) -> None:
    folder, home = tmp_path / "pictures", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    environment = os.environ | {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "PYTHONUTF8": "1"}
    process = subprocess.run(
        [sys.executable, "-c", ROUND_TRIP, str(folder)],
        cwd=Path(__file__).parents[3],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    if sys.platform == "linux":
        assert process.stdout.split("\n")[:2] == ["False True", "second second film"]
        assert sorted(path.name for path in (home / "data" / "Trash" / "files").iterdir()) == [
            "ä b.film.safetensors",
            "ä b.png",
        ]


def test_a_file_is_found_in_a_trash_as_the_specification_describes_it(tmp_path: Path) -> None:
    trash = tmp_path / ".Trash-1000"
    for part in ("info", "files"):
        (trash / part).mkdir(parents=True)
    (trash / "info" / "a b.png.trashinfo").write_text("[Trash Info]\nPath=x/a%20b.png\nDeletionDate=2026-01-01\n")
    (trash / "info" / "a b 1.png.trashinfo").write_text("[Trash Info]\nPath=y/a%20b.png\n")
    (trash / "info" / "a b 2.png.trashinfo").write_bytes(b"\xff\x00damaged")
    found = in_freedesktop_trash(trash, tmp_path, tmp_path / "y" / "a b.png")
    assert list(found) == [trash / "files" / "a b 1.png"]


def test_a_file_is_found_in_a_recycle_bin(tmp_path: Path) -> None:
    original = Path("C:\\Pictures\\a.png")
    name = str(original).encode("utf-16-le") + b"\0\0"
    head = struct.pack("<qqq", 2, 1000, 0)
    (tmp_path / "$IABCDEF.png").write_bytes(head + struct.pack("<i", len(name) // 2) + name)
    (tmp_path / "$IOLDOLD.png").write_bytes(struct.pack("<qqq", 1, 1000, 0) + name.ljust(520, b"\0"))
    (tmp_path / "$IBROKEN.png").write_bytes(b"x")
    os.utime(tmp_path / "$IOLDOLD.png", (1, 1))
    assert [path.name for path in in_recycle_bin(tmp_path, original)] == ["$RABCDEF.png", "$ROLDOLD.png"]
    assert list(in_recycle_bin(tmp_path, Path("C:\\Pictures\\b.png"))) == []
