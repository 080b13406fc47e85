"""Measures a library of many pictures: the first scan, later ones, every kind of query, thumbnails, memory.

Run: ``python -m tests.benchmarks.gallery [--pictures 100000] [--folder FOLDER]``; pictures that are in the folder
from an earlier run are used again.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psutil

from core.gallery.finder import Finder
from core.gallery.gallery import Gallery
from core.gallery.marks import MarkChange
from core.gallery.query import Group, Query, Sort
from core.gallery.stacks import stacks_of
from core.gallery.thumbnails import Thumbnails
from core.paths import Folders
from core.pictures.metadata import encode_png
from core.pictures.picture import GeneratedImage
from core.request.request import Size
from tests.pictures import generated_image

SEARCH_MS = 50.0
MEMORY_MIB = 600.0
A_DAY = 300
BATCH = 8
WORDS = (
    "red",
    "blue",
    "gold",
    "old",
    "house",
    "sea",
    "boat",
    "light",
    "river",
    "sky",
    "bird",
    "photo",
    "lamp",
    "harbour",
)
SAMPLERS = ("ddim", "euler", "euler_a", "dpmpp_2m", "unipc")
TYPED = "red house by the sea"


def make(folder: Path, count: int) -> None:
    """Small PNGs with recipes, in folders by day."""
    dice = random.Random(1)
    image = generated_image()
    start = datetime(2025, 1, 1).astimezone()
    for number in range(count):
        path = folder / f"{start + timedelta(days=number // A_DAY):%Y-%m-%d}" / f"{number:06}.png"
        prompt = " ".join(dice.choices(WORDS, k=12))
        sampler = dice.choice(SAMPLERS)
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        request = replace(image.request, prompt=prompt, sampler=sampler, seed=number, size=Size(32, 24))
        created = start + timedelta(days=number // A_DAY, minutes=number % A_DAY)
        batch = f"{number // BATCH:032x}" if number % 2 else ""
        recipe = replace(image.recipe, request=request, run=f"{number:032x}", batch=batch)
        path.write_bytes(encode_png(GeneratedImage(image.pixels, recipe), created))


def timed(name: str, work: Callable[[], object], times: int = 1) -> float:
    """Prints how long something takes, the best of some times, and returns that in milliseconds."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, (time.perf_counter() - began) * 1000)
    print(f"{name:44s} {best:10.1f} ms")
    return best


def questions(finder: Finder) -> None:
    slowest = 0.0
    for length in range(1, len(TYPED) + 1):
        query = Query(text=TYPED[:length])
        slowest = max(slowest, timed(f"typed {query.text!r}", lambda query=query: finder.find(query), 3))
    verdict = "met" if slowest < SEARCH_MS else "MISSED"
    print(f"slowest keystroke {slowest:.1f} ms: the bound of {SEARCH_MS:g} ms is {verdict}")
    for sort in Sort:
        timed(f"sorted by {sort.name}", lambda sort=sort: finder.find(Query(sort=sort)), 3)
    for group in Group:
        timed(f"grouped by {group.name}", lambda group=group: finder.find(Query(group=group)), 3)
        timed(f"in stacks by {group.name}", lambda group=group: finder.find(Query(group=group, stacks=True)), 3)
    timed("finding all stacks", lambda: stacks_of(finder._connection), 3)  # pyright: ignore[reportPrivateUsage]
    filters = {
        "sampler": Query(facets=frozenset({("sampler", "Euler")})),
        "rating": Query(smallest_rating=4),
        "film": Query(has_film=False),
        "tag": Query(tags=("sea",)),
        "seed": Query(seed=50_000),
        "days": Query(since=datetime(2025, 3, 1).date(), until=datetime(2025, 6, 1).date()),
    }
    for name, query in filters.items():
        timed(f"filtered by {name}", lambda query=query: finder.find(query), 3)
    timed("what the filters offer", lambda: list(finder.facets()), 3)
    ids = finder.find(Query()).ids
    middle = len(ids) // 2
    timed("a window of 100 pictures", lambda: finder.pictures(ids[middle : middle + 100]), 5)


def measure(root: Path, count: int) -> None:
    folders = Folders(*(root / name for name in ("pictures", "models", "data", "config", "cache", "logs")))
    timed(f"making {count} pictures", lambda: make(folders.pictures, count))
    process = psutil.Process()
    with Gallery(folders, folders.pictures) as gallery:
        timed("first scan" if gallery.needs_scan else "scan", lambda: list(gallery.scan()))
        timed("scan without changes", lambda: list(gallery.scan()), 2)
        finder = Finder(gallery.folder)
        ids = finder.find(Query()).ids
        timed("rating 200 pictures", lambda: gallery.mark(ids[:200].tolist(), MarkChange(4, add_tags=("sea",))))
        questions(finder)
        thumbnails = Thumbnails(folders.cache / "thumbnails")
        shown = finder.pictures(ids[:100])
        timed("making 100 thumbnails", lambda: [thumbnails.make(one.path, one.stamp, 256) for one in shown])
        finder.close()
    began = time.perf_counter()
    with Gallery(folders, folders.pictures) as gallery:
        finder = Finder(gallery.folder)
        for one in finder.pictures(finder.find(Query()).ids[:100]):
            Path(thumbnails.kept(one.path, one.stamp, 256) or "").read_bytes()
        finder.close()
        print(f"{'start to 100 kept thumbnails':44s} {(time.perf_counter() - began) * 1000:10.1f} ms")
    memory = process.memory_info().rss / 2**20
    print(
        f"memory {memory:.0f} MiB: the bound of {MEMORY_MIB:g} MiB is {'met' if memory < MEMORY_MIB else 'MISSED'}"
    )
    print(
        f"index {sum(file.stat().st_size for file in gallery.folder.iterdir() if file.is_file()) / 2**20:.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where to make them, and keep them (default: temporary)")
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if arguments.folder:
        measure(arguments.folder.absolute(), arguments.pictures)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.pictures)


if __name__ == "__main__":
    main()
