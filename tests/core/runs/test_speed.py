"""The time that pictures take, from the recipes of earlier ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.pictures.picture import GeneratedImage
from core.pictures.saving import save_in
from core.request.request import GenerationRequest, Size, Source
from core.runs.speed import Speed, newest_recipes
from tests.pictures import generated_image

REQUEST = GenerationRequest("a house", model="dreams", size=Size(32, 24), steps=10, seed=7)


def picture(seconds: float, stage: str = "final", **changes: object) -> GeneratedImage:
    image = generated_image()
    request = replace(REQUEST, **changes)
    return replace(image, recipe=replace(image.recipe, request=request, seconds=seconds, stage=stage))


def test_earlier_pictures_tell_the_time_of_one(tmp_path: Path) -> None:
    for seconds in (4.0, 5.0, 90.0):
        save_in(picture(seconds), tmp_path / "2026-11-27" / "grid")
    save_in(picture(1.0, stage="denoised"), tmp_path)  # kept from a step: its seconds are of something else
    save_in(picture(60.0, model="another"), tmp_path / "2026-11-26")
    (tmp_path / "2026-11-27" / "broken.png").write_bytes(b"no picture")
    speed = Speed()
    assert speed.of_picture(REQUEST) is None
    speed.learn_from(newest_recipes(tmp_path))
    assert speed.of_picture(REQUEST) == 5.0
    assert speed.of_picture(replace(REQUEST, model="/models/dreams.safetensors", steps=20)) == 10.0
    assert speed.of_picture(replace(REQUEST, source=Source("x", 0.5))) == 2.5  # half of the steps are made
    assert speed.of_picture(replace(REQUEST, model="third")) is None
    assert not list(newest_recipes(tmp_path / "gone"))


def test_what_was_measured_counts_more_than_what_was_read() -> None:
    speed = Speed()
    speed.learn(REQUEST, 2.0)
    speed.learn_from([picture(9.0).recipe])
    assert speed.of_picture(REQUEST) == 2.0
