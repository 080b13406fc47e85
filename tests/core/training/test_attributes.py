"""Attributes: what is true of a scene, and whether a prompt's statements fit it."""

import pytest

from core.training.attributes import CATEGORIES, QUESTIONS, agrees, truth
from core.training.scene import Scene, random_scene

SCENE = Scene(seed=1, time="night", terrain="sea", light="crescent moon", house="red", has_clouds=True)


def test_every_answer_of_a_scene_is_one_the_question_allows() -> None:
    allowed = {question.name: question.answers for question in QUESTIONS}
    for seed in range(300):
        assert all(answer in allowed[name] for name, answer in truth(random_scene(seed)).items())


def test_every_question_belongs_to_a_category() -> None:
    assert {question.category for question in QUESTIONS} == set(CATEGORIES)


def test_what_is_not_there_has_no_colour() -> None:
    answers = truth(SCENE)
    assert answers["house colour"] == "red"
    assert answers["moon"] == "present"
    assert answers["balloon"] == "absent"
    assert "balloon colour" not in answers


@pytest.mark.parametrize(
    ("stated", "fits"),
    [
        ({"time": "night", "house colour": "red"}, True),
        ({}, True),
        ({"time": "noon"}, False),
        ({"balloon colour": "red"}, False),
    ],
)
def test_a_scene_agrees_with_statements_that_are_all_true(stated: dict[str, str], fits: bool) -> None:
    assert agrees(SCENE, stated) is fits
