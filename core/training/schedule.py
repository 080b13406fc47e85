"""The learning rate over a run: a short warm-up, a long plateau, and a slow way down at the end."""

import math


def learning_rate(
    peak: float, samples: int, total: int, *, decay_share: float = 0.35, warm_up: int = 3000
) -> float:
    """The rate after so many of all samples; the last `decay_share` follows half a cosine down to 2 %."""
    rise = min(1.0, (samples + 1) / min(warm_up, max(1, total // 10)))
    done = min(1.0, samples / total)
    if done < 1 - decay_share:
        return peak * rise
    fall = (done - (1 - decay_share)) / decay_share
    return peak * rise * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * fall)))
