"""A program killed at any moment while it saves and rates loses no finished picture and starts clean.

``EMULSION_KILLS=20`` for the long run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from core.gallery.query import Query
from core.gallery.schema import DAMAGED_NAME
from tests.core.gallery.conftest import Library

KILLS = int(os.environ.get("EMULSION_KILLS", "2"))

RUN = """
import sys
from pathlib import Path
from core.gallery.gallery import Gallery
from core.gallery.marks import MarkChange
from core.paths import Folders
from core.pictures.saving import save
from tests.pictures import generated_image

root = Path(sys.argv[1])
folders = Folders(*(root / name for name in ("pictures", "models", "data", "config", "cache", "logs")))
with Gallery(folders, folders.pictures) as gallery:
    for _ in gallery.scan():
        pass
    number = int(sys.argv[2])
    while True:
        number += 1
        path = save(generated_image(f"house {number}", seed=number), folders.pictures)
        print("saved", path.name, flush=True)
        picture = gallery.index(path)
        gallery.mark([picture.id], MarkChange(rating=1 + number % 5, add_tags=("sea",)))
        print("rated", path.name, 1 + number % 5, flush=True)
"""


def run_and_kill(root: Path, first: int, after_lines: int, delay_s: float) -> list[list[str]]:
    """Lets the program work, kills it, and returns what it said to have done."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(root), str(first)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told: list[str] = []
    try:
        told = [process.stdout.readline() for _ in range(after_lines)]
        time.sleep(delay_s)
    finally:
        process.kill()
        told += process.communicate()[0].splitlines()
    return [line.split() for line in told]


def test_nothing_finished_is_lost(library: Library, tmp_path: Path) -> None:
    library.close()
    dice = random.Random(time.time_ns())
    saved: set[str] = set()
    ratings: dict[str, int] = {}
    for kill in range(KILLS):
        for words in run_and_kill(tmp_path, kill * 10_000, dice.randrange(1, 40), dice.random() / 50):
            match words:
                case ["saved", name]:
                    saved.add(name)
                case ["rated", name, rating]:
                    ratings[name] = int(rating)
                case _:
                    raise AssertionError(words)
        library.open()
        assert library.gallery.fault == ""
        library.scan()
        found = {picture.path.name: picture for picture in library.found()}
        assert saved <= set(found)
        assert {name: found[name].rating for name in ratings} == ratings
        assert library.finder.count(Query(is_unreadable=True)) == 0
        assert not list(library.gallery.folder.glob(DAMAGED_NAME))
        library.close()
    for path in library.pictures.rglob("*.png"):
        with Image.open(path) as picture:
            picture.load()
    library.open()
