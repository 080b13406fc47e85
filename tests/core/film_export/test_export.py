"""Exported films can be opened again and hold the pictures, in time, with captions; cancelling leaves nothing."""

from __future__ import annotations

import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from core.errors import SaveFailed
from core.film_export.export import ExportOptions, Progress, export
from core.film_export.formats import FORMATS
from core.film_export.pictures import CaptionedPicture

COLOURS = [(200, 30, 30), (30, 180, 40), (40, 60, 210), (220, 220, 40), (128, 128, 128)]
ANIMATIONS = ("webp", "gif", "apng")


def frames(width: int = 64, height: int = 48) -> list[CaptionedPicture]:
    """Plain colours, to be known again after lossy compression."""
    return [
        CaptionedPicture(np.full((height, width, 3), colour, np.uint8), f"step {index + 1} of 5")
        for index, colour in enumerate(COLOURS)
    ]


def options(folder: Path, name: str, **changes: object) -> ExportOptions:
    values: dict[str, object] = {"frame_ms": 100, "hold_ms": 400, "has_captions": False} | changes
    return ExportOptions(folder / f"film{FORMATS[name].suffix}", name, **values)  # pyright: ignore[reportArgumentType]


def written(settings: ExportOptions) -> Path:
    progress = list(export(frames(), len(COLOURS), settings))
    assert progress == [Progress(done, 5) for done in range(1, 6)]
    assert [path.name for path in settings.path.parent.iterdir()] == [settings.path.name]
    return settings.path


def assert_colours(pictures: list[np.ndarray]) -> None:
    assert len(pictures) == len(COLOURS)
    for picture, colour in zip(pictures, COLOURS, strict=True):
        np.testing.assert_allclose(picture[:48, :64].reshape(-1, 3).mean(axis=0), colour, atol=6)


PACES = [((), [100, 100, 100, 100, 500]), ((1.5, 0.5, 2.0, 0.1, 1.0), [150, 50, 200, 20, 500])]
"""The pace of the pictures, and their durations in milliseconds, of which the least is 20."""


@pytest.mark.parametrize(("pace", "expected_ms"), PACES, ids=("equal", "paced"))
@pytest.mark.parametrize("name", ANIMATIONS)
def test_animations_hold_every_picture_in_its_time(
    tmp_path: Path, name: str, pace: tuple[float, ...], expected_ms: list[int]
) -> None:
    with Image.open(written(options(tmp_path, name, pace=pace))) as film:
        pictures: list[np.ndarray] = []
        durations_ms: list[float] = []
        for picture in ImageSequence.Iterator(film):
            picture.load()
            durations_ms.append(picture.info["duration"])
            pictures.append(np.asarray(picture.convert("RGB")))
        assert film.info["loop"] == 0
    assert_colours(pictures)
    assert durations_ms == expected_ms


@pytest.mark.parametrize(("pace", "expected_ms"), [((), [100] * 3), ((1.5, 0.5, 2.0, 0.1, 1.0), [200, 50, 150])])
def test_a_film_there_and_back_shows_each_change_as_long_on_its_way_back(
    tmp_path: Path, pace: tuple[float, ...], expected_ms: list[int]
) -> None:
    settings = options(tmp_path, "gif", pace=pace, goes_back=True)
    list(export(frames(), len(COLOURS), settings))
    with Image.open(settings.path) as film:
        shown = [
            (np.asarray(one.convert("RGB"))[0, 0], one.info["duration"]) for one in ImageSequence.Iterator(film)
        ]
    order = [*COLOURS, *COLOURS[3:0:-1]]
    assert len(shown) == len(order)
    for (pixel, _), colour in zip(shown, order, strict=True):
        np.testing.assert_allclose(pixel, colour, atol=6)
    assert [ms for _, ms in shown[5:]] == expected_ms
    assert [path.name for path in tmp_path.iterdir()] == [settings.path.name]


@pytest.mark.parametrize("name", ANIMATIONS)
def test_a_film_of_one_picture_is_a_picture(tmp_path: Path, name: str) -> None:
    settings = options(tmp_path, name)
    list(export(frames()[:1], 1, settings))
    with Image.open(settings.path) as film:
        film.load()
        assert film.size == (64, 48)


def test_video_holds_every_picture_and_repeats_the_last(tmp_path: Path) -> None:
    with av.open(str(written(options(tmp_path, "mp4")))) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == 10
    assert len(pictures) == 9
    assert_colours(pictures[:5])
    np.testing.assert_allclose(pictures[8].reshape(-1, 3).mean(axis=0), COLOURS[-1], atol=6)


