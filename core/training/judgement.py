"""Judges a model at every guidance scale and writes the result as JSON, as a table and as grids of pictures."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from core.training.attributes import CATEGORIES, truth
from core.training.judge import Judge, load_judge, save_judge, train_judge
from core.training.obedience import (
    Prompt,
    Verdict,
    by_category,
    drawn_for,
    painted,
    rates,
    relative_diversity,
    verdict,
)
from core.training.pixels import save_grid
from core.training.postcards import FIRST_UNSEEN, draw_postcards, postcards, unseen_postcards
from core.training.scene import random_scene
from core.training.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of a judgement.

    Attributes:
        seeds: pictures of each prompt.
        judge: the judge's own accuracy on unseen drawn pictures by category, and that of its worst question.
    """

    prompts: int
    seeds: int
    steps: int
    judge: dict[str, float]
    verdicts: tuple[Verdict, ...]


def ready_judge(settings: Settings, folder: Path, processes: int) -> Judge:
    """Returns the run's judge, which is trained on postcards and saved first if there is none yet."""
    path = folder / "judge.safetensors"
    count = settings.judge.pictures
    if path.exists():
        return load_judge(path)
    draw_postcards(folder, count, settings.size_px, processes)
    pictures = postcards(folder, settings.size_px).first(count)
    judge = train_judge(pictures, settings.judge.epochs, settings.seed)
    save_judge(judge, path)
    return judge


def accuracy(judge: Judge, settings: Settings) -> dict[str, float]:
    """Returns the judge's share of right answers about unseen drawn pictures, by category and at worst."""
    count = settings.judge.unseen
    true = [truth(random_scene(FIRST_UNSEEN + number)) for number in range(count)]
    questions = rates(judge.answers(unseen_postcards(count, settings.size_px)), true)
    return {**by_category(questions), "worst": min(rate for rate, _ in questions.values())}


def judged(
    pipeline: StableDiffusionPipeline,
    judge: Judge,
    settings: Settings,
    prompts: Sequence[Prompt],
    guidances: Sequence[float],
    seeds: int,
    steps: int,
    target: Path,
) -> Judgement:
    """Judges a model; `judge.json` and a grid for each guidance scale go into the folder `target`."""
    drawn = drawn_for(prompts, seeds, settings.size_px, settings.judge.scenes) if seeds > 1 else {}
    log.info("diversity is measured on %s of %s prompts", len(drawn), len(prompts))
    verdicts: list[Verdict] = []
    result = Judgement(len(prompts), seeds, steps, accuracy(judge, settings), ())
    for guidance in guidances:
        pictures = painted(pipeline, prompts, seeds, guidance, steps)
        found = verdict(judge, prompts, pictures, guidance)
        verdicts.append(replace(found, diversity=relative_diversity(drawn, pictures)) if drawn else found)
        save_grid(target / f"guidance-{guidance:g}.png", pictures[:, 0], 20)
        result = replace(result, verdicts=tuple(verdicts))
        text = json.dumps(asdict(result), indent=1)
        (target / "judge.json").write_text(text + "\n", encoding="utf-8")
    return result


def table(judgement: Judgement) -> str:
    """Returns the figures as a Markdown table: a row for each category, a column for each guidance scale."""
    heads = ["", "judge on drawn", *(f"guidance {row.guidance:g}" for row in judgement.verdicts)]
    lines = [heads, ["---"] * len(heads)]
    for category in CATEGORIES:
        rates_of = [row.categories.get(category) for row in judgement.verdicts]
        lines.append([category, _percent(judgement.judge.get(category)), *map(_percent, rates_of)])
    lines.append(["diversity", "", *(_percent(row.diversity) for row in judgement.verdicts)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{100 * rate:.1f} %"
