from __future__ import annotations

import struct

import pytest

from core.pictures.exif import build, texts


def comment_of(value: bytes, order: str = "<") -> bytes:
    """EXIF data in which only the comment stands."""
    mark = b"II" if order == "<" else b"MM"
    main = struct.pack(order + "HHHII", 1, 0x8769, 4, 1, 26) + bytes(4)
    inner = struct.pack(order + "HHHII", 1, 0x9286, 7, len(value), 44) + bytes(4)
    return mark + struct.pack(order + "HI", 42, 8) + main + inner + value


def test_what_was_built_is_read() -> None:
    assert texts(build("prompt 海 😀\nSteps: 1", '{"format":1}').tobytes().removeprefix(b"Exif\0\0")) == {
        "parameters": "prompt 海 😀\nSteps: 1",
        "emulsion": '{"format":1}',
    }


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + "a house, Steps: 3 é海".encode("utf-16-be"),
        b"UNICODE\0" + "a house, Steps: 3 é海".encode("utf-16-le"),
        b"ASCII\0\0\0" + "a house, Steps: 3 é海".encode(),
        bytes(8) + "a house, Steps: 3 é海".encode(),
    ],
    ids=["big-endian", "little-endian", "ascii", "no code"],
)
def test_comments_of_other_programs_are_read(comment: bytes, order: str) -> None:
    assert texts(comment_of(comment, order)) == {"parameters": "a house, Steps: 3 é海"}


def test_a_description_in_plain_words_is_no_recipe() -> None:
    assert "emulsion" not in texts(build("x", "A house by the sea").tobytes().removeprefix(b"Exif\0\0"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"II*\0",
        b"XX*\0\x08\0\0\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        comment_of(b"UNICODE\0abcd")[:-3],
        comment_of(b"x" * 20).replace(struct.pack("<I", 20), struct.pack("<I", 2**32 - 1)),
    ],
)
def test_damaged_data_is_an_error(data: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        texts(data)


def test_every_cut_is_an_error_or_no_text() -> None:
    data = comment_of(b"UNICODE\0" + "hello".encode("utf-16-be"))
    for length in range(len(data)):
        try:
            assert texts(data[:length]) == {}
        except (ValueError, struct.error):
            continue
