"""How far a model obeys its words: a fixed list of prompts with fixed seeds, painted and shown to the judge.

Only what a prompt states is asked; "a lighthouse at night" leaves it open where the lighthouse stands.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from numpy.typing import NDArray
from tqdm import tqdm

from core.training.attributes import CATEGORIES, QUESTIONS, Answers
from core.training.generation import generated
from core.training.judge import Judge

STEPS = 20
_BATCH = 20


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt of the list and what it states."""

    text: str
    stated: Answers


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hit rates from 0 to 1 at one guidance scale.

    Attributes:
        categories: rate of all questions of a category that were asked, by category.
        questions: rate and how often it was asked, by question.
        diversity: distance between the pictures of one prompt as a share of that between drawn ones
            (`diversity.py`); None where it was not measured.
    """

    guidance: float
    categories: dict[str, float]
    questions: dict[str, tuple[float, int]]
    diversity: float | None = None


def fixed_prompts() -> tuple[Prompt, ...]:
    """The 200 prompts of `prompts.json`, always in the same order."""
    rows = json.loads(Path(__file__).with_name("prompts.json").read_text(encoding="utf-8"))
    return tuple(Prompt(row["prompt"], row["stated"]) for row in rows)


def painted(
    pipeline: StableDiffusionPipeline, prompts: Sequence[Prompt], seeds: int, guidance: float
) -> NDArray[np.uint8]:
    """Seeds 0 to seeds - 1 of each prompt: uint8 (prompts, seeds, height, width, 3)."""
    jobs = [(prompt.text, seed) for prompt in prompts for seed in range(seeds)]
    batches: list[NDArray[np.uint8]] = []
    for start in tqdm(range(0, len(jobs), _BATCH), desc=f"guidance {guidance:g}", unit="batch"):
        texts, numbers = zip(*jobs[start : start + _BATCH], strict=True)
        made = generated(pipeline, texts, numbers, guidance, STEPS)
        batches.append((made * 255).round().astype(np.uint8))
    pictures = np.concatenate(batches)
    return pictures.reshape(len(prompts), seeds, *pictures.shape[1:])


def verdict(judge: Judge, prompts: Sequence[Prompt], pictures: NDArray[np.uint8], guidance: float) -> Verdict:
    """What the judge says to pictures, uint8 (prompts, seeds, height, width, 3), of these prompts."""
    seeds = pictures.shape[1]
    seen = judge.answers(pictures.reshape(-1, *pictures.shape[2:]))
    stated = [prompt.stated for prompt in prompts for _ in range(seeds)]
    questions = rates(seen, stated)
    return Verdict(guidance, by_category(questions), questions)


def rates(seen: Sequence[Answers], stated: Sequence[Answers]) -> dict[str, tuple[float, int]]:
    """How often each question was answered as stated, and how often it was asked, if ever."""
    table: dict[str, tuple[float, int]] = {}
    for question in QUESTIONS:
        name = question.name
        hits = [have[name] == want[name] for have, want in zip(seen, stated, strict=True) if name in want]
        if hits:
            table[name] = (float(np.mean(hits)), len(hits))
    return table


def by_category(questions: dict[str, tuple[float, int]]) -> dict[str, float]:
    """The rates summed up, each question weighing as often as it was asked."""
    table: dict[str, float] = {}
    for category in CATEGORIES:
        rows = [questions[q.name] for q in QUESTIONS if q.category == category and q.name in questions]
        if rows:
            table[category] = sum(rate * asked for rate, asked in rows) / sum(asked for _, asked in rows)
    return table
