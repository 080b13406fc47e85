"""The draft in the session: edits, models with their defaults, restoring a picture's settings, the next start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.session.draft_editor import Applied
from app.session.session import Session
from core.request.request import GenerationRequest, Limits, Size
from tests.app.conftest import Heard, MakeSession
from tests.fakes import FakeDrafts, FakeEngine, FakeModels, model

Listen = Callable[[Session], Heard]


def test_an_edit_is_one_signal_with_the_new_draft(make_session: MakeSession, listen: Listen):
    session = make_session()
    heard = listen(session)
    session.edit(steps=5, seed=3)
    assert heard.names() == ["draft_edited"]
    assert heard.all("draft_edited") == [session.draft]
    assert (session.draft.steps, session.draft.seed) == (5, 3)


def test_an_edit_that_changes_nothing_is_silent(make_session: MakeSession, listen: Listen):
    session = make_session()
    heard = listen(session)
    session.edit(steps=session.draft.steps)
    assert heard.said == []


def test_undo_and_redo_tell_the_draft(make_session: MakeSession, listen: Listen):
    session = make_session()
    before = session.draft
    session.edit(steps=5)
    heard = listen(session)
    session.draft_editor.undo()
    session.draft_editor.redo()
    assert heard.all("draft_edited") == [before, replace(before, steps=5)]
    assert session.draft_editor.can_undo
    assert not session.draft_editor.can_redo


def test_another_model_brings_its_own_defaults_in_one_undo_step(make_session: MakeSession):
    other = model("fast-model", size=Size(256, 256), sampler="lcm", steps=4, guidance_scale=8.0)
    session = make_session(models=FakeModels(model(), other))
    session.edit(prompt="mine", negative_prompt="not this", seed=5, count=2)
    before = session.draft
    session.edit(model="fast-model")
    assert session.draft == GenerationRequest(
        "mine",
        negative_prompt="not this",
        model="fast-model",
        size=Size(256, 256),
        sampler="lcm",
        steps=4,
        guidance_scale=8.0,
        seed=5,
        count=2,
        variants=True,
    )
    session.draft_editor.undo()
    assert session.draft == before


def test_braces_of_a_picture_stay_text_and_its_template_goes_with_an_edit(make_session: MakeSession):
    session = make_session()
    assert session.draft.variants
    session.apply(GenerationRequest("{a|b}", template="{x|{a|b\\}}", seed=1))
    assert (session.draft.variants, session.draft.template) == (False, "{x|{a|b\\}}")
    session.edit(seed=2)
    assert session.draft.template
    session.edit(prompt="{a|c}")
    assert (session.draft.variants, session.draft.template) == (False, "")


def test_the_limits_are_those_of_the_model(make_session: MakeSession):
    session = make_session()
    assert session.draft_editor.limits == Limits(8, 64, 256)
    session.edit(model="gone")
    assert session.model_of(session.draft) is None
    assert session.draft_editor.limits == Limits()


def test_a_pictures_settings_are_taken_over_in_one_undo_step(make_session: MakeSession):
    session = make_session()
    before = session.draft
    session.edit(prompt="typed")
    request = GenerationRequest("of the picture", size=Size(64, 96), sampler="heun", steps=7, seed=11)
    assert session.apply(request) == Applied()
    assert session.draft == replace(request, variants=True)
    session.edit(prompt="changed")
    session.draft_editor.undo()
    session.draft_editor.undo()
    assert session.draft == replace(before, prompt="typed")


def test_a_picture_of_an_unknown_model_keeps_the_model_and_says_so(make_session: MakeSession):
    session = make_session()
    applied = session.apply(GenerationRequest("x", model="/somewhere/else", size=Size(77, 64)))
    assert applied == Applied(("model", "size"))
    assert session.draft.model == "starter-model"
    assert session.draft.size == Size(80, 64)


def test_the_draft_comes_back_at_the_next_start(make_session: MakeSession):
    drafts = FakeDrafts()
    first = make_session(drafts=drafts)
    first.edit(prompt="keep me", steps=9)
    first.shutdown()
    assert make_session(drafts=drafts).draft == first.draft


def test_the_draft_is_saved_a_moment_after_typing_not_at_every_key(make_session: MakeSession, qtbot: QtBot):
    drafts = FakeDrafts()
    session = make_session(drafts=drafts)
    for letter in "abcdef":
        session.edit(prompt=letter)
    assert drafts.saves == 0
    qtbot.waitUntil(lambda: drafts.saves == 1)
    assert drafts.draft == session.draft


def test_a_kept_draft_that_no_longer_fits_is_made_to_fit(make_session: MakeSession):
    session = make_session(drafts=FakeDrafts(GenerationRequest("x", size=Size(130, 999), steps=10**6)))
    assert session.draft == GenerationRequest("x", size=Size(128, 256), steps=500, variants=True)


def test_a_kept_draft_whose_model_is_gone_is_kept_as_it_is(make_session: MakeSession):
    gone = GenerationRequest("x", model="on-another-drive", size=Size(1024, 1024))
    assert make_session(drafts=FakeDrafts(gone)).draft == replace(gone, variants=True)


def test_a_kept_draft_with_braces_keeps_them_as_text(make_session: MakeSession):
    kept = GenerationRequest("{red|blue}")
    assert make_session(drafts=FakeDrafts(kept)).draft == kept


def test_without_any_model_there_is_still_a_draft(make_session: MakeSession):
    models = FakeModels()
    models.found = ()
    session = make_session(FakeEngine(), models)
    session.edit(prompt="works")
    assert session.draft.prompt == "works"


def test_new_models_are_announced_once(make_session: MakeSession, listen: Listen):
    models = FakeModels(model())
    session = make_session(models=models)
    heard = listen(session)
    session.refresh_models()
    models.found = (model(), model("new-model"))
    session.refresh_models()
    assert heard.names() == ["models_changed"]
    assert [known.key for known in session.draft_editor.models] == ["starter-model", "new-model"]


def test_settings_that_a_picture_does_not_tell_stay_as_they_are(make_session: MakeSession):
    session = make_session()
    session.edit(steps=33, seed=5, negative_prompt="fog")
    untold = frozenset({"steps", "seed", "negative_prompt", "model", "size"})
    applied = session.apply(GenerationRequest("a tower", model="", guidance_scale=2.0), untold)
    draft = session.draft
    assert (draft.prompt, draft.guidance_scale) == ("a tower", 2.0)
    assert (draft.steps, draft.seed, draft.negative_prompt) == (33, 5, "fog")
    assert applied == Applied(untold=untold)


def test_a_model_is_found_without_the_ending_of_its_file(make_session: MakeSession):
    session = make_session()
    key = session.draft.model
    assert (
        session.apply(GenerationRequest("a tower", model=f"{key}.safetensors", size=session.draft.size))
        == Applied()
    )
    assert session.draft.model == key
