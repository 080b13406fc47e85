"""Each operation, event and error goes through the wire and comes back equal; nothing else is made."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, get_args

import numpy as np
import pytest

from core.engine.operations import OPERATIONS
from core.errors import ModelMissing, WireBroken
from core.film.film import Film
from core.remote.codec import Decoder, Encoder
from core.remote.frames import Bounds, Message, packed, read_message, write_message
from core.remote.messages import Told
from core.remote.table import ERRORS, TYPES, hints_of
from core.request.request import GenerationRequest
from core.runs.events import Event, ImageReady, LinearPreview, Started, Stepped
from tests.core.remote.values import made, same, value_of
from tests.synthetic_film import film

TIMES = 12
MUTATIONS = 2000


class Line:
    """A wire from an encoder to a decoder."""

    def __init__(self) -> None:
        self.encoder, self._decoder, self.sent = Encoder(), Decoder(), 0

    def carry(self, value: object) -> Any:
        content = self.written(value)
        message = read_message(io.BytesIO(content))
        assert message is not None
        return self._decoder.decode(message)

    def written(self, value: object) -> bytes:
        stream = io.BytesIO()
        write_message(stream, *self.encoder.encode(value))
        self.sent = len(stream.getvalue())
        return stream.getvalue()


@pytest.mark.parametrize("kind", [*TYPES.values(), *ERRORS.values()], ids=lambda kind: kind.__name__)
def test_every_value_of_the_table_comes_back_equal(kind: type) -> None:
    dice = random.Random(kind.__name__)
    line = Line()
    for _ in range(TIMES):
        value = made(kind, dice)
        assert same(line.carry(value), value)


def parts_of(hint: Any) -> set[type]:
    """Returns all classes of ours that an annotation names."""
    if inner := get_args(hint):
        return set[type]().union(*map(parts_of, inner))
    is_ours = isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, Enum))
    return {hint} if is_ours else set()


def test_the_table_has_every_operation_event_and_part_of_them() -> None:
    named = set(OPERATIONS) | set(get_args(Event))
    for kind in (*TYPES.values(), *ERRORS.values()):
        if not issubclass(kind, Enum):
            named |= set[type]().union(*map(parts_of, hints_of(kind).values()))
    assert {kind.__name__ for kind in named} <= set(TYPES)


def stepped(recorded: Film) -> Stepped:
    return Stepped(recorded, LinearPreview(recorded), 0.1)


def test_a_film_that_grows_is_sent_once_and_stays_the_same_film() -> None:
    whole, line = film(steps=12), Line()
    begun = replace(whole, frames=())
    before = line.carry(Started(begun, 0, 1)).film
    bytes_of_frame = sum(array.nbytes for array in arrays_of(whole.frames[0]))
    grown = begun
    for frame in whole.frames:
        grown = grown.with_frame(frame)
        event = line.carry(stepped(grown))
        assert line.sent < bytes_of_frame + 2500
        assert event.film.continues(before)
        assert event.preview.film is event.film
        assert event.film.frames[:-1] == before.frames
        before = event.film
    assert same(before, whole)


def arrays_of(frame: Any) -> list[Any]:
    values = (getattr(frame, field.name) for field in fields(frame))
    return [value for value in values if isinstance(value, np.ndarray)]


def test_after_a_new_beginning_everything_is_sent_again() -> None:
    whole, line = film(steps=3), Line()
    line.carry(stepped(whole))
    line.encoder.begin_anew()
    assert line.encoder.kept_bytes == 0
    assert same(line.carry(stepped(whole)).film, whole)
    assert line.encoder.kept_bytes > sum(array.nbytes for frame in whole.frames for array in arrays_of(frame)) / 2


def test_what_is_not_in_the_table_is_not_sent() -> None:
    for value in (object(), {1: object()}, Line(), np.zeros(2, np.complex64), ValueError("a")):
        with pytest.raises(TypeError):
            Encoder().encode(value)


def test_an_error_about_anything_is_told_in_words() -> None:
    error = ModelMissing("a", ("b",))
    error.model = Line  # pyright: ignore[reportAttributeAccessIssue]
    assert "Line" in Line().carry(error).model


def content_of(value: object, spoil: Callable[[Any], Any]) -> Message:
    text, _ = Encoder().encode(value)
    return Message(json.dumps([1, spoil(json.loads(text)[1])]).encode(), {})


@pytest.mark.parametrize(
    "spoiled",
    [
        {"Film": [1]},
        {"Stepped": "abc"},
        {"GenerationRequest": [7]},
        {"Path": ["a"]},
        {"os.system": ["true"]},
        {"#": -1},
        {"#": 0},
        {"#": "0"},
        {"array": "0" * 64},
        {"array": []},
        {"Phase": "mro"},
        {"Phase": "__class__"},
        {"error": ["SystemExit", []]},
        {"error": ["ModelBroken", [{"path": 3}, "a", False]]},
        {"time": "soon"},
        {"dict": [[{"list": []}, 1]]},
        {"Size": [True, 1.5]},
        {"Size": [1, 2, 3]},
        {"Lora": ["a", 1.0, "", 1, None]},
        {"Told": [1, {"Size": [1, 2]}]},
        {"Run": [1, {"FixedPlaces": [[], [], [], [], {"dict": []}, {"dict": []}]}, {"Ended": [1]}]},
        {"ExportFrame": [None, None, "abc", True]},
        {"a": 1, "b": 2},
        {},
    ],
)
def test_a_value_of_another_shape_is_refused_by_name(spoiled: Any) -> None:
    with pytest.raises(WireBroken):
        Decoder().decode(Message(json.dumps([1, spoiled]).encode(), {}))


@pytest.mark.parametrize("text", [b"", b"[", b"{}", b"[1]", b"\xff", b"[" * 100_000, b'[1,{"Size":[NaN,1]}]'])
def test_a_text_that_is_no_message_is_refused_by_name(text: bytes) -> None:
    with pytest.raises(WireBroken):
        Decoder().decode(Message(text, {}))


def test_frames_cut_off_or_too_long_are_refused_before_memory_is_taken() -> None:
    whole = Line().written(stepped(film(steps=2)))
    for length in (1, 8, 9, 20, len(whole) - 1):
        with pytest.raises(WireBroken):
            read_message(io.BytesIO(whole[:length]))
    for head in (b"\x01" + b"\xff" * 8, b"\x02" + (2**40).to_bytes(8, "little"), b"Last login: today"):
        with pytest.raises(WireBroken):
            read_message(io.BytesIO(head + bytes(100)))
    assert read_message(io.BytesIO(b"")) is None


class Endless:
    """A stream that repeats one frame."""

    def __init__(self, frame: bytes) -> None:
        self._frame, self._at, self.given = frame, 0, 0

    def read(self, size: int = -1, /) -> bytes:
        part = self._frame[self._at : self._at + size]
        self._at = (self._at + len(part)) % len(self._frame)
        self.given += len(part)
        return part


def test_an_endless_stream_of_arrays_ends_at_the_bound() -> None:
    for count in (100, 10**9):  # so many arrays, or so many bytes
        _, head, content = packed(np.zeros(1000, np.float32))
        frame = b"\x01" + (len(head) + content.nbytes).to_bytes(8, "little") + head + bytes(content)
        endless = Endless(frame)
        with pytest.raises(WireBroken):
            read_message(endless, Bounds(text=1000, array=10_000, arrays=2**20, count=count))
        assert endless.given < 2**20 + 2 * len(frame)


def test_the_same_content_is_sent_once_in_a_message() -> None:
    array = np.arange(1000, dtype=np.float32)
    text, arrays = Encoder().encode((array, array.copy()))
    assert len(arrays) == 1
    assert len(text) < 300


def test_mutated_messages_are_refused_by_name_or_are_values_of_the_table() -> None:
    dice = random.Random(5)
    picture = ImageReady(value_of(hints_of(ImageReady)["image"], dice), film(steps=2))
    values = [stepped(film(steps=2)), picture, Told(3, Started(film(steps=1), 0, 1)), GenerationRequest("a")]
    contents = [Line().written(value) for value in values]
    refused = 0
    for _ in range(MUTATIONS):
        content = bytearray(dice.choice(contents))
        for _ in range(dice.randrange(1, 4)):
            place = dice.randrange(len(content)) if dice.random() < 0.5 else -dice.randrange(1, 1200)
            match dice.randrange(4):
                case 0:
                    content[place % len(content)] = dice.randrange(256)
                case 1:
                    del content[place % len(content) :][: dice.randrange(1, 20)]
                case 2:
                    content[place % len(content) : place % len(content)] = dice.randbytes(dice.randrange(1, 9))
                case _:
                    content[place % len(content)] ^= 1 << dice.randrange(8)
        try:
            message = read_message(io.BytesIO(content))
            if message is not None:
                Decoder().decode(message)
        except WireBroken:
            refused += 1
    assert refused > MUTATIONS / 2
