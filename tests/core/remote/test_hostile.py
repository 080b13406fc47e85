"""Both ends against another one that lies: a named error, bounded memory, and nothing written outside."""

from __future__ import annotations

import errno
import hashlib
import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from core.checkpoints.cache import CheckpointCache
from core.errors import EmulsionError, EngineEnded, SaveFailed, WireBroken
from core.models.folders import FixedPlaces
from core.models.memory_plan import DeviceMemory
from core.remote import model_store
from core.remote.client import RemoteEngine
from core.remote.codec import Encoder
from core.remote.frames import Sink, Source, write_message
from core.remote.inbox import Inbox
from core.remote.messages import (
    Close,
    Ended,
    Hello,
    MakeEngine,
    ModelFile,
    Next,
    OfferModel,
    PutModel,
    Ready,
    Run,
    Told,
)
from core.remote.model_sending import send_model
from core.remote.model_store import ModelStore
from core.remote.server import Server
from core.remote.table import fingerprint
from core.request.request import GenerationRequest, Size
from core.runs.events import Advanced, Started
from core.runs.operations import Generate, ReportMemory
from core.runs.recorder import FilmRecorder
from tests.core.remote.fake_process import make
from tests.fakes import film
from tests.patience import LONGEST_S

MUTATIONS = 1000
"""At each end."""

READY = Ready("cpu", "Fake", "float32", "as asked", DeviceMemory("cpu", 2, 1))
OPERATION = Generate(GenerationRequest("a", size=Size(32, 32), steps=3, seed=1), run="r")
ORDERS = (Hello(fingerprint()), MakeEngine(), Run(1, FixedPlaces(), OPERATION), *(Next(1) for _ in range(9)))


class Canned:
    """A peer that has said all that it will ever say."""

    name = ""
    is_away = False

    def __init__(self, content: Source) -> None:
        self.inbox = Inbox(content)
        self.sink: Sink = io.BytesIO()
        self.is_alive = True

    def end(self, seconds: float) -> str:
        self.inbox.close(seconds + 2)
        return "it was canned"


def said(*values: object) -> bytes:
    stream, encoder = io.BytesIO(), Encoder()
    for value in values:
        write_message(stream, *encoder.encode(value))
    return stream.getvalue()


def served(content: bytes) -> bytes:
    """Returns what the engine's end answers."""
    inbox, answers = Inbox(io.BytesIO(content)), io.BytesIO()
    try:
        Server(inbox, answers, make).serve()
    finally:
        inbox.close()
    return answers.getvalue()


def asked(content: Source, folder: Path) -> None:
    """Has the window's end record a run of which another end says all."""
    engine = RemoteEngine(lambda: Canned(content), MakeEngine(), FixedPlaces, stops_within_s=0.0)
    try:
        list(FilmRecorder(lambda: folder).record(engine.run(OPERATION)))
    finally:
        engine.close()


@pytest.fixture(autouse=True)
def everything_stays_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "here" / "films").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    yield
    assert {path.name for path in (tmp_path / "here").iterdir()} == {"films"}
    assert {path.name for path in tmp_path.iterdir()} == {"here"}


def test_both_ends_understand_each_other_here(tmp_path: Path) -> None:
    answers = served(said(*ORDERS))
    asked(io.BytesIO(answers), tmp_path / "here" / "films")
    assert [path.name for path in (tmp_path / "here" / "films").iterdir()] == ["r.film.safetensors"]


def mutated(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.randrange(1, 4)):
        place = dice.randrange(len(changed))
        match dice.randrange(5):
            case 0:
                changed[place] = dice.randrange(256)
            case 1:
                del changed[place : place + dice.randrange(1, 40)]
            case 2:
                changed[place:place] = dice.randbytes(dice.randrange(1, 9))
            case 3:
                part = changed[place : place + dice.randrange(1, 400)]
                changed[place:place] = part
            case _:
                changed[place] ^= 1 << dice.randrange(8)
    return bytes(changed)


def tried(attempt: Callable[[bytes], object], content: bytes) -> int:
    """Returns how many of the mutations were refused; whatever else an end does with one fails the test."""
    dice, refused = random.Random(7), 0
    for _ in range(MUTATIONS):
        try:
            attempt(mutated(content, dice))
        except EmulsionError:
            refused += 1
        except RuntimeError as error:  # an error that the other end says nobody foresaw
            assert not isinstance(error, RecursionError | NotImplementedError)
            refused += 1
    return refused


def test_an_engine_refuses_mutated_orders_by_name() -> None:
    assert tried(served, said(*ORDERS, Close(1))) > MUTATIONS / 4


def test_a_window_refuses_mutated_answers_by_name(tmp_path: Path) -> None:
    answers = served(said(*ORDERS))
    folder = tmp_path / "here" / "films"
    assert tried(lambda content: asked(io.BytesIO(content), folder), answers) > MUTATIONS / 4


MODEL = bytes(range(256)) * 20
OFFER = OfferModel("a.safetensors", (ModelFile((), len(MODEL), hashlib.sha256(MODEL).hexdigest()),))
PIECES = (PutModel(0, at, np.frombuffer(MODEL[at : at + 2560], np.uint8)) for at in (0, 2560))
SENDING = (Hello(fingerprint()), OFFER, *PIECES)


def sent_to(content: bytes, folder: Path) -> bytes:
    inbox, answers = Inbox(io.BytesIO(content)), io.BytesIO()
    try:
        Server(inbox, answers, make, models=ModelStore(folder)).serve()
    finally:
        inbox.close()
    return answers.getvalue()


