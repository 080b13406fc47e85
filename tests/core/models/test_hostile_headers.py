"""Headers that are damaged by chance or on purpose are told or refused, within bounds, and nothing is executed."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest

from core.errors import ModelBroken
from core.file_kinds.table import content_of, parts_in
from core.files.weights_header import read_header
from core.models.identity import identify
from tests.core.models.made_files import gguf, safetensors

COUNT, TRACED = 1500, 200
"""Files of each form, and the first of them, whose memory is measured: that takes twenty times as long."""


def mutated(content: bytes, draw: random.Random) -> bytes:
    """Returns a file with some bytes changed, cut out, doubled or put in; near its beginning."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(min(len(changed), 1200))
        match draw.randrange(5):
            case 0:
                changed[at] = draw.randrange(256)
            case 1:
                changed[at : at + 8] = draw.choice((2**63, 2**31, 10**9, 0)).to_bytes(8, "little")
            case 2:
                del changed[at : at + draw.randint(1, 40)]
            case 3:
                changed[at:at] = changed[at : at + draw.randint(1, 40)] * draw.randint(1, 50)
            case _:
                changed[at : at + 1] = draw.choice((b'"', b"{", b"}", b"[", b"\0", b"9" * 30, b"\xff"))
    return bytes(changed)


@pytest.mark.parametrize("form", ["safetensors", "gguf"])
def test_a_mutated_header_is_told_or_refused_with_a_reason(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"tried.{form}"
    small = {"blk.0.attn_norm.weight": (32,), "blk.0.attn_q_norm.weight": (32,), "blk.0.attn_q.weight": (32, 32)}
    whole = safetensors(path, small).read_bytes() if form == "safetensors" else gguf(path, small).read_bytes()
    draw, refused = random.Random(7), 0
    tracemalloc.start()
    for number in range(COUNT):
        if number == TRACED:
            assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
            tracemalloc.stop()
        path.write_bytes(mutated(whole, draw))
        try:
            facts = identify(path)
            assert facts.packing
        except ModelBroken as error:
            refused += 1
            assert error.reason
    assert COUNT // 5 < refused < COUNT


def test_a_name_of_many_dots_takes_no_more_room_than_others(tmp_path: Path) -> None:
    header = read_header(safetensors(tmp_path / "dots.safetensors", {"." * 20_000 + "x": (1,)}))
    tracemalloc.start()
    assert content_of(header).main is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * 2**20  # 200 MB for all beginnings of the name, four times as much for one twice as long


def test_a_file_that_claims_thousands_of_encoders_is_searched_for_a_few(tmp_path: Path) -> None:
    inner = "transformer.text_model.encoder.layers.0.mlp.fc1.weight"
    claimed = {f"text_encoders.{number}.{inner}": (1, 1) for number in range(3000)}
    assert 4 <= len(parts_in(read_header(safetensors(tmp_path / "many.safetensors", claimed)))) <= 16
