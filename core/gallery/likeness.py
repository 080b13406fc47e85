"""Finds pictures that look alike, by the colours of their parts; no weights are needed.

As the colour layout descriptor of MPEG-7 (ISO/IEC 15938-3): the picture in 4 x 4 places, each with its mean
luminance and chroma. Size, format and detail do not matter; what is where, and in which light, does.
"""

import sqlite3

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 4
MOST_APART = 28.0
"""Pictures that differ by more, root mean square of 255, look different. Pictures of one prompt by the starter
model differ by 8 to 17, those of other prompts in the same light by 13 to 25, and in another light by 40 to 90."""

LEFT = (
    "SELECT picture.id FROM picture JOIN folder ON folder.id = picture.folder "
    "LEFT JOIN likeness ON likeness.picture = picture.id "
    "WHERE NOT folder.is_away AND picture.problem = '' AND likeness.modified_ns IS NOT picture.modified_ns "
    "ORDER BY picture.id DESC LIMIT ?"
)
"""The pictures that have no layout yet, or one of an older state of the file, the newest first."""


def colour_layout(picture: Image.Image) -> bytes:
    """Returns uint8 (4, 4, 3), row by row: Y, Cb and Cr."""
    return picture.convert("YCbCr").resize((SIDE, SIDE), Image.Resampling.BOX).tobytes()


def difference(left: bytes, right: bytes) -> float:
    """Returns the root mean square of what two layouts differ by, 0 to 255."""
    return float(_apart(np.frombuffer(left, np.uint8), right))


def alike(connection: sqlite3.Connection, like: bytes, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns those of the pictures whose layout differs little from ``like``, the most alike first."""
    found = connection.execute("SELECT picture, layout FROM likeness WHERE layout IS NOT NULL").fetchall()
    layouts = np.frombuffer(b"".join(layout for _, layout in found), np.uint8).reshape(-1, SIDE * SIDE * 3)
    apart = _apart(layouts, like)
    order = np.argsort(apart, kind="stable")
    near = np.array([number for number, _ in found], np.int64)[order][apart[order] <= MOST_APART]
    return near[np.isin(near, ids)]


def _apart(layouts: NDArray[np.uint8], like: bytes) -> NDArray[np.float32]:
    return np.sqrt(np.square(layouts.astype(np.float32) - np.frombuffer(like, np.uint8)).mean(axis=-1))
