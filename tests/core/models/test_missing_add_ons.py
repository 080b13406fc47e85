from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import NotFound
from core.models.catalogue import Catalogue
from core.models.upscalers import upscalers_of
from core.request.control import Control
from core.request.request import Autoencoder, Lora

FINDING: dict[str, Callable[[Catalogue], object]] = {
    "loras": lambda catalogue: catalogue.loras.find(Lora("ink")),
    "vae": lambda catalogue: catalogue.autoencoders.find(Autoencoder("ink")),
    "upscale_models": lambda catalogue: upscalers_of(catalogue).find("ink"),
    "wildcards": lambda catalogue: catalogue.wildcards.values("ink"),
    "controlnet": lambda catalogue: catalogue.controls.find(Control("ink", "")),
}


@pytest.mark.parametrize("name", FINDING)
def test_what_is_missing_is_told_with_the_folders_that_it_belongs_into(name: str, tmp_path: Path) -> None:
    folders = (tmp_path / "one", tmp_path / "two")
    with pytest.raises(NotFound) as missing:
        FINDING[name](Catalogue(folders))
    assert missing.value.folders == tuple(folder / name for folder in folders)
