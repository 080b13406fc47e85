"""What the tests of the engine share."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from tests import tiny
from tests.tiny_families import TINY_MODELS


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two tiny models, ``tiny`` (epsilon) and ``tiny-v`` (v-prediction, zero terminal SNR)."""
    folder = tmp_path_factory.mktemp("models")
    tiny.stable_diffusion(folder / "tiny")
    tiny.stable_diffusion(folder / "tiny-v", prediction_type="v_prediction", seed=1)
    return folder


@pytest.fixture(scope="session")
def one_of_each(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each of `TINY_MODELS`, under its name there."""
    folder = tmp_path_factory.mktemp("one of each")
    for name, one in TINY_MODELS.items():
        one.make(folder / name)
    return folder


@pytest.fixture
def engine(models: Path) -> Engine:
    return Engine(Catalogue((models,)), device="cpu", dtype="float32")
