"""Fixtures that the tests of the engine share."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from tests import tiny


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two tiny models, ``tiny`` (epsilon) and ``tiny-v`` (v-prediction, zero terminal SNR)."""
    folder = tmp_path_factory.mktemp("models")
    tiny.stable_diffusion(folder / "tiny")
    tiny.stable_diffusion(folder / "tiny-v", prediction_type="v_prediction", seed=1)
    return folder


@pytest.fixture
def engine(models: Path) -> Engine:
    return Engine(Catalogue((models,)), device="cpu", dtype="float32")
