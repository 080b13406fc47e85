"""Files that are sent are kept by their content, each once, and nothing is written outside their folders."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import EmulsionError, FilmBroken, UnreadablePicture, WireBroken
from core.remote import store as store_module
from core.remote.codec import Encoder
from core.remote.messages import Answer, Failed, Has, Put
from core.remote.sending import PIECE, Sending
from core.remote.store import LARGEST, FileStore

CONTENT = np.random.default_rng(3).integers(0, 256, 2 * PIECE + 5, np.uint8).tobytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "there" / "sources", tmp_path / "there" / "sent")


def put(
    sha256: str = SHA256, name: str = "a.png", size: int = len(CONTENT), offset: int = 0, content: bytes = b""
) -> Put:
    return Put(sha256, name, size, offset, np.frombuffer(content, np.uint8))


@pytest.mark.parametrize("name", ["a\\b.png", "a\u200bb.png", f"{'ä' * 110}.png", "a\n.film", "a.\udcff"])
def test_a_picture_is_sent_whatever_it_is_called(store: FileStore, tmp_path: Path, name: str) -> None:
    (path := tmp_path / name).write_bytes(CONTENT)
    Sending(store.put, encoder := Encoder()).send(path)
    assert Path(encoder.renamed[str(path)]).read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["house.png", "house.film", "größe 1.webp"])
def test_a_file_is_sent_once_and_its_path_means_the_one_there(store: FileStore, tmp_path: Path, name: str) -> None:
    asked, encoder = list[Put](), Encoder()

    def ask(order: Put) -> Has:
        asked.append(order)
        return store.put(order)

    (path := tmp_path / name).write_bytes(CONTENT)
    sending = Sending(ask, encoder)
    sending.send(path)
    place = Path(encoder.renamed[str(path)])
    assert (place.name, place.read_bytes()) == (name, CONTENT)
    assert sending.back == {str(place): str(path)}
    count = len(asked)
    sending.send(path)
    assert len(asked) == count
    Sending(ask, Encoder()).send(path)
    assert len(asked) == count + 1
    assert not list(tmp_path.rglob("*.part"))


def test_sending_goes_on_where_it_ended(store: FileStore) -> None:
    assert store.put(put(content=CONTENT[:1000])).count == 1000
    assert store.put(put(offset=0, content=CONTENT[:1000])).count == 1000
    assert store.put(put(offset=5000, content=CONTENT[5000:])).count == 1000
    done = store.put(put(offset=1000, content=CONTENT[1000:]))
    assert (done.count, done.place.read_bytes()) == (len(CONTENT), CONTENT)


def test_a_file_that_came_whole_before_its_engine_ended_is_finished_by_the_next(store: FileStore) -> None:
    place = store.put(put(content=CONTENT[:-1])).place
    (part,) = place.parent.parent.glob("*.part")
    part.write_bytes(CONTENT)
    assert store.put(put()) == Has(SHA256, len(CONTENT), place)
    assert place.read_bytes() == CONTENT


def test_an_engine_that_is_sent_a_file_at_once_with_another_one_does_not_spoil_it(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, beside = store_module.write_at, list[Has]()

    def write_beside(path: Path, offset: int, content: NDArray[np.uint8]) -> None:
        monkeypatch.setattr(store_module, "write_at", write)
        beside.append(store.put(put(content=CONTENT[:1000])))
        write(path, offset, content)

    monkeypatch.setattr(store_module, "write_at", write_beside)
    assert (store.put(put(content=CONTENT[:1000])).count, beside[0].count) == (1000, 1000)
    assert store.put(put(offset=1000, content=CONTENT[1000:])).place.read_bytes() == CONTENT


def test_another_content_is_refused_and_not_kept(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(WireBroken):
        store.put(put(content=b"x" * len(CONTENT)))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "order",
    [
        *(
            put(name=name)
            for name in (
                "",
                ".",
                "..",
                "../a.png",
                "/etc/a.png",
                "a/b.png",
                "a\\b.png",
                "a\0",
                "a" * 300,
            )
        ),
        *(put(sha256=name) for name in ("", "../../a", "0" * 63, "g" * 64)),
        put(size=-1),
        put(size=2**40),
        put(offset=-1),
    ],
)
def test_a_path_for_a_name_is_refused(store: FileStore, tmp_path: Path, order: Put) -> None:
    with pytest.raises(WireBroken):
        store.put(order)
    assert not list(tmp_path.iterdir())


def test_the_oldest_films_go_first(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "KEPT_BYTES", 1)
    places = list[Path]()
    for number in range(3):
        content = bytes([number])
        places.append(store.put(put(hashlib.sha256(content).hexdigest(), "a.film", 1, 0, content)).place)
    assert [place.exists() for place in places] == [False, False, True]


def test_a_film_that_is_used_again_counts_as_new(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [put(hashlib.sha256(one).hexdigest(), "a.film", 1, 0, one) for one in (b"a", b"b", b"c")]
    places = [store.put(order).place for order in orders[:2]]
    for place in places:
        os.utime(place, (0, 0))
    monkeypatch.setattr(store_module, "KEPT_BYTES", 2)
    store.put(orders[0])
    store.put(orders[2])
    assert [place.parent.exists() for place in places] == [True, False]


def test_what_was_begun_to_be_sent_long_ago_is_removed(store: FileStore, tmp_path: Path) -> None:
    for name in ("a.png", "a.film"):
        store.put(put("0" * 64, name, content=CONTENT[:1000]))
    for part in (parts := list(tmp_path.rglob("*.part"))):
        os.utime(part, (0, 0))
    store.put(put("1" * 64, content=CONTENT[:1000]))
    assert (len(parts), [part.stem for part in tmp_path.rglob("*.part")]) == (2, ["1" * 64])


@pytest.mark.parametrize(("name", "error"), [("a.film", FilmBroken), ("a.png", UnreadablePicture)])
def test_a_file_that_is_too_large_is_told_before_anything_is_sent(
    tmp_path: Path, name: str, error: type[EmulsionError]
) -> None:
    with (path := tmp_path / name).open("wb") as file:
        file.truncate(LARGEST + 1)
    asked = list[Put]()
    with pytest.raises(error, match=r"4\.3 GB"):
        Sending(asked.append, Encoder()).send(path)
    assert not asked


@pytest.mark.parametrize(
    "answer", [Has(SHA256, 0, Path("/a")), Has("0" * 64, 1, Path("/a")), Has(SHA256, -1, Path("/a")), None]
)
def test_another_end_that_takes_nothing_is_not_asked_for_ever(answer: Answer | None, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(CONTENT)
    with pytest.raises(WireBroken):
        Sending(lambda _order: answer, Encoder()).send(tmp_path / "a.png")


def test_a_full_disk_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(CONTENT)
    with pytest.raises(WireBroken, match="full"):
        Sending(lambda _order: Failed(0, WireBroken("full")), Encoder()).send(tmp_path / "a.png")


def test_a_file_that_cannot_be_read_is_left_to_the_operation(store: FileStore, tmp_path: Path) -> None:
    sending = Sending(store.put, encoder := Encoder())
    sending.send(tmp_path / "none.png")
    assert not encoder.renamed
