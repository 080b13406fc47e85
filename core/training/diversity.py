"""Whether other seeds give other compositions: pictures of one prompt held against drawn postcards that fit it."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.training.attributes import agrees
from core.training.drawing import draw
from core.training.obedience import Prompt
from core.training.postcards import FIRST_UNSEEN
from core.training.scene import Scene, random_scene

Pictures = NDArray[np.uint8]


def drawn_for(prompts: Sequence[Prompt], count: int, size_px: int, scenes: int) -> dict[int, Pictures]:
    """So many drawn postcards, uint8 (count, size_px, size_px, 3), for each prompt's number.

    They are looked for among so many unseen scenes; prompts that too few of them fit are left out.
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


def spread(pictures: Pictures) -> float:
    """Mean absolute difference of two pictures, 0 to 255, over all pairs; pictures are (count, h, w, 3)."""
    wide = pictures.astype(np.int16)
    return float(np.mean([np.abs(wide[a] - wide[b]).mean() for a, b in combinations(range(len(wide)), 2)]))


def relative_diversity(drawn: dict[int, Pictures], painted: Pictures) -> float:
    """Spread of a model's pictures, (prompts, seeds, h, w, 3), as a share of that of the drawn ones."""
    return float(np.mean([spread(painted[k]) for k in drawn]) / np.mean([spread(some) for some in drawn.values()]))
