"""Settings are checked once, at the border, and the message says what was expected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InvalidRequest
from core.request.request import GenerationRequest, Limits, Size, Source
from core.request.settings import validate

REQUEST = GenerationRequest("a house", seed=1)
LIMITS = Limits(size_step=8, smallest=64, largest=256)


@pytest.mark.parametrize("text", ["128x64", " 128 x 64 ", "128X64", "128×64"])
def test_a_size_is_read(text: str) -> None:
    assert Size.parse(text) == Size(128, 64)


@pytest.mark.parametrize("text", ["", "128", "axb", "-8x8", "128x", "1e3x8", "٣x٣"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidRequest, match="128x128"):
        Size.parse(text)


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ({"size": Size(130, 128)}, "width", "multiple of 8 from 64 to 256 (nearest: 128)"),
        ({"size": Size(128, 77)}, "height", "nearest: 80"),
        ({"size": Size(512, 128)}, "width", "nearest: 256"),
        ({"steps": 0}, "steps", "1 to 500"),
        ({"steps": 501}, "steps", "1 to 500"),
        ({"steps": 51, "sampler": "lcm"}, "steps", "1 to 50 with the sampler lcm"),
        ({"guidance_scale": -0.1}, "guidance", "0 to 30"),
        ({"guidance_scale": 30.5}, "guidance", "0 to 30"),
        ({"guidance_scale": float("nan")}, "guidance", "0 to 30"),
        ({"seed": -1}, "seed", "18446744073709551615"),
        ({"seed": 2**64}, "seed", "18446744073709551615"),
        ({"count": 0}, "count", "1 to 1000"),
        ({"sampler": "magic"}, "sampler", "ddim"),
    ],
)
def test_what_lies_outside_is_refused(changes: dict[str, object], field: str, allowed: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate(replace(REQUEST, **changes), LIMITS)  # pyright: ignore[reportArgumentType]
    assert caught.value.field == field
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    "changes",
    [
        {"size": Size(64, 256)},
        {"steps": 1},
        {"steps": 500},
        {"guidance_scale": 0.0},
        {"guidance_scale": 30.0},
        {"seed": 2**64 - 1},
        {"seed": None},
    ],
)
def test_the_ends_of_the_ranges_are_allowed(changes: dict[str, object]) -> None:
    validate(replace(REQUEST, **changes), LIMITS)  # pyright: ignore[reportArgumentType]


def test_lengths_snap_to_the_nearest_valid_one() -> None:
    assert [LIMITS.snap(length) for length in (0, 65, 68, 127, 1000)] == [64, 64, 72, 128, 256]


def test_guidance_is_off_at_one() -> None:
    assert not replace(REQUEST, guidance_scale=1.0).has_guidance
    assert replace(REQUEST, guidance_scale=1.1).has_guidance


@pytest.mark.parametrize(("strength", "steps"), [(0.6, 12), (1.0, 20), (0.05, 1), (0.99, 19)])
def test_the_strength_says_how_many_steps_are_made(strength: float, steps: int) -> None:
    assert Source("", strength).steps_of(20) == steps


@pytest.mark.parametrize(
    ("strength", "allowed"),
    [
        (0.0, "above 0 and at most 1"),
        (1.01, "above 0 and at most 1"),
        (float("nan"), "above 0 and at most 1"),
        (0.04, "at least 0.05: of 20 steps one must remain"),
    ],
)
def test_a_strength_that_leaves_nothing_to_do_is_refused(tmp_path: Path, strength: float, allowed: str) -> None:
    (tmp_path / "photo.png").touch()
    with pytest.raises(InvalidRequest) as raised:
        validate(replace(REQUEST, source=Source(str(tmp_path / "photo.png"), strength)), LIMITS)
    assert raised.value.field == "strength"
    assert allowed in raised.value.allowed


@pytest.mark.parametrize("path", ["", "photo.png", "/missing/photo.png", "/a\0b", "."])
def test_a_source_that_is_not_there_is_refused(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.png").touch()  # only a name, as recipes have it: any file here could be called so
    with pytest.raises(InvalidRequest) as raised:
        validate(replace(REQUEST, source=Source(path, 0.5)), LIMITS)
    assert raised.value.field == "image"
