"""Measures the page *Noise*: from a new t on the slider to the painted mixture, plot and words.

Run: ``QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.forward``
"""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtWidgets import QApplication

from app.noise.noise_pane import NoisePane
from core.film.latent_rgb import LatentRgb
from core.measures.conversions import standard_noise
from core.request.request import Size
from core.runs.round_trip import RoundTrip

BUDGET_MS = 16.0
MOVES = 400

LATENTS = {
    "starter 128x128, 12 channels": (12, 16, 16),
    "Stable Diffusion 1, 512x512": (4, 64, 64),
    "Stable Diffusion XL, 1024x1024": (4, 128, 128),
    "16 channels, 1024x1024": (16, 128, 128),
}


def main() -> None:
    """Prints one line for each shape of latents; says which are over the budget."""
    application = QApplication([])
    bench = NoisePane()
    bench.resize(1000, 760)
    bench.show()
    for name, shape in LATENTS.items():
        trip = round_trip(shape)
        noise = standard_noise(shape, 0)
        bench.show_trip(trip)
        times_ms: list[float] = []
        own_began = time.thread_time()
        for t in np.random.default_rng(0).integers(0, 1000, MOVES):
            began = time.perf_counter()
            noisy = trip.noised(int(t), noise)
            bench.show_noise(trip, int(t), trip.latent_rgb.picture(noisy))
            bench.show_step(None)
            application.processEvents()
            times_ms.append((time.perf_counter() - began) * 1000)
        own_ms = (time.thread_time() - own_began) * 1000 / MOVES
        p99 = float(np.percentile(times_ms, 99))
        late = "" if p99 <= BUDGET_MS else "  TOO SLOW"
        times = f"median {np.median(times_ms):5.2f} ms, p99 {p99:5.2f} ms"
        print(f"{name:32} {times}; of the processor {own_ms:5.2f} ms{late}")


def round_trip(shape: tuple[int, int, int]) -> RoundTrip:
    """A picture of noise with the schedule of Stable Diffusion."""
    channels, height, width = shape
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (height * 8, width * 8, 3), dtype=np.uint8)
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    latent = rng.standard_normal(shape, dtype=np.float32)
    linear = LatentRgb(rng.standard_normal((channels, 3)).astype(np.float32), np.zeros(3, np.float32))
    return RoundTrip(picture, Size(width * 8, height * 8), latent, picture, np.cumprod(1 - betas), linear)


if __name__ == "__main__":
    main()
