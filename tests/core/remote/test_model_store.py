"""Models that are sent: whole and right, or not there at all, and never outside the folder of models."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.checkpoints.cache import CheckpointCache
from core.engine.engine import Engine
from core.errors import InvalidRequest, SaveFailed, WireBroken
from core.models.catalogue import Catalogue
from core.remote import model_sending
from core.remote.messages import Lacks, ModelFile, OfferModel, PutModel
from core.remote.model_sending import Sent, send_model
from core.remote.model_store import ModelStore
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate
from tests.core.remote.far import FarEngines, Sshd

CONTENT = np.random.default_rng(5).integers(0, 256, 300_000, np.uint8).tobytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CUTS = int(os.environ.get("EMULSION_CUTS", "4"))


def offer(name: str = "a.safetensors", *files: ModelFile) -> OfferModel:
    return OfferModel(name, files or (ModelFile((), len(CONTENT), SHA256),))


def piece(offset: int, content: bytes, file: int = 0) -> PutModel:
    return PutModel(file, offset, np.frombuffer(content, np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "there" / "models"
    assert {path.name for path in tmp_path.iterdir()} <= {"there"}
    assert {path.name for path in (tmp_path / "there").glob("*")} <= {"models"}


def test_a_file_comes_in_pieces_goes_on_in_another_session_and_is_there_at_once_the_next_time(
    folder: Path,
) -> None:
    first = ModelStore(folder)
    assert first.offer(offer()) == Lacks(0, 0)
    assert first.put(piece(0, CONTENT[:1000])) == Lacks(0, 1000)
    assert first.put(piece(5000, CONTENT[5000:])) == Lacks(0, 1000)
    again = ModelStore(folder)
    assert not list(Catalogue((folder,)).find_all().refused)
    assert again.offer(offer()) == Lacks(0, 1000)
    assert again.put(piece(1000, CONTENT[1000:])) == Lacks(1, 0)
    assert [path.read_bytes() for path in folder.iterdir()] == [CONTENT]
    assert ModelStore(folder).offer(offer()) == Lacks(1, 0)


def test_a_wrong_byte_is_found_and_nothing_stays(folder: Path) -> None:
    store = ModelStore(folder)
    store.offer(offer())
    with pytest.raises(WireBroken, match="content"):
        store.put(piece(0, CONTENT[:-1] + b"x"))
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_another_model_of_that_name_stays_and_the_new_one_is_told_apart(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "a.safetensors").write_bytes(b"another")
    store = ModelStore(folder)
    store.offer(offer())
    store.put(piece(0, CONTENT))
    assert sorted(path.name for path in folder.iterdir()) == [f"a-{SHA256[:8]}.safetensors", "a.safetensors"]
    (folder / f"a-{SHA256[:8]}.safetensors").write_bytes(b"and another")
    with pytest.raises(InvalidRequest):
        store.offer(offer())


def test_a_disk_without_room_is_told_before(folder: Path) -> None:
    with pytest.raises(SaveFailed, match="needed"):
        ModelStore(folder, lambda _folder: len(CONTENT)).offer(offer())
    assert not folder.exists()


PART = ModelFile(("unet", "a.safetensors"), 1, SHA256)


@pytest.mark.parametrize(
    "wrong",
    [
        *(offer(name) for name in ("", ".", "..", "../a.safetensors", "/a.safetensors", "a/b.safetensors")),
        *(
            offer(name)
            for name in ("a.py", "a.ckpt", ".hidden.safetensors", "a\\b.safetensors", "a\0.safetensors")
        ),
        *(offer("a", ModelFile((name, "a.json"), 1, SHA256)) for name in ("..", "", "/etc", ".emulsion-x")),
        offer("a", ModelFile(("a.bin",), 1, SHA256)),
        offer("a", ModelFile(tuple("abcdefgh"), 1, SHA256)),
        offer("a", PART, ModelFile((), 1, SHA256)),
        offer("a", PART, PART),
        offer("a", *(ModelFile((f"{number}.json",), 1, SHA256) for number in range(1001))),
        *(offer("a.gguf", ModelFile((), size, SHA256)) for size in (-1, 2**50)),
        *(offer("a.gguf", ModelFile((), 1, sha256)) for sha256 in ("", "../../a", "0" * 63)),
        OfferModel("a", ()),
    ],
)
def test_what_could_be_written_elsewhere_is_refused(folder: Path, wrong: OfferModel) -> None:
    with pytest.raises(WireBroken):
        ModelStore(folder).offer(wrong)
    assert not folder.exists()


def test_pieces_out_of_turn_are_refused(folder: Path) -> None:
    store = ModelStore(folder)
    with pytest.raises(WireBroken):
        store.put(piece(0, CONTENT))
    store.offer(offer())
    for wrong in (piece(0, CONTENT, file=1), piece(0, CONTENT, file=-1), piece(0, CONTENT + b"x")):
        with pytest.raises(WireBroken):
            store.put(wrong)


def sent(far: FarEngines, place: Path) -> Generator[Sent]:
    return send_model(far.sessions, place, CheckpointCache())


@pytest.fixture
def far(sshd: Sshd, tmp_path: Path) -> FarEngines:
    return FarEngines(tmp_path / "home", sshd.ssh, "app")


def there(far: FarEngines) -> Path:
    return far.home / "Emulsion" / "models"


def test_a_file_that_has_changed_since_it_was_read_is_told(
    far: FarEngines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place := tmp_path / "a.safetensors").write_bytes(CONTENT)
    monkeypatch.setattr(CheckpointCache, "sha256_of", lambda _memory, _path: "0" * 64)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with pytest.raises(WireBroken, match="content"):
        list(sent(far, place))
    assert far.waited_for_the_end()


def test_a_model_that_was_sent_over_a_cut_line_makes_the_same_picture_there(
    far: FarEngines, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_sending, "PIECE", 2**12)
    dice, files = random.Random(5), [path for path in (models / "tiny").rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    cuts = sorted(dice.randrange(total) for _ in range(CUTS))
    for event in sent(far, models / "tiny"):
        if cuts and not event.is_read and event.done > cuts[0]:
            cuts.pop(0)
            far.cut()
    assert not cuts
    for path in files:
        assert (there(far) / "tiny" / path.relative_to(models / "tiny")).read_bytes() == path.read_bytes()
    assert [path.name for path in there(far).iterdir()] == ["tiny"]
    request = GenerationRequest("a house", model="tiny", size=Size(32, 32), steps=2, seed=3)
    remote = far.engine()
    try:
        *_, made = remote.run(Generate(request))
    finally:
        remote.close()
    *_, own = Engine(Catalogue((models,)), "cpu", "float32", collect=lambda: None).run(Generate(request))
    assert isinstance(made, ImageReady)
    assert isinstance(own, ImageReady)
    assert np.array_equal(made.image.pixels, own.image.pixels)
    assert far.waited_for_the_end()


def test_sending_that_was_cancelled_goes_on_where_it_was(far: FarEngines, tmp_path: Path) -> None:
    (place := tmp_path / "a.safetensors").write_bytes(CONTENT * 30)
    sending = sent(far, place)
    first = next(event for event in sending if not event.is_read and event.done)
    sending.close()
    assert far.waited_for_the_end()
    events = sent(far, place)
    second = next(event for event in events if not event.is_read and event.done)
    assert second.done >= first.done
    *_, last = events
    assert last == Sent(len(CONTENT) * 30, len(CONTENT) * 30)
    assert (there(far) / "a.safetensors").read_bytes() == CONTENT * 30
