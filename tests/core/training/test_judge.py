"""The judge learns from drawn pictures, and the figures say what it saw."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.training import words
from core.training.attributes import QUESTIONS, truth
from core.training.judge import Judge, load_judge, save_judge, train_judge
from core.training.obedience import (
    Prompt,
    by_category,
    drawn_for,
    fixed_prompts,
    rates,
    relative_diversity,
    spread,
    verdict,
)
from core.training.postcards import FIRST_UNSEEN, draw, unseen_postcards
from core.training.scene import random_scene


@pytest.fixture(scope="module")
def judge() -> Judge:
    return train_judge(np.stack([draw(random_scene(k), 32) for k in range(256)]), epochs=12, seed=1)


def test_it_learns_the_time_of_day_from_few_small_pictures(judge: Judge) -> None:
    true = [truth(random_scene(FIRST_UNSEEN + k)) for k in range(60)]
    found = rates(judge.answers(unseen_postcards(60, 32)), true)
    assert found["time"][0] > 0.9
    assert found["terrain"][0] > 0.5


def test_same_seed_gives_the_same_judge() -> None:
    pictures = np.stack([draw(random_scene(k), 32) for k in range(64)])
    first, second = (train_judge(pictures, epochs=1, seed=3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_kept_judge_answers_as_before(judge: Judge, tmp_path: Path) -> None:
    save_judge(judge, tmp_path / "judge.safetensors")
    pictures = unseen_postcards(5, 32)
    assert load_judge(tmp_path / "judge.safetensors").answers(pictures) == judge.answers(pictures)


def test_rates_count_only_what_was_asked() -> None:
    seen = [{"time": "night", "house": "present"}, {"time": "noon", "house": "absent"}]
    stated = [{"time": "night"}, {"time": "night", "house": "absent"}]
    assert rates(seen, stated) == {"time": (0.5, 2), "house": (1.0, 1)}


def test_questions_weigh_in_a_category_as_often_as_they_were_asked() -> None:
    assert by_category({"house": (1.0, 3), "balloon": (0.0, 1), "time": (0.5, 2)}) == {"time": 0.5, "object": 0.75}


def test_a_verdict_judges_every_seed_of_every_prompt(judge: Judge) -> None:
    pictures = unseen_postcards(4, 32).reshape(2, 2, 32, 32, 3)
    seen = judge.answers(unseen_postcards(4, 32))
    prompts = (Prompt("one", {"time": seen[0]["time"]}), Prompt("two", {"time": seen[2]["time"]}))
    hits = [seen[k]["time"] == seen[k // 2 * 2]["time"] for k in range(4)]
    assert verdict(judge, prompts, pictures, 4.0).questions["time"] == (float(np.mean(hits)), 4)


def test_there_are_200_different_prompts_with_known_answers() -> None:
    prompts = fixed_prompts()
    assert len({prompt.text for prompt in prompts}) == 200
    allowed = {question.name: question.answers for question in QUESTIONS}
    assert all(answer in allowed[name] for prompt in prompts for name, answer in prompt.stated.items())


def test_what_a_prompt_states_is_in_its_words() -> None:
    nouns = {
        "house": words.HOUSES,
        "sailboat": words.SAILBOATS,
        "balloon": words.BALLOONS,
        "lighthouse": words.LIGHTHOUSES,
    }
    for prompt in fixed_prompts():
        text = f" {prompt.text} ".replace(",", " ").replace("light house", "lighthouse")
        for name, phrases in nouns.items():
            said = any(f" {phrase} " in text for phrase in phrases)
            assert said is (name in prompt.stated), prompt
            colour = prompt.stated.get(f"{name} colour")
            if colour is not None:
                assert any(word in prompt.text for word in words.COLOUR_WORDS[colour])  # pyright: ignore[reportArgumentType]


def test_pictures_that_are_all_the_same_have_no_spread() -> None:
    assert spread(np.full((3, 4, 4, 3), 200, dtype=np.uint8)) == 0


def test_spread_is_the_mean_difference_over_all_pairs() -> None:
    grey = np.array([0, 0, 30], dtype=np.uint8)
    assert spread(np.broadcast_to(grey[:, None, None, None], (3, 4, 4, 3))) == pytest.approx(20)


def test_drawn_pictures_are_as_diverse_as_themselves() -> None:
    prompts = (Prompt("the sea at night", {"time": "night", "terrain": "sea"}), Prompt("never", {"time": "never"}))
    drawn = drawn_for(prompts, 3, 32, scenes=200)
    assert set(drawn) == {0}
    assert relative_diversity(drawn, np.stack([drawn[0], drawn[0]])) == 1
