"""Captions: what they name is in the scene, and together they name everything."""

from itertools import pairwise

import numpy as np
import pytest

from core.training import words
from core.training.captions import caption, prompts
from core.training.scene import COLOURS, Scene, random_scene

SCENE = Scene(
    seed=1,
    time="night",
    terrain="mountains",
    season="winter",
    light="full moon",
    has_stars=True,
    has_trees=True,
    house="red",
    balloon="blue",
)


def captions(scene: Scene, count: int = 200) -> list[str]:
    rng = np.random.default_rng(5)
    return [caption(scene, rng) for _ in range(count)]


def test_same_random_numbers_give_the_same_caption() -> None:
    assert caption(SCENE, np.random.default_rng(3)) == caption(SCENE, np.random.default_rng(3))


def test_captions_together_name_everything_that_is_drawn() -> None:
    together = " ".join(captions(SCENE))
    for word in ("red house", "blue balloon", "night", "mountains", "snow", "moon", "stars", "trees"):
        assert word in together


def test_captions_omit_at_random() -> None:
    said = [("night" in text or "dark" in text) for text in captions(SCENE)]
    assert any(said)
    assert not all(said)


def test_captions_of_a_scene_differ() -> None:
    assert len(set(captions(SCENE))) > 150


@pytest.mark.parametrize("seed", range(40))
def test_caption_names_no_colour_that_is_not_drawn(seed: int) -> None:
    scene = random_scene(seed)
    present = {scene.house, scene.sailboat, scene.balloon}
    if scene.has_lighthouse:
        present |= {"red", "white"}
    if scene.season == "autumn":
        present.add("orange")
    for text in captions(scene, 20):
        spoken = {colour for colour in COLOURS if colour in text.replace(",", "").split()}
        assert spoken <= present


@pytest.mark.parametrize("seed", range(40))
def test_caption_names_no_object_that_is_not_drawn(seed: int) -> None:
    scene = random_scene(seed)
    for text in captions(scene, 20):
        assert ("balloon" in text) <= (scene.balloon is not None)
        assert ("lighthouse" in text or "light house" in text) <= scene.has_lighthouse


def test_articles_fit_their_words() -> None:
    for seed in range(300):
        for text in captions(random_scene(seed), 3):
            tokens = text.replace(",", "").split()
            for article, following in pairwise(tokens):
                assert not (article == "a" and following[0] in "aeio"), text
                assert not (article == "an" and following[0] not in "aeio"), text


def test_word_list_holds_every_category() -> None:
    lists = words.word_list()
    assert {"time", "place", "season", "sky", "object", "colour", "style"} == set(lists)
    assert "red" in lists["colour"]
    assert "lighthouse" in lists["object"]


def test_prompts_are_short_all_different_and_the_same_for_the_same_seed() -> None:
    found = prompts(100, seed=3)
    assert found == prompts(100, seed=3)
    assert len(set(found)) == 100
    assert all(4 <= len(prompt.split()) <= 11 for prompt in found)
    assert not any(prompt.startswith(opening) for prompt in found for opening in words.OPENINGS)
