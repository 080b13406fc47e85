"""Pictures on the disk, made by the real saving code."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.session.background import BackgroundTasks
from app.session.picture_loader import PictureLoader
from core.pictures.saving import save_in
from core.request.request import GenerationRequest, Source
from tests import fakes

SavePicture = Callable[..., Path]


@pytest.fixture
def save_picture(tmp_path: Path) -> SavePicture:
    """Saves a grey picture; ``age`` in seconds sets its time."""

    def save(
        prompt: str = "a red house",
        folder: Path = tmp_path,
        age: float = 0.0,
        seed: int = 7,
        source: Source | None = None,
    ) -> Path:
        request = replace(GenerationRequest(prompt), seed=seed, source=source)
        image = fakes.image(fakes.film(request), "final", request.steps)
        path = save_in(image, folder, datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
        time = 1_700_000_000 - age
        os.utime(path, (time, time))
        return path

    return save


@pytest.fixture
def loader(background: BackgroundTasks) -> PictureLoader:
    return PictureLoader(background)
