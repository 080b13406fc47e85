"""Drawn postcards: the same for the same seed, and as their scenes say by plain colour statistics."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.training.palette import DAYLIGHT, PAINTS
from core.training.postcards import draw
from core.training.scene import COLOURS, TERRAINS, TIMES, Colour, Scene, Terrain, Time, random_scene

Pictures = NDArray[np.float32]


def brightness(pictures: Pictures) -> NDArray[np.float32]:
    """Mean luminance of each picture, (batch,)."""
    return (pictures @ np.array((0.299, 0.587, 0.114), dtype=np.float32)).mean(axis=(1, 2))


def ground_whiteness(pictures: Pictures) -> NDArray[np.float32]:
    """Returns the whiteness of the lowest eighth: its darkest colour channel, averaged; 1 is pure white."""
    rows = pictures.shape[1] // 8
    return pictures[:, -rows:].min(axis=-1).mean(axis=(1, 2))


def sky_warmth(pictures: Pictures) -> NDArray[np.float32]:
    """Red minus blue in the upper half, averaged; above 0 is warm."""
    upper = pictures[:, : pictures.shape[1] // 2]
    return (upper[..., 0] - upper[..., 2]).mean(axis=(1, 2))


def object_colour(picture: Pictures, *, prompt_is_balloon: bool) -> Colour:
    """The paint that most pixels of the object's half are close to: lower half for houses, upper for balloons.

    `picture` is (height, width, 3) in [0, 1], a noon scene, whose light leaves paints as they are.
    """
    half = picture.shape[0] // 2
    region = picture[: half + half // 4] if prompt_is_balloon else picture[half - half // 8 : -half // 6]
    paints = np.stack([PAINTS[colour] * DAYLIGHT["noon"].paint for colour in COLOURS])
    shades = np.concatenate([paints, paints * np.float32(0.86)])
    close = np.abs(region[:, :, None, :] - shades).max(axis=-1) < 0.11
    counts = close.sum(axis=(0, 1))
    return COLOURS[int((counts[: len(COLOURS)] + counts[len(COLOURS) :]).argmax())]


def drawn(count: int, **attributes: object) -> Pictures:
    """Pictures of one scene in several compositions, float32 (count, 128, 128, 3) in [0, 1]."""
    scenes = [Scene(seed=seed, **attributes) for seed in range(count)]  # pyright: ignore[reportArgumentType]
    return (np.stack([draw(scene) for scene in scenes]) / 255).astype(np.float32)


def test_same_scene_gives_same_pixels() -> None:
    assert np.array_equal(draw(random_scene(7)), draw(random_scene(7)))


def test_other_seed_gives_other_picture() -> None:
    assert not np.array_equal(draw(random_scene(7)), draw(random_scene(8)))


def test_random_scene_depends_on_nothing_but_its_seed() -> None:
    assert random_scene(123) == random_scene(123)


def test_random_scenes_show_every_time_terrain_and_colour() -> None:
    scenes = [random_scene(seed) for seed in range(600)]
    assert {scene.time for scene in scenes} == set(TIMES)
    assert {scene.terrain for scene in scenes} == set(TERRAINS)
    assert {scene.house for scene in scenes} == {None, *COLOURS}
    assert {scene.balloon for scene in scenes} == {None, *COLOURS}


def test_a_scene_has_at_most_two_objects() -> None:
    assert max(len(random_scene(seed).objects) for seed in range(600)) == 2


@pytest.mark.parametrize("terrain", TERRAINS)
def test_night_is_darker_than_noon(terrain: Terrain) -> None:
    night, noon = drawn(4, time="night", terrain=terrain), drawn(4, time="noon", terrain=terrain)
    assert (brightness(night) < 0.7 * brightness(noon)).all()


@pytest.mark.parametrize("terrain", ["mountains", "hills", "forest", "field", "city"])
def test_winter_whitens_the_ground(terrain: Terrain) -> None:
    winter = drawn(4, time="noon", terrain=terrain, season="winter")
    summer = drawn(4, time="noon", terrain=terrain)
    assert (ground_whiteness(winter) > ground_whiteness(summer) + 0.25).all()


@pytest.mark.parametrize("terrain", TERRAINS)
def test_sunset_sky_is_warmer_than_noon_sky(terrain: Terrain) -> None:
    sunset, noon = drawn(4, time="sunset", terrain=terrain), drawn(4, time="noon", terrain=terrain)
    assert (sky_warmth(sunset) > sky_warmth(noon) + 0.2).all()


@pytest.mark.parametrize("colour", COLOURS)
def test_house_has_its_colour(colour: Colour) -> None:
    pictures = drawn(4, time="noon", terrain="hills", house=colour)
    assert [object_colour(picture, prompt_is_balloon=False) for picture in pictures] == [colour] * 4


@pytest.mark.parametrize("colour", COLOURS)
def test_balloon_has_its_colour(colour: Colour) -> None:
    pictures = drawn(4, time="noon", terrain="sea", balloon=colour)
    assert [object_colour(picture, prompt_is_balloon=True) for picture in pictures] == [colour] * 4


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("name", ["house", "balloon", "sailboat"])
def test_object_covers_a_large_part_of_the_picture(name: str, time: Time) -> None:
    bare, full = drawn(3, time=time, terrain="sea"), drawn(3, time=time, terrain="sea", **{name: "yellow"})
    changed = (np.abs(full - bare).max(axis=-1) > 0.08).mean(axis=(1, 2))
    assert (changed > 0.06).all()