def test_an_engine_refuses_mutated_models_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "here" / "films"
    assert tried(lambda content: sent_to(content, folder), said(*SENDING)) > MUTATIONS / 4
    for path in folder.iterdir():
        assert path.name.startswith(".emulsion-sent-") or path.read_bytes() == MODEL


def test_a_window_that_sends_a_model_refuses_mutated_answers_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "here" / "films"
    answers = sent_to(said(*SENDING), folder)
    place = next(path for path in folder.iterdir() if path.is_file())

    def send(content: bytes) -> None:
        list(send_model(lambda: Canned(io.BytesIO(content)), place, CheckpointCache()))

    assert tried(send, answers) > MUTATIONS / 4


def test_a_disk_that_is_full_while_a_model_comes_is_told_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_piece: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model_store, "write_at", full)
    answers = sent_to(said(*SENDING), tmp_path / "here" / "films")
    (place := tmp_path / "here" / "films" / "a.safetensors").write_bytes(MODEL)
    with pytest.raises(SaveFailed, match=r"a\.safetensors: .*space"):
        list(send_model(lambda: Canned(io.BytesIO(answers)), place, CheckpointCache()))


def test_another_version_is_refused_by_both_ends(tmp_path: Path) -> None:
    for other in (Hello("0" * 16), Hello(fingerprint(), "Emulsion 99")):
        with pytest.raises(WireBroken, match="Emulsion"):
            served(said(other))
        with pytest.raises(WireBroken, match="Emulsion"):
            asked(io.BytesIO(said(other)), tmp_path)
    for nothing in (Next(1), READY):
        with pytest.raises(WireBroken):
            served(said(nothing))


@pytest.mark.parametrize(
    "orders",
    [
        (Next(1),),
        (Run(1, FixedPlaces(), OPERATION),),
        (MakeEngine(), MakeEngine()),
        (MakeEngine(), Run(1, FixedPlaces(), OPERATION), Run(1, FixedPlaces(), OPERATION)),
        (MakeEngine(), Next(2)),
        (MakeEngine(), Close(1)),
        (MakeEngine(), Ended(1)),
        (MakeEngine(), OPERATION),
    ],
)
def test_orders_out_of_turn_are_refused(orders: tuple[object, ...]) -> None:
    with pytest.raises(WireBroken):
        served(said(Hello(fingerprint()), *orders))


def test_answers_out_of_turn_are_refused(tmp_path: Path) -> None:
    for answers in ((READY, Ended(2)), (READY, READY), (Ended(0),), (READY, Told(2, Advanced(1, 2)))):
        with pytest.raises(WireBroken):
            asked(io.BytesIO(said(Hello(fingerprint()), *answers)), tmp_path)
    with pytest.raises(EngineEnded):
        asked(io.BytesIO(said(Hello(fingerprint()), READY)), tmp_path)


class Flood:
    """A stream that goes on for ever."""

    def __init__(self, first: bytes, rest: bytes) -> None:
        self._first, self._rest, self.given = first, rest, 0

    def read(self, size: int = -1, /) -> bytes:
        taken, self._first = self._first[:size], self._first[size:]
        while len(taken) < size:
            taken += self._rest[: size - len(taken)]
        self.given += len(taken)
        return taken


@pytest.mark.parametrize("rest", [bytes(1000), b"\xff" * 1000, b"\x02" + bytes(8), b"Hello " * 100])
def test_an_endless_stream_is_refused_at_once(tmp_path: Path, rest: bytes) -> None:
    flood = Flood(said(Hello(fingerprint()), READY), rest)
    with pytest.raises(WireBroken):
        asked(flood, tmp_path)
    assert flood.given < 2**22


@pytest.mark.parametrize("name", ["../up", "/tmp/absolute", "..", "a/b", "a\\b", "C:\\a", "../../" * 20 + "a"])
def test_a_run_whose_name_is_a_path_is_recorded_nowhere(tmp_path: Path, name: str) -> None:
    begun = Started(film(GenerationRequest("a", size=Size(32, 32), steps=3, seed=1)), 0, 1)
    object.__setattr__(begun.film, "run", name)
    answers = said(Hello(fingerprint()), READY)
    told = io.BytesIO()
    write_message(told, *Encoder().encode(Told(1, begun)))
    folder = tmp_path / "here" / "films"
    with pytest.raises(EngineEnded):
        asked(io.BytesIO(answers + told.getvalue()), folder)
    assert not list(folder.iterdir())
    recorder = FilmRecorder(lambda: folder)
    with pytest.raises(SaveFailed):
        recorder.put_beside(name, folder / "a.png")


def test_a_question_before_the_answer_is_one_too_many() -> None:
    orders = said(Hello(fingerprint()), MakeEngine(), Run(1, FixedPlaces(), ReportMemory()), *[Next(1)] * 5)
    with pytest.raises(WireBroken):  # the operation has ended after its second
        served(orders)


def test_a_client_that_leaves_without_a_word_ends_the_server() -> None:
    served = Thread(target=Server(Inbox(io.BytesIO()), io.BytesIO(), make).serve, daemon=True)
    served.start()
    served.join(LONGEST_S)
    assert not served.is_alive()


def test_an_engine_that_is_cut_off_while_it_sends_has_ended(tmp_path: Path) -> None:
    answers = served(said(*ORDERS))
    with pytest.raises(EngineEnded):
        asked(io.BytesIO(answers[:-3]), tmp_path / "here" / "films")
