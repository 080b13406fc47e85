"""Sizes in words."""

from __future__ import annotations

import pytest

from core.files.sizes import size_text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "1 kB"),
        (12_000, "12 kB"),
        (300_000, "0.3 MB"),
        (4_240_000, "4.2 MB"),
        (12e6, "12 MB"),
        (1.44e9, "1.4 GB"),
    ],
)
def test_sizes_are_told_with_two_figures(size_bytes: float, text: str) -> None:
    assert size_text(int(size_bytes)) == text


def test_progress_of_gigabytes_has_two_decimals() -> None:
    assert size_text(4_265_000_000, 2) == "4.26 GB"
