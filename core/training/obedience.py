"""Measures how far a model obeys its words, on a fixed list of prompts with fixed seeds that the judge looks at.

Only the attributes that a prompt states count: "a lighthouse at night" leaves the terrain open. The diversity of
the pictures of one prompt is measured too, against drawn postcards that fit the prompt.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from numpy.typing import NDArray
from tqdm import tqdm

from core.measures.difference import spread
from core.training.attributes import CATEGORIES, QUESTIONS, Answers, agrees
from core.training.judge import Judge
from core.training.networks import generated
from core.training.postcards import FIRST_UNSEEN, draw
from core.training.scene import Scene, random_scene

Pictures = NDArray[np.uint8]

_BATCH = 20


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt of the list and the answers that it states."""

    text: str
    stated: Answers


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hit rates from 0 to 1 at one guidance scale.

    Attributes:
        categories: rate of all questions of a category that were asked, by category.
        questions: rate and number of times it was asked, by question.
        diversity: distance between the pictures of one prompt as a share of that between drawn ones; None if it
            was not measured.
    """

    guidance: float
    categories: dict[str, float]
    questions: dict[str, tuple[float, int]]
    diversity: float | None = None


def fixed_prompts() -> tuple[Prompt, ...]:
    """Returns the 200 prompts of `prompts.json`, always in the same order."""
    rows = json.loads(Path(__file__).with_name("prompts.json").read_text(encoding="utf-8"))
    return tuple(Prompt(row["prompt"], row["stated"]) for row in rows)


def painted(
    pipeline: StableDiffusionPipeline, prompts: Sequence[Prompt], seeds: int, guidance: float, steps: int
) -> NDArray[np.uint8]:
    """Returns pictures of seeds 0 to seeds - 1 of each prompt: uint8 (prompts, seeds, height, width, 3)."""
    jobs = [(prompt.text, seed) for prompt in prompts for seed in range(seeds)]
    batches: list[NDArray[np.uint8]] = []
    for start in tqdm(range(0, len(jobs), _BATCH), desc=f"guidance {guidance:g}", unit="batch"):
        texts, numbers = zip(*jobs[start : start + _BATCH], strict=True)
        batches.append(generated(pipeline, texts, numbers, guidance, steps))
    pictures = np.concatenate(batches)
    return pictures.reshape(len(prompts), seeds, *pictures.shape[1:])


def verdict(judge: Judge, prompts: Sequence[Prompt], pictures: NDArray[np.uint8], guidance: float) -> Verdict:
    """Returns the judge's verdict on pictures, uint8 (prompts, seeds, height, width, 3), of these prompts."""
    seeds = pictures.shape[1]
    seen = judge.answers(pictures.reshape(-1, *pictures.shape[2:]))
    stated = [prompt.stated for prompt in prompts for _ in range(seeds)]
    questions = rates(seen, stated)
    return Verdict(guidance, by_category(questions), questions)


def rates(seen: Sequence[Answers], stated: Sequence[Answers]) -> dict[str, tuple[float, int]]:
    """Returns the share of right answers and their number, for each question that was asked at all."""
    table: dict[str, tuple[float, int]] = {}
    for question in QUESTIONS:
        name = question.name
        hits = [have[name] == want[name] for have, want in zip(seen, stated, strict=True) if name in want]
        if hits:
            table[name] = (float(np.mean(hits)), len(hits))
    return table


def by_category(questions: dict[str, tuple[float, int]]) -> dict[str, float]:
    """Returns the mean rate of each category; each question counts as often as it was asked."""
    table: dict[str, float] = {}
    for category in CATEGORIES:
        rows = [questions[q.name] for q in QUESTIONS if q.category == category and q.name in questions]
        if rows:
            table[category] = sum(rate * asked for rate, asked in rows) / sum(asked for _, asked in rows)
    return table


def drawn_for(prompts: Sequence[Prompt], count: int, size_px: int, scenes: int) -> dict[int, Pictures]:
    """Returns `count` drawn postcards, uint8 (count, size_px, size_px, 3), for each prompt's number.

    They come from so many unseen scenes; prompts that fewer scenes fit are left out.
    """
    found: dict[int, list[Scene]] = {number: [] for number in range(len(prompts))}
    for number in range(scenes):
        scene = random_scene(FIRST_UNSEEN + number)
        for fitting, prompt in zip(found.values(), prompts, strict=True):
            if len(fitting) < count and agrees(scene, prompt.stated):
                fitting.append(scene)
    return {
        number: np.stack([draw(scene, size_px) for scene in fitting])
        for number, fitting in found.items()
        if len(fitting) == count
    }


def relative_diversity(drawn: dict[int, Pictures], painted: Pictures) -> float:
    """Returns the spread of a model's pictures (prompts, seeds, h, w, 3) as a share of that of drawn ones."""
    return float(np.mean([spread(painted[k]) for k in drawn]) / np.mean([spread(some) for some in drawn.values()]))
