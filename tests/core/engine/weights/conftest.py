"""Installed tiny models, whose weights are tried in many spellings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import transformers.utils.logging

from core.pictures.pixels import Pixels
from tests import original_names, tiny
from tests.tiny_families import SECOND
from tests.weight_files import Place, placed


@pytest.fixture(autouse=True)
def no_progress_bars() -> None:
    """They leave a thread behind."""
    transformers.utils.logging.disable_progress_bar()


@pytest.fixture(scope="module")
def sd(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("sd")
    return placed(folder, "stable_diffusion_1", tiny.stable_diffusion, original_names.stable_diffusion_1)


@pytest.fixture(scope="module")
def xl(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("xl")
    make: Callable[[Path], Path] = lambda path: tiny.stable_diffusion_xl(path, second=SECOND)  # noqa: E731
    return placed(folder, "stable_diffusion_xl", make, original_names.stable_diffusion_xl)


@pytest.fixture(scope="module")
def z(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("z")
    return placed(folder, "unused", tiny.z_image, lambda *paths: original_names.z_image(*paths, prefix=""))


@pytest.fixture(scope="module")
def right(sd: Place, xl: Place, z: Place) -> dict[int, Pixels]:
    """The pictures of the plain files."""
    return {id(place): place.picture(place.plain)[0] for place in (sd, xl, z)}