def test_video_repeats_pictures_by_their_pace(tmp_path: Path) -> None:
    settings = options(tmp_path, "mp4", hold_ms=0, pace=(1.5, 0.5, 2.0, 0.25, 0.75))
    with av.open(str(written(settings))) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == 40
    shown = np.repeat(np.arange(5), (6, 2, 8, 1, 3))
    for picture, place in zip(pictures, shown, strict=True):
        np.testing.assert_allclose(picture.reshape(-1, 3).mean(axis=0), COLOURS[place], atol=6)


def test_video_of_odd_size_is_made_even(tmp_path: Path) -> None:
    settings = options(tmp_path, "mp4", has_captions=True)
    list(export(frames(width=65, height=49), 5, settings))
    with av.open(str(settings.path)) as container:
        stream = container.streams.video[0]
        assert (stream.width % 2, stream.height % 2) == (0, 0)
        assert stream.width in (64, 66)


def test_lossless_animation_is_exact_also_for_noise(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    settings = options(tmp_path, "apng")
    list(export([CaptionedPicture(picture) for picture in noise], 3, settings))
    with Image.open(settings.path) as film:
        read = [np.asarray(picture.convert("RGB")) for picture in ImageSequence.Iterator(film)]
    np.testing.assert_array_equal(read, noise)


def test_the_contact_sheet_shows_all_pictures_in_reading_order(tmp_path: Path) -> None:
    with Image.open(written(options(tmp_path, "sheet"))) as page:
        sheet = np.asarray(page.convert("RGB"))
    found = [
        sheet[y + 24, x + 32]
        for y in range(8, sheet.shape[0], 48 + 8)
        for x in range(8, sheet.shape[1], 64 + 8)
        if tuple(sheet[y + 24, x + 32]) != (24, 24, 25)
    ]
    np.testing.assert_array_equal(found, COLOURS)


def test_a_wide_contact_sheet_is_made_smaller(tmp_path: Path) -> None:
    pictures = [CaptionedPicture(np.zeros((900, 1200, 3), np.uint8))] * 12
    settings = options(tmp_path, "sheet")
    list(export(pictures, 12, settings))
    with Image.open(settings.path) as page:
        assert 3900 < page.width <= 4096


@pytest.mark.parametrize("name", FORMATS)
def test_captions_stand_below_the_picture(tmp_path: Path, name: str) -> None:
    plain, captioned = options(tmp_path / "a", name), options(tmp_path / "b", name, has_captions=True)
    pictures = [CaptionedPicture(np.full((128, 256, 3), 200, np.uint8), "3/5 · 80 % noise")] * 3
    list(export(pictures, 3, plain))
    list(export(pictures, 3, captioned))
    without, with_captions = first_picture(plain.path), first_picture(captioned.path)
    assert with_captions.shape[0] > without.shape[0] + 20
    if name != "sheet":
        np.testing.assert_allclose(with_captions[:120], 200, atol=6)
        band = with_captions[132:].astype(int)
        assert band.max() > 150
        assert np.median(band) < 60


def first_picture(path: Path) -> np.ndarray:
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            return next(container.decode(video=0)).to_ndarray(format="rgb24")
    with Image.open(path) as film:
        return np.asarray(film.convert("RGB"))


def test_the_size_can_be_chosen(tmp_path: Path) -> None:
    with Image.open(written(options(tmp_path, "webp", width_px=128))) as film:
        assert film.size == (128, 96)


@pytest.mark.parametrize("name", FORMATS)
def test_cancelling_leaves_nothing(tmp_path: Path, name: str) -> None:
    run = export(frames(), 5, options(tmp_path, name))
    assert next(run) == Progress(1, 5)
    next(run)
    run.close()
    assert list(tmp_path.iterdir()) == []


def test_cancelling_leaves_an_older_file_as_it_was(tmp_path: Path) -> None:
    settings = options(tmp_path, "gif")
    settings.path.write_bytes(b"older")
    run = export(frames(), 5, settings)
    next(run)
    run.close()
    assert settings.path.read_bytes() == b"older"


@pytest.mark.parametrize("name", FORMATS)
def test_an_error_among_the_pictures_leaves_nothing(tmp_path: Path, name: str) -> None:
    def failing() -> object:
        yield frames()[0]
        raise ValueError("no more pictures")

    with pytest.raises(ValueError, match="no more"):
        list(export(failing(), 5, options(tmp_path, name)))  # pyright: ignore[reportArgumentType]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SaveFailed):
        list(export(frames(), 5, options(tmp_path / "file", name)))


def test_exporting_fifty_steps_is_quick(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (50, 128, 128, 3), dtype=np.uint8)
    began = time.process_time()
    list(export([CaptionedPicture(picture) for picture in noise], 50, options(tmp_path, "webp")))
    assert time.process_time() - began < 30
