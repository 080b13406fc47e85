"""All values in files of commit d139c91 are read: pictures, films, settings, a library (``tests/data/README.md``).

A value that has been added since has its default.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from core.engine.engine import Engine
from core.film.attention_file import attention_path, read_attention
from core.film.reader import PART_SUFFIX, SUFFIX, film_path, read_recording
from core.film.stored import films, unfinished
from core.film.writer import FilmWriter
from core.gallery.finder import Finder
from core.gallery.gallery import Gallery
from core.gallery.marks import sidecar
from core.gallery.query import LibraryPicture, Query
from core.gallery.scan import Scanned
from core.gallery.schema import MIGRATIONS
from core.gallery.stored_values import add_checksum
from core.models.catalogue import Catalogue
from core.paths import Folders
from core.pictures.metadata import read_recipe
from core.request.request import GenerationRequest
from core.runs.operations import OpenFilm, result_of
from core.settings.settings import Settings, load_settings, save_settings

DATA = Path(__file__).parents[1] / "data" / "before_the_house"
HOME = PurePosixPath("/before-the-house")
"""The folder in which the library and the settings were made."""

EXPECTED: Mapping[str, Any] = json.loads((DATA / "expected.json").read_text("utf-8"))
FILMS: Mapping[str, Any] = EXPECTED["films"]
LIBRARY: Mapping[str, Any] = EXPECTED["library"]
IS_SAME_ARITHMETIC = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
"""Processors without these round some logarithms of the schedulers otherwise."""

DAMAGED_PICTURE = b"\x89PNG\r\n\x1a\nno picture"


def told(value: object) -> object:
    """Returns a value as JSON tells it."""
    match value:
        case Enum():
            return value.name
        case Path():
            return value.as_posix()
        case datetime():
            return value.astimezone(UTC).isoformat()
        case tuple() | list():
            return [told(item) for item in cast("tuple[object, ...]", value)]
        case Mapping():
            return {str(key): told(item) for key, item in cast("Mapping[object, object]", value).items()}
        case _:
            return value


def assert_holds(value: object, expected: Mapping[str, Any], where: str = "") -> None:
    """Compares every field that is expected; fields of requests that are not must have their default."""
    for name, wanted in expected.items():
        found = getattr(value, name)
        if is_dataclass(found):
            assert_holds(found, wanted, f"{where}.{name}")
        elif isinstance(wanted, list) and wanted and isinstance(found, tuple) and is_dataclass(found[0]):
            for item, entry in zip(cast("tuple[object, ...]", found), cast("list[Any]", wanted), strict=True):
                assert_holds(item, entry, f"{where}.{name}")
        else:
            assert told(found) == wanted, f"{where}.{name}"
    if isinstance(value, GenerationRequest):
        for field in fields(value):
            if field.name not in expected:
                assert getattr(value, field.name) == getattr(GenerationRequest(""), field.name)


@pytest.fixture(scope="module")
def rebuilt() -> Mapping[str, NDArray[Any]]:
    """All latents of the films, as the commit before rebuilt them."""
    return load_file(DATA / "rebuilt.safetensors")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Catalogue(()), device="cpu", dtype="float32")


@pytest.mark.parametrize("name", EXPECTED["pictures"])
def test_a_picture_tells_its_whole_recipe(name: str) -> None:
    assert_holds(read_recipe(DATA / "pictures" / name), EXPECTED["pictures"][name])


@pytest.mark.parametrize("name", FILMS)
def test_a_film_is_rebuilt_bit_for_bit(name: str, engine: Engine, rebuilt: Mapping[str, NDArray[Any]]) -> None:
    expected = dict(FILMS[name])
    path = DATA / "films" / expected.pop("file")
    recording = read_recording(path)
    assert recording.is_complete == expected.pop("is_complete")
    film = result_of(engine, OpenFilm(path)).film
    assert film.schedule.steps == tuple(expected.pop("steps"))
    assert _of_predictions(film.frames) == expected.pop("predictions_sha256")
    for words in ("words", "attention_calls"):
        expected.pop(words, None)
    assert_holds(film, expected)
    for part, found in {
        "noisy": np.stack([frame.noisy for frame in film.frames]),
        "denoised": np.stack([frame.denoised for frame in film.frames]),
        "sigmas": film.schedule.sigmas,
        "timesteps": film.schedule.timesteps,
        "matrix": film.latent_rgb.matrix,
        "bias": film.latent_rgb.bias,
    }.items():
        if IS_SAME_ARITHMETIC:
            np.testing.assert_array_equal(found, rebuilt[f"{name}.{part}"], strict=True)
        else:
            np.testing.assert_allclose(found, rebuilt[f"{name}.{part}"], rtol=1e-5, atol=1e-5)


def _of_predictions(frames: tuple[Any, ...]) -> str:
    parts = [part for frame in frames for part in (frame.guided, frame.cond, frame.uncond) if part is not None]
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def test_where_words_acted_is_read(rebuilt: Mapping[str, NDArray[Any]]) -> None:
    expected = FILMS["words"]
    record = read_attention(attention_path(DATA / "films" / "words.png"), expected["run"])
    for word, entry in zip(record.words, expected["words"], strict=True):
        assert_holds(word, entry)
    assert [maps.call for maps in record.calls] == expected["attention_calls"]
    np.testing.assert_array_equal([maps.maps for maps in record.calls], rebuilt["words.maps"])
    np.testing.assert_array_equal(record.mean, rebuilt["words.mean"])


def test_films_of_a_folder_are_found(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "films", tmp_path / "films"))
    assert {film.path.name for film in films(folder)} == {film["file"] for film in FILMS.values()}
    assert [run.path.name for run in unfinished(folder)] == [FILMS["cut-off"]["file"]]


def test_a_run_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    part = tmp_path / ("run" + PART_SUFFIX)
    shutil.copy(DATA / "films" / FILMS["cut-off"]["file"], part)
    with FilmWriter.resume(part) as writer:
        writer.finish()
    recording = read_recording(tmp_path / ("run" + SUFFIX))
    assert_holds(recording.film, {"request": FILMS["cut-off"]["request"], "run": FILMS["cut-off"]["run"]})
    assert len(recording.calls) == 3


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """The user's folders, which had `HOME` in the place of ``tmp_path``."""
    names = [field.name for field in fields(Folders)]
    for name in names:
        (tmp_path / name).mkdir()
    return Folders(*(tmp_path / name for name in names))


