"""The draft in the studio: edits, models with their defaults, restoring a picture's settings, the next start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.session.session import Studio
from core.request.request import GenerationRequest, Limits, Size
from tests.app.conftest import Heard, MakeStudio
from tests.fakes import FakeDrafts, FakeEngine, FakeModels, model

Listen = Callable[[Studio], Heard]


def test_an_edit_is_one_signal_with_the_new_draft(make_studio: MakeStudio, listen: Listen):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=5, seed=3)
    assert heard.names() == ["draft_edited", "undo_changed"]
    assert heard.all("draft_edited") == [studio.draft]
    assert (studio.draft.steps, studio.draft.seed) == (5, 3)


def test_an_edit_that_changes_nothing_is_silent(make_studio: MakeStudio, listen: Listen):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=studio.draft.steps)
    assert heard.said == []


def test_undo_and_redo_tell_the_draft(make_studio: MakeStudio, listen: Listen):
    studio = make_studio()
    before = studio.draft
    studio.edit(steps=5)
    heard = listen(studio)
    studio.undo()
    studio.redo()
    assert heard.all("draft_edited") == [before, replace(before, steps=5)]
    assert studio.can_undo
    assert not studio.can_redo


def test_another_model_brings_its_own_defaults_in_one_undo_step(make_studio: MakeStudio):
    other = model("fast-model", size=Size(256, 256), sampler="lcm", steps=4, guidance_scale=8.0)
    studio = make_studio(models=FakeModels(model(), other))
    studio.edit(prompt="mine", negative_prompt="not this", seed=5, count=2)
    before = studio.draft
    studio.edit(model="fast-model")
    assert studio.draft == GenerationRequest(
        "mine", "not this", "fast-model", Size(256, 256), "lcm", 4, 8.0, seed=5, count=2
    )
    studio.undo()
    assert studio.draft == before


def test_the_limits_are_those_of_the_model(make_studio: MakeStudio):
    studio = make_studio()
    assert studio.limits == Limits(8, 64, 256)
    studio.edit(model="gone")
    assert studio.model_of(studio.draft) is None
    assert studio.limits == Limits()


def test_a_pictures_settings_are_taken_over_in_one_undo_step(make_studio: MakeStudio):
    studio = make_studio()
    before = studio.draft
    studio.edit(prompt="typed")
    request = GenerationRequest("of the picture", size=Size(64, 96), sampler="heun", steps=7, seed=11)
    assert studio.apply(request) == ()
    assert studio.draft == request
    studio.edit(prompt="changed")
    studio.undo()
    studio.undo()
    assert studio.draft == replace(before, prompt="typed")


def test_a_picture_of_an_unknown_model_keeps_the_model_and_says_so(make_studio: MakeStudio):
    studio = make_studio()
    assert studio.apply(GenerationRequest("x", model="/somewhere/else", size=Size(77, 64))) == ("model", "size")
    assert studio.draft.model == "starter-model"
    assert studio.draft.size == Size(80, 64)


def test_the_draft_comes_back_at_the_next_start(make_studio: MakeStudio):
    drafts = FakeDrafts()
    first = make_studio(drafts=drafts)
    first.edit(prompt="keep me", steps=9)
    first.shutdown()
    assert make_studio(drafts=drafts).draft == first.draft


def test_the_draft_is_saved_a_moment_after_typing_not_at_every_key(make_studio: MakeStudio, qtbot: QtBot):
    drafts = FakeDrafts()
    studio = make_studio(drafts=drafts)
    for letter in "abcdef":
        studio.edit(prompt=letter)
    assert drafts.saves == 0
    qtbot.waitUntil(lambda: drafts.saves == 1, timeout=3000)
    assert drafts.draft == studio.draft


def test_a_kept_draft_that_no_longer_fits_is_made_to_fit(make_studio: MakeStudio):
    studio = make_studio(drafts=FakeDrafts(GenerationRequest("x", size=Size(130, 999), steps=10**6)))
    assert studio.draft == GenerationRequest("x", size=Size(128, 256), steps=500)


def test_a_kept_draft_whose_model_is_gone_is_kept_as_it_is(make_studio: MakeStudio):
    gone = GenerationRequest("x", model="on-another-drive", size=Size(1024, 1024))
    assert make_studio(drafts=FakeDrafts(gone)).draft == gone


def test_without_any_model_there_is_still_a_draft(make_studio: MakeStudio):
    class NoModels:
        def models(self) -> tuple[()]:
            return ()

    studio = make_studio(FakeEngine(), NoModels())
    studio.edit(prompt="works")
    assert studio.draft.prompt == "works"


def test_new_models_are_announced_once(make_studio: MakeStudio, listen: Listen):
    models = FakeModels(model())
    studio = make_studio(models=models)
    heard = listen(studio)
    studio.refresh_models()
    models.found = (model(), model("new-model"))
    studio.refresh_models()
    assert heard.names() == ["models_changed"]
    assert [known.key for known in studio.models] == ["starter-model", "new-model"]
