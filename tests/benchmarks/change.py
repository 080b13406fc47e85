"""Measures how evenly a film changes: each step's change of the decoded x0 as a part of all changes.

Run: ``python -m tests.benchmarks.change --steps 12 16 20 --samplers ddim dpmpp_2m_even``; by default the starter
model's own sampler and steps, on 20 prompts.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.engine.engine import Engine
from core.measures.settling import shares_of_change
from core.models.catalogue import Catalogue
from core.request.request import STARTER_MODEL, GenerationRequest
from core.request.samplers import SAMPLERS
from core.runs.events import Finished, Stepped
from core.runs.operations import Decode, Generate
from core.training.words import EXAMPLE_PROMPTS, SHOWCASE_PROMPTS

PROMPTS = (*SHOWCASE_PROMPTS, *EXAMPLE_PROMPTS[5:9])
LEAST, MOST = 0.02, 0.15
"""The part that each step should have, in the mean over the prompts."""


def shares(engine: Engine, request: GenerationRequest) -> NDArray[np.float64]:
    """Returns (calls - 1,): the part that each step's change of the decoded picture has of all of them."""
    film = [event.film for event in engine.run(Generate(request)) if isinstance(event, Stepped)][-1]
    pictures = [
        event.result
        for frame in film.frames
        for event in engine.run(Decode(film, frame.denoised))
        if isinstance(event, Finished)
    ]
    return shares_of_change(pictures)


def main() -> None:
    """Prints a line for each sampler and number of steps."""
    catalogue = Catalogue(())
    defaults = catalogue.find(STARTER_MODEL).defaults
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samplers", nargs="+", choices=SAMPLERS, default=[defaults.sampler])
    parser.add_argument("--steps", nargs="+", type=int, default=[defaults.steps])
    parser.add_argument("--prompts", type=int, default=len(PROMPTS))
    arguments = parser.parse_args()
    engine = Engine(catalogue, "cpu")
    print(f"mean over {arguments.prompts} prompts; wanted of each step: {LEAST:.0%} to {MOST:.0%}")
    for sampler in arguments.samplers:
        for steps in arguments.steps:
            requests = [
                replace(defaults, prompt=prompt, sampler=sampler, steps=steps, seed=seed)
                for seed, prompt in enumerate(PROMPTS[: arguments.prompts])
            ]
            found = np.stack([shares(engine, request) for request in requests])
            mean = found.mean(axis=0)
            fits = "fits" if mean.min() >= LEAST and mean.max() <= MOST else "does not fit"
            print(f"{SAMPLERS[sampler].name}, {steps} steps: {mean.min():.1%} to {mean.max():.1%}, {fits}")
            print("  " + " ".join(f"{share:.1%}" for share in mean))
            print(f"  single pictures {found.min():.1%} to {found.max():.1%}")


if __name__ == "__main__":
    main()
