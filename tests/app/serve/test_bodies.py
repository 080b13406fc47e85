from __future__ import annotations

import asyncio
import base64
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.serve import access, bodies
from app.serve.access import Access
from app.serve.bodies import Bodies
from app.serve.door import Door
from app.serve.server import application
from tests.app.serve.conftest import TOKEN, Caller, picture
from tests.patience import LONGEST_S

GENERATE = "/v1/images/generations"
PAUSE_S = 0.01
FIELD = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n'
MANY = FIELD * 100 + b"--x--\r\n"


def sent(door: Door, chunks: Iterator[bytes] | None, length: int | None = None) -> tuple[int, dict[str, Any], int]:
    """Sends a body chunk by chunk, slowly, or begins one and goes silent.

    Returns the status, the answer and how many bytes were taken.
    """
    answers: list[Any] = []
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        if chunks is None:
            await asyncio.Event().wait()
        await asyncio.sleep(PAUSE_S)
        body = next(chunks, b"") if chunks is not None else b""
        taken += len(body)
        return {"type": "http.request", "body": body, "more_body": bool(body)}

    async def send(message: Any) -> None:
        answers.append(message)

    told = b"%d" % length if length is not None else None
    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {TOKEN}".encode())]
    headers.append((b"content-length", told) if told else (b"transfer-encoding", b"chunked"))
    scope = {"type": "http", "method": "POST", "path": GENERATE, "raw_path": GENERATE.encode(), "headers": headers}
    scope |= {"query_string": b"", "root_path": "", "scheme": "http", "server": ("localhost", 80)}
    asyncio.run(Access(application(door), TOKEN)(scope, receive, send))
    content = b"".join(message.get("body", b"") for message in answers[1:])
    assert answers[0]["status"] == 400 or (b"connection", b"close") in answers[0]["headers"]
    return answers[0]["status"], json.loads(content), taken


@pytest.fixture(autouse=True)
def short_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "LINGER_S", 0.1)


def forever(chunk: bytes) -> Iterator[bytes]:
    while True:
        yield chunk


def test_a_body_that_does_not_come_is_cut_off(real_door: Door) -> None:
    status, told, _ = sent(replace(real_door, bodies=Bodies(0.1, LONGEST_S)), None, 1000)
    assert (status, told["error"]["message"][-1]) == (408, ".")


def test_a_body_that_comes_drop_by_drop_is_cut_off(real_door: Door) -> None:
    assert sent(replace(real_door, bodies=Bodies(LONGEST_S, 0.2)), forever(b" "), 1_000_000)[0] == 408


def test_a_body_that_is_told_to_be_huge_is_not_read(real_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "LINGER_S", 0.0)
    status, told, taken = sent(real_door, forever(b"x" * 1000), 500_000_000)
    assert (status, told["error"]["code"], taken) == (413, "too_large", 0)


def test_a_body_without_an_end_is_read_up_to_the_limit(real_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST", 10_000)
    monkeypatch.setattr(access, "LINGER_S", 0.0)
    status, _, taken = sent(real_door, forever(b"x" * 4000))
    assert status == 413
    assert taken <= 16_000


def test_all_bodies_together_are_bounded_and_room_is_given_back(
    real_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "LARGEST_TOGETHER", 10_000)
    assert sent(real_door, forever(b"x" * 4000))[0] == 503
    assert sent(real_door, iter([b"{", b" " * 9000, b"}"]))[0] == 400  # a prompt is missing


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'{"prompt": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"prompt": "a", "steps": NaN}',
        b'{"prompt": "a", "seed": ' + b"9" * 4000 + b"}",
        b'{"prompt": "a", "seed": 1e999}',
    ],
)
def test_what_is_no_sound_json_is_refused(real_door: Door, body: bytes) -> None:
    answer = Caller(real_door)("POST", GENERATE, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith(".")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"{}", "application/json"),
        (MANY, "multipart/form-data; boundary=x"),
    ],
)
def test_what_is_no_sound_form_is_refused(real_door: Door, body: bytes, kind: str) -> None:
    answer = Caller(real_door)("POST", "/v1/images/edits", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400


def bomb(side: int, rows: int) -> bytes:
    """Returns a PNG that tells to be a square of this side, with so many rows of black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(bytes((1 + 3 * side) * rows), 9)
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("side", "rows"), [(9000, 1000), (100_000, 1)])
def test_a_picture_that_unpacks_to_more_than_it_should_is_refused(real_door: Door, side: int, rows: int) -> None:
    text = base64.b64encode(bomb(side, rows)).decode()
    answer = Caller(real_door).post("/sdapi/v1/img2img", {"init_images": [text], "width": 64, "height": 64})
    assert answer.status_code == 422
    files = [("image", ("a.png", bomb(side, rows), "image/png"))]
    answer = Caller(real_door)("POST", "/v1/images/edits", files=files, data={"prompt": "a tree"})
    assert answer.status_code == 400
    assert [*real_door.folder.iterdir()] == []


def test_base64_may_have_line_breaks(real_door: Door) -> None:
    text = base64.encodebytes(picture()).decode()
    answer = Caller(real_door).post("/sdapi/v1/png-info", {"image": text})
    assert answer.status_code == 200
