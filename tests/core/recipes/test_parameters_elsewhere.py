"""Another program's parser reads the ``parameters`` that we write."""

from __future__ import annotations

from pathlib import Path

import pytest
from sd_parsers import ParserManager
from sd_parsers.data import Generators
from sd_parsers.parsers import AUTOMATIC1111Parser

from core.pictures.saving import save_as
from tests.pictures import generated_image


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_our_pictures_are_read_by_sd_parsers(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    save_as(generated_image("a red house, by the sea\n家 🦊", sampler="dpmpp_2m_karras", guidance_scale=7.5), path)
    info = ParserManager(managed_parsers=[AUTOMATIC1111Parser]).parse(path)
    assert info is not None
    assert info.generator is Generators.AUTOMATIC1111
    (sampler,) = info.samplers
    assert info.full_prompt == "a red house, by the sea\n家 🦊"
    assert info.full_negative_prompt == "blurry"
    assert sampler.name == "DPM++ 2M"
    assert sampler.parameters == {"scheduler": "Karras", "cfg_scale": "7.5", "seed": "7", "steps": "20"}
    assert sampler.model is not None
    assert (sampler.model.name, sampler.model.hash) == ("starter-model", "0123456789")
    assert info.metadata["Size"] == "32x24"
