"""The window's list of models waits for no file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import transformers.utils.logging
from pytestqt.qtbot import QtBot

from app.session.background import BackgroundTasks
from app.session.draft_editor import DraftEditor
from core.checkpoints.cache import CheckpointCache
from core.models.catalogue import Catalogue, FoundModels
from core.request.request import STARTER_MODEL
from core.request.traits import Trait
from tests import original_names, tiny
from tests.fakes import FakeDrafts, FakeModels, model


@pytest.fixture
def place(tmp_path: Path) -> Path:
    transformers.utils.logging.disable_progress_bar()  # it leaves a thread behind
    whole = tiny.z_image(tmp_path / "models" / "whole")
    original_names.z_image(whole, tmp_path / "models" / "dreams.safetensors")
    return tmp_path / "models"


def test_new_files_follow_when_they_are_read(place: Path, background: BackgroundTasks, qtbot: QtBot) -> None:
    editor = DraftEditor(Catalogue((place,)), FakeDrafts(), background)
    assert [model.key for model in editor.models] == [STARTER_MODEL, "whole"]
    with qtbot.waitSignal(editor.models_changed):
        pass
    assert {model.key for model in editor.models} == {STARTER_MODEL, "whole", "dreams"}


def test_what_was_known_at_an_earlier_start_is_there_at_once(place: Path, tmp_path: Path) -> None:
    Catalogue((place,), CheckpointCache(tmp_path / "memory.json")).models()
    catalogue = Catalogue((place,), CheckpointCache(tmp_path / "memory.json"))
    found, has_more = catalogue.remembered()
    assert "dreams" in {model.key for model in found.models}
    assert not has_more


def test_a_file_that_is_still_being_written_is_not_read_again_and_again(
    place: Path, background: BackgroundTasks, qtbot: QtBot
) -> None:
    class Counted(Catalogue):
        reads = 0

        def find_all(self) -> FoundModels:
            self.reads += 1
            return super().find_all()

    catalogue = Counted((place,))
    editor = DraftEditor(catalogue, FakeDrafts(), background)
    qtbot.waitUntil(lambda: len(editor.models) == 3)
    (place / "growing.safetensors").write_bytes(b"\0" * 9)
    editor.refresh_models()
    qtbot.waitUntil(lambda: catalogue.reads == 2)
    qtbot.wait(200)
    assert catalogue.reads == 2
    original_names.z_image(place / "whole", place / "growing.safetensors")
    editor.refresh_models()
    qtbot.waitUntil(lambda: "growing" in {model.key for model in editor.models})


def test_a_pictures_training_is_told_unless_the_model_is_taken_for_it_here(
    background: BackgroundTasks,
) -> None:
    v = {"prediction_type": Trait("v_prediction", "user")}
    for traits, differing in (({}, ("training",)), (v, ())):
        chosen = replace(model(), traits=traits)
        editor = DraftEditor(FakeModels(chosen), FakeDrafts(), background)
        picture = replace(chosen.defaults, prompt="a boat", training="prediction_type=v_prediction")
        assert editor.apply(picture) == differing
        assert (editor.draft.prompt, editor.draft.training) == ("a boat", "")


def test_a_model_trained_with_clip_skip_brings_it_and_others_leave_it(
    background: BackgroundTasks,
) -> None:
    plain = replace(model(), limits=replace(model().limits, optional_settings=("clip_skip",)))
    anime = replace(plain, key="anime", defaults=replace(plain.defaults, clip_skip=2))
    editor = DraftEditor(FakeModels(plain, anime), FakeDrafts(), background)
    editor.edit(model="anime")
    assert editor.draft.clip_skip == 2
    editor.edit(clip_skip=3)
    editor.edit(model=plain.key)
    assert editor.draft.clip_skip == 3
