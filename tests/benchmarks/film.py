"""Measures films: recording, reading, size on disk, export, and the answer to the scrubber.

Run: ``QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.film``
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from PySide6.QtWidgets import QApplication

from app.film.film_panel import FilmPanel
from app.film.views import VIEWS
from core.film.film import Film
from core.film.reader import read_recording
from core.film.writer import FilmWriter
from core.film_export.export import ExportOptions, export
from core.film_export.formats import FORMATS
from core.film_export.pictures import export_frames
from tests import synthetic_film

STEPS = 50
BUDGET_MS = 16.0

LATENTS: dict[str, tuple[tuple[int, int, int], Any]] = {
    "starter 128x128, 12 channels": ((12, 16, 16), ml_dtypes.bfloat16),
    "Stable Diffusion 1, 512x512": ((4, 64, 64), np.float16),
    "Stable Diffusion XL, 1024x1024": ((4, 128, 128), np.float16),
    "16 channels, 1024x1024": ((16, 128, 128), ml_dtypes.bfloat16),
}
VIEW_SETS: dict[str, Sequence[str]] = {
    "strip only": (),
    "denoised": ("denoised",),
    "four pictures": ("denoised", "noisy", "predicted_noise", "guidance"),
    "four plots": ("schedule", "settling", "spectrum", "latent_channels"),
}


def main() -> None:
    """Prints one table; says which scrub latencies are over the budget."""
    application = QApplication([])
    for name, (shape, dtype) in LATENTS.items():
        film = synthetic_film.film(STEPS, shape=shape, dtype=dtype)
        print(f"\n{name}, {STEPS} calls with guidance")
        _recording(film)
        _latent_rgb(film)
        for views, names in VIEW_SETS.items():
            _scrubbing(application, film, views, names)
    for name in tuple(LATENTS)[:2]:
        print(f"\n{name}")
        _exporting(synthetic_film.film(STEPS, shape=LATENTS[name][0], dtype=LATENTS[name][1]))


def _recording(film: Film) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer = FilmWriter(Path(folder) / "run.film.safetensors", film)
        times_us = [_timed_ms(lambda frame=frame: writer.write(frame)) * 1000 for frame in film.frames]
        path = writer.finish()
        assert path is not None
        read_ms = _timed_ms(lambda: read_recording(path))
        later = times_us[1:]
        print(
            f"  recording {np.median(later):7.0f} us a call (slowest {max(later):.0f}, first {times_us[0]:.0f}); "
            f"file {path.stat().st_size / 2**20:.2f} MiB; reading {read_ms:.1f} ms"
        )


def _exporting(film: Film) -> None:
    """Two views side by side with captions, by the linear map, in the size of the finished picture."""
    with tempfile.TemporaryDirectory() as folder:
        for name, film_format in FORMATS.items():
            options = ExportOptions(Path(folder) / f"film{film_format.suffix}", name)
            run = export(export_frames(film, ("denoised", "noisy")), STEPS, options)
            seconds = _timed_ms(lambda run=run: list(run)) / 1000
            print(f"  export {name:5} {seconds:5.2f} s, {options.path.stat().st_size / 2**20:5.2f} MiB")


def _latent_rgb(film: Film) -> None:
    latent = film.frames[10].denoised
    times_ms = [_timed_ms(lambda: film.latent_rgb.picture(latent)) for _ in range(200)]
    print(f"  linear preview {np.median(times_ms):.3f} ms")


def _scrubbing(application: QApplication, film: Film, label: str, names: Sequence[str]) -> None:
    """From the scrubber's new value to the painted strip, and to all views painted, at random calls."""
    panel = FilmPanel(explained=tuple(VIEWS))
    panel.resize(1000, 700)
    panel.show()
    panel.show_film(film)
    panel.open_views(names)
    for call in range(STEPS):
        panel.select(call)
        application.processEvents()

    def answer(call: int) -> None:
        panel.select(call)
        application.sendPostedEvents()  # paints, but gives the views no turn yet

    answers_ms: list[float] = []
    views_ms: list[float] = []
    began = time.thread_time()
    for call in np.random.default_rng(0).integers(0, STEPS, 400):
        answers_ms.append(_timed_ms(lambda call=call: answer(int(call))))
        views_ms.append(_timed_ms(lambda: (application.processEvents(), application.processEvents())))
    own_ms = (time.thread_time() - began) * 1000 / len(answers_ms)
    p99 = float(np.percentile(answers_ms, 99))
    print(
        f"  scrub, {label:14} median {np.median(answers_ms):5.2f} ms, p99 {p99:6.2f} ms; "
        f"views {np.median(views_ms):6.2f} ms, p99 {np.percentile(views_ms, 99):6.2f} ms; "
        f"of the processor {own_ms:5.2f} ms{'' if p99 <= BUDGET_MS else '  TOO SLOW'}"
    )
    panel.close()
    panel.deleteLater()
    application.processEvents()


def _timed_ms(work: Any) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
