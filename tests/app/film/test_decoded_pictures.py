"""Decoded pictures are kept up to a limit; those not looked at for the longest go."""

from __future__ import annotations

import numpy as np

from app.film.decoded_pictures import DecodedPictures


def test_the_one_not_looked_at_for_the_longest_goes_first() -> None:
    pictures = DecodedPictures(limit_bytes=2 * 300)
    one = np.zeros((10, 10, 3), np.uint8)
    pictures.keep(1, one)
    pictures.keep(2, one)
    assert pictures.find(1) is one
    pictures.keep(3, one)
    assert [call for call in (1, 2, 3) if pictures.find(call) is not None] == [1, 3]


def test_a_picture_larger_than_the_limit_is_kept_alone() -> None:
    pictures = DecodedPictures(limit_bytes=10)
    pictures.keep(1, np.zeros((10, 10, 3), np.uint8))
    pictures.keep(2, np.zeros((10, 10, 3), np.uint8))
    assert pictures.find(1) is None
    assert pictures.find(2) is not None
