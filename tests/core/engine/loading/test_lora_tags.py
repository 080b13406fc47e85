"""LoRAs that the prompt names, and their weights for text encoder and network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.errors import LoraMissing
from core.request.request import Lora
from core.runs.branch import Branch
from core.runs.events import ImageReady
from core.runs.operations import Generate, GenerateBranch
from tests.core.engine.loading.test_lora_layers import REQUEST, engine, folder

__all__ = ["engine", "folder"]


def run(engine: Engine, prompt: str, *loras: Lora) -> ImageReady:
    *_, last = engine.run(Generate(replace(REQUEST, prompt=prompt, loras=loras)))
    assert isinstance(last, ImageReady)
    return last


def test_a_tag_acts_as_the_list_does_and_leaves_the_prompt(engine: Engine) -> None:
    listed, tagged = run(engine, "abc", Lora("peft", 0.5)), run(engine, "abc <lora:peft:0.5>")
    assert np.array_equal(tagged.image.pixels, listed.image.pixels)
    request = tagged.film.request
    assert request == listed.film.request
    assert (request.prompt, request.loras[0].weight, len(request.loras[0].hash)) == ("abc", 0.5, 12)


def test_a_tag_wins_over_the_list(engine: Engine) -> None:
    both = run(engine, "abc <lora:peft:0.5>", Lora("peft", 2.0, is_on=False), Lora("other", 0.3))
    assert [(lora.key, lora.weight) for lora in both.film.request.active_loras] == [("peft", 0.5), ("other", 0.3)]


def test_a_name_that_is_not_here_is_told(engine: Engine) -> None:
    with pytest.raises(LoraMissing) as error:
        run(engine, "abc <lora:nobody:1>")
    assert error.value.name == "nobody"


def test_text_encoder_and_network_have_weights_of_their_own(engine: Engine, folder: Path) -> None:
    """A file for both parts at 0 in one of them is the file for the other part."""
    assert np.array_equal(
        run(engine, "abc <lora:words:0.7:0.1>").image.pixels, run(engine, "abc <lora:words:0.7>").image.pixels
    )
    assert np.array_equal(run(engine, "abc <lora:words:0:1>").image.pixels, run(engine, "abc").image.pixels)
    assert np.array_equal(
        run(engine, "abc <lora:peft:0.1:0.7>").image.pixels, run(engine, "abc <lora:peft:0.7>").image.pixels
    )


def test_another_weight_for_the_text_encoder_reads_the_prompt_anew(engine: Engine) -> None:
    first, second = (run(engine, f"abc <lora:words:{weight}:1>").image.pixels for weight in (0.5, 1.5))
    assert not np.array_equal(first, second)


def test_a_run_with_a_tag_is_resumed_exactly(engine: Engine) -> None:
    whole = run(engine, "a(bc:1.5) <lora:words:0.5:1> <lora:peft:0.4>")
    branch = Branch(whole.film, 2, whole.film.request)
    assert not branch.changes()
    *_, last = engine.run(GenerateBranch(branch))
    assert isinstance(last, ImageReady)
    assert np.array_equal(last.image.pixels, whole.image.pixels)