def test_no_setting_is_lost(folders: Folders, tmp_path: Path) -> None:
    text = (DATA / "settings.json").read_text("utf-8").replace(str(HOME), tmp_path.as_posix())
    (folders.config / "settings.json").write_text(text, "utf-8")
    expected = json.loads(json.dumps(EXPECTED["settings"]).replace(str(HOME), tmp_path.as_posix()))
    settings = load_settings(folders)
    assert_holds(settings, expected)
    for field in fields(Settings):
        if field.name not in expected:
            assert getattr(settings, field.name) == getattr(Settings.default(folders), field.name)
    save_settings(settings, folders)
    assert load_settings(folders) == settings


@pytest.fixture(params=range(1, len(MIGRATIONS)))
def library(request: pytest.FixtureRequest, folders: Folders, tmp_path: Path) -> Folders:
    """Puts the library of the commit before into the user's folders, with its index in each version since then."""
    day = Path(shutil.copytree(DATA / "pictures", folders.pictures / "day"))
    shutil.copy(DATA / "films" / FILMS["ddim"]["file"], film_path(day / "plain.png"))
    (folders.pictures / "damaged.png").write_bytes(DAMAGED_PICTURE)
    (tmp_path / "other").mkdir()
    shutil.copy(DATA / "pictures" / "plain.jpg", tmp_path / "other" / "foreign.jpg")
    gallery = Path(shutil.copytree(DATA / "library" / "gallery", folders.data / "gallery"))
    listed = gallery / "library.json"
    listed.write_text(listed.read_text("utf-8").replace(str(HOME), tmp_path.as_posix()), "utf-8")
    with closing(sqlite3.connect(gallery / "index.sqlite")) as index, index:
        for id, path in index.execute("SELECT id, path FROM folder").fetchall():
            moved = tmp_path / PurePosixPath(path).relative_to(HOME)
            index.execute("UPDATE folder SET path = ? WHERE id = ?", (str(moved), id))
        add_checksum(index)
        for number in range(1, request.param):
            index.executescript(f"{MIGRATIONS[number]}PRAGMA user_version = {number + 1};")
    for name, expected in LIBRARY.items():
        os.utime(tmp_path / name, ns=(expected["modified_ns"],) * 2)
        if "marks_ns" in expected and "mirror" not in expected:
            os.utime(sidecar(tmp_path / name), ns=(expected["marks_ns"],) * 2)
    return folders


