"""A word's share is that of its tokens; a record sums up the calls it has."""

from __future__ import annotations

import numpy as np

from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.prompt.word import Word

WORDS = (Word("red", 2, 5, 2, 3), Word("house", 6, 11, 3, 5))


def tokens(seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).random((8, 4, 6))
    return (values / values.sum(axis=0)).astype(np.float16)


def test_the_share_of_a_word_is_that_of_its_tokens_together() -> None:
    maps = AttentionMaps.of_tokens(5, WORDS, tokens(0))
    assert maps.call == 5
    assert maps.maps.dtype == np.float16
    assert np.array_equal(maps.maps[0], tokens(0)[2])
    assert np.allclose(maps.maps[1], tokens(0)[3] + tokens(0)[4], atol=1e-3)


def test_a_prompt_without_words_has_no_maps() -> None:
    assert AttentionMaps.of_tokens(0, (), tokens(0)).maps.shape == (0, 4, 6)


def test_a_record_sums_its_calls_and_knows_which_it_has() -> None:
    record = AttentionRecord.begin(AttentionMaps.of_tokens(3, WORDS, tokens(0)))
    record = record.with_maps(AttentionMaps.of_tokens(4, WORDS, tokens(1)))
    first, second = record.at(3), record.at(4)
    assert first is not None
    assert second is not None
    assert record.at(0) is None
    expected = first.maps.astype(np.float32) + second.maps.astype(np.float32)
    assert np.array_equal(record.summed, expected)
    assert np.allclose(record.mean, expected / 2)
