"""The starter model's own settings make a film of which every step shows something new."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.request.request import STARTER_MODEL
from tests.benchmarks.change import LEAST, MOST, shares

PROMPTS = ("a lighthouse by the sea at sunset", "snowy mountains at noon", "a blue house in the hills at night")


def test_each_step_of_the_default_film_changes_the_picture() -> None:
    """Few prompts scatter more than the twenty of the benchmark: hence the margins."""
    catalogue = Catalogue(())
    defaults = catalogue.find(STARTER_MODEL).defaults
    engine = Engine(catalogue, "cpu")
    requests = [replace(defaults, prompt=prompt, seed=seed) for seed, prompt in enumerate(PROMPTS)]
    mean = np.mean([shares(engine, request) for request in requests], axis=0)
    assert len(mean) == defaults.steps - 1
    assert mean.min() > 0.75 * LEAST
    assert mean.max() < 1.25 * MOST