@pytest.fixture
def gallery(library: Folders, tmp_path: Path) -> Iterator[Gallery]:
    with Gallery(library, library.pictures) as gallery:
        for name, expected in LIBRARY.items():
            if "mirror" in expected:
                kept = library.data / expected["mirror"]
                old_place = gallery.mark_store.mirrored(cast("Path", HOME / name))
                assert old_place.relative_to(library.data) == Path(expected["mirror"])
                here = gallery.mark_store.mirrored(tmp_path / name)  # the name comes from the picture's full path
                here.parent.mkdir(exist_ok=True)
                kept.rename(here)
                os.utime(here, ns=(expected["marks_ns"],) * 2)
        yield gallery


def found(gallery: Gallery) -> dict[Path, LibraryPicture]:
    with closing(Finder(gallery.folder)) as finder:
        return {picture.path: picture for picture in finder.pictures(finder.find(Query()).ids)}


def assert_whole(gallery: Gallery, home: Path) -> None:
    pictures = found(gallery)
    assert set(pictures) == {home / name for name in LIBRARY}
    for name, entry in LIBRARY.items():
        picture = pictures[home / name]
        expected = dict(entry)
        marks = gallery.mark_store.read(picture.path)
        named = tuple(expected.pop("tags")), tuple(expected.pop("collections"))
        assert (marks.tags, marks.collections) == named
        with closing(Finder(gallery.folder)) as finder:
            assert finder.marks_of(picture.id) == named
            values = finder.values_of(picture.id)
        assert [values.get(name, "") for name in ("model", "sampler")] == [
            expected.pop(name) for name in ("model", "sampler")
        ]
        assert (marks.rating, marks.note) == (expected["rating"], expected["note"])
        assert picture.folder == home / expected.pop("folder")
        for of_the_file in ("modified_ns", "marks_ns", "mirror"):
            expected.pop(of_the_file, None)
        assert_holds(picture, expected, name)


def test_the_library_and_its_marks_are_there(gallery: Gallery, tmp_path: Path) -> None:
    assert not gallery.fault
    list(gallery.scan())
    assert_whole(gallery, tmp_path)


def test_its_filters_work_at_once_and_every_picture_is_read_for_the_new_ones(gallery: Gallery) -> None:
    with closing(Finder(gallery.folder)) as finder:
        by_sampler, by_autoencoder = (
            Query(facets=frozenset({facet})) for facet in (("sampler", "UniPC"), ("autoencoder", "other"))
        )
        before = {picture.path: picture.id for picture in found(gallery).values()}
        (made_by,) = finder.pictures(finder.find(by_sampler).ids)
        assert finder.count(by_autoencoder) == 0
        *_, scanned = gallery.scan()
        assert isinstance(scanned, Scanned)
        assert (scanned.added, scanned.changed, scanned.vanished) == (0, len(before), 0)
        assert {picture.path: picture.id for picture in found(gallery).values()} == before
        assert finder.find(by_autoencoder).ids.tolist() == [made_by.id]
        *_, again = gallery.scan()
        assert again == Scanned(0, 0, 0, ())


def test_the_library_can_be_read_anew(gallery: Gallery, tmp_path: Path) -> None:
    list(gallery.rebuild())
    assert_whole(gallery, tmp_path)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (Query(text="blue"), {"branch.webp"}),
        (Query(text="海 Holz"), {"plain.png"}),
        (Query(tags=("house",)), {"plain.png", "branch.webp", "source.png"}),
        (Query(collection="Sea"), {"source.png"}),
        (Query(smallest_rating=5), {"plain.png"}),
        (Query(is_favourite=True), {"plain.png"}),
        (Query(is_unreadable=True), {"damaged.png"}),
        (Query(facets=frozenset({("sampler", "UniPC")})), {"autoencoder.png"}),
        (Query(has_film=True), {"plain.png", "plain.jpg", "plain.webp"}),
    ],
)
def test_pictures_are_found_by_what_they_are(gallery: Gallery, query: Query, names: set[str]) -> None:
    list(gallery.scan())
    with closing(Finder(gallery.folder)) as finder:
        assert {picture.path.name for picture in finder.pictures(finder.find(query).ids)} == names
