"""LoRAs that are there, that fit, and that recipes ask for; edits are undo steps of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from app.session.draft_editor import Applied
from app.session.run import RunState
from app.session.session import Session
from core.lora.library import LoraLibrary
from core.request.request import GenerationRequest, Lora
from tests.app.conftest import MakeSession
from tests.core.lora.test_library import write_lora
from tests.fakes import FakeEngine, FakeModels, model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three LoRAs, and the model folders that say which of them fit."""
    for name, width in (("fast-model", 768), ("starter-model", 768), ("large", 2048)):
        config = tmp_path / name / "unet" / "config.json"
        config.parent.mkdir(parents=True)
        config.write_text(f'{{"cross_attention_dim": {width}}}')
    loras = tmp_path / "loras"
    write_lora(loras / "ink.safetensors", 768, metadata={"sshs_model_hash": "ab" * 32})
    write_lora(loras / "snow.safetensors", 768)
    write_lora(loras / "large only.safetensors", 2048)
    (loras / "page.safetensors").write_bytes(b"<!DOCTYPE html>")
    return tmp_path


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def session(make_session: MakeSession, engine: FakeEngine, folder: Path, qtbot: QtBot) -> Session:
    models = [replace(model(key), folder=folder / key) for key in ("starter-model", "large")]
    session = make_session(engine, models=FakeModels(*models), loras=lambda: LoraLibrary((folder,)))
    assert session.loras.at_hand is None
    qtbot.waitUntil(lambda: session.loras.at_hand is not None)
    return session


def test_what_does_not_fit_is_told_with_both_names(session: Session) -> None:
    at_hand = session.loras.at_hand
    assert at_hand is not None
    told = {found.name: session.loras.objection(found, session.draft_editor.models[0]) for found in at_hand.loras}
    assert told["ink"] == told["snow"] == ""
    assert told["large only"] == "made for Stable Diffusion XL, not for Stable Diffusion 1.x"
    assert "web page" in told["page"]


def test_adding_removing_and_switching_are_undone_one_by_one(session: Session) -> None:
    session.loras.add("ink")
    session.loras.add("snow")
    session.loras.add("ink")
    session.loras.switch("ink", is_on=False)
    session.loras.weigh("snow", 0.5)
    session.loras.weigh("snow", 0.6)
    assert session.draft.loras == (Lora("ink", is_on=False), Lora("snow", 0.6))
    session.loras.remove("ink")
    seen = []
    while session.draft_editor.can_undo:
        session.draft_editor.undo()
        seen.append([(lora.name, lora.weight, lora.is_on) for lora in session.draft.loras])
    assert seen == [
        [("ink", 1.0, False), ("snow", 0.6, True)],
        [("ink", 1.0, False), ("snow", 1.0, True)],
        [("ink", 1.0, True), ("snow", 1.0, True)],
        [("ink", 1.0, True)],
        [],
    ]


def test_pictures_are_made_without_those_of_another_kind_of_model(
    session: Session, engine: FakeEngine, qtbot: QtBot
) -> None:
    session.edit(loras=(Lora("ink"), Lora("large only", 0.5)))
    session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert engine.requests[-1].loras == (Lora("ink"),)
    assert len(session.draft.loras) == 2
    session.edit(model="large")
    session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert engine.requests[-1].loras == (Lora("large only", 0.5),)


def test_a_recipes_loras_are_found_by_name_and_by_hash_and_the_missing_ones_are_named(session: Session) -> None:
    recipe = GenerationRequest(
        "a house", loras=(Lora("gone", 0.3), Lora("renamed", 0.7, "abababababab"), Lora("snow", -1.0, "0" * 12))
    )
    assert session.apply(recipe) == Applied(missing_loras=("gone",))
    assert session.draft.loras == (Lora("ink", 0.7, "abababababab"), Lora("snow", -1.0, "0" * 12))
    assert session.draft.prompt == "a house"
    session.draft_editor.undo()
    assert session.draft.loras == ()


def test_a_new_file_is_found_at_the_next_look(session: Session, folder: Path, qtbot: QtBot) -> None:
    write_lora(folder / "loras" / "new.safetensors")
    with qtbot.waitSignal(session.loras.changed):
        session.loras.refresh()
    assert session.loras.found(Lora("new")) is not None


def test_the_embeddings_in_the_file_of_a_lora_can_be_named_while_it_acts(
    make_session: MakeSession, folder: Path, qtbot: QtBot
) -> None:
    tensors = {
        "lora_unet_x_attn2_to_k.lora_down.weight": np.zeros((1, 768), np.float32),
        "lora_unet_x_attn2_to_k.lora_up.weight": np.zeros((4, 1), np.float32),
        "bundle_emb.hero.emb_params": np.zeros((3, 768), np.float32),
    }
    save_file(tensors, folder / "loras" / "pack.safetensors")
    models = FakeModels(replace(model(), folder=folder / "starter-model"))
    session = make_session(models=models, loras=lambda: LoraLibrary((folder,)))
    qtbot.waitUntil(lambda: session.loras.at_hand is not None)
    chosen = session.model_of(session.draft)
    assert session.loras.embeddings_for(chosen) == {}
    session.loras.add("pack")
    assert session.loras.embeddings_for(chosen) == {"hero": 3}
    assert "hero" in session.loras.names_for(chosen)
    session.loras.switch("pack", is_on=False)
    assert session.loras.embeddings_for(chosen) == {}
    session.edit(prompt="a <lora:pack:0.5>")
    assert session.loras.embeddings_for(chosen) == {"hero": 3}
