"""Films in a folder: cut-off runs are offered, sizes are told, old films go."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from core.film.stored import films, remove_older, unfinished
from core.film.writer import FilmWriter
from tests import synthetic_film


def recorded(path: Path, *, is_finished: bool, days_ago: float = 0) -> Path:
    film = synthetic_film.film(3)
    with FilmWriter(path, film) as writer:
        writer.write(film.frames[0])
        if is_finished:
            writer.finish()
    made = (datetime.now() - timedelta(days=days_ago)).timestamp()
    written = writer.path if is_finished else writer.part_path
    os.utime(written, (made, made))
    return written


def test_offers_cut_off_runs_newest_first(tmp_path: Path) -> None:
    old = recorded(tmp_path / "a.film.safetensors", is_finished=False, days_ago=2)
    new = recorded(tmp_path / "b.film.safetensors", is_finished=False, days_ago=1)
    recorded(tmp_path / "c.film.safetensors", is_finished=True)
    (tmp_path / "d.film.safetensors.part").write_bytes(bytes(100))
    runs = unfinished(tmp_path)
    assert [run.path for run in runs] == [new, old]
    assert {(run.request.prompt, run.step) for run in runs} == {(synthetic_film.film(3).request.prompt, 1)}
    assert (datetime.now() - runs[0].made).days == 1


def test_does_not_offer_a_run_that_is_going_on(tmp_path: Path) -> None:
    film = synthetic_film.film(3)
    with FilmWriter(tmp_path / "a.film.safetensors", film) as writer:
        writer.write(film.frames[0])
        assert unfinished(tmp_path) == []
    assert [run.path for run in unfinished(tmp_path)] == [writer.part_path]


def test_a_missing_folder_holds_no_films(tmp_path: Path) -> None:
    assert unfinished(tmp_path / "gone") == []
    assert films(tmp_path / "gone") == []


def test_tells_the_sizes_of_films_in_all_folders(tmp_path: Path) -> None:
    (tmp_path / "2026-11-20").mkdir()
    path = recorded(tmp_path / "2026-11-20" / "a.film.safetensors", is_finished=True)
    (tmp_path / "picture.png").write_bytes(b"x")
    cut = recorded(tmp_path / ".unfinished" / "b.film.safetensors", is_finished=False, days_ago=1)
    words = tmp_path / "2026-11-20" / "a.words.safetensors"
    words.write_bytes(bytes(500))
    with FilmWriter(tmp_path / "c.film.safetensors", synthetic_film.film(3)) as writer:
        writer.write(synthetic_film.film(3).frames[0])
        assert [(film.path, film.size_bytes) for film in films(tmp_path)] == [
            (cut, cut.stat().st_size),
            (path, path.stat().st_size + 500),
        ]


def test_removes_only_films_older_than_a_date(tmp_path: Path) -> None:
    old = recorded(tmp_path / "old.film.safetensors", is_finished=True, days_ago=40)
    cut = recorded(tmp_path / "cut.film.safetensors", is_finished=False, days_ago=40)
    new = recorded(tmp_path / "new.film.safetensors", is_finished=True, days_ago=1)
    picture, words = tmp_path / "old.png", tmp_path / "old.words.safetensors"
    for path in (picture, words):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    sizes = old.stat().st_size + cut.stat().st_size + 1
    assert remove_older(tmp_path, datetime.now() - timedelta(days=30)) == sizes
    assert sorted(tmp_path.iterdir()) == sorted([new, picture])
