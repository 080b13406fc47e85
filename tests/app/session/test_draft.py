"""The history of the draft, and how requests from outside are made to fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.session.draft import Draft, differing_fields, fitted
from core.request.request import GenerationRequest, Size
from core.request.settings import validate
from tests.fakes import model

FIRST = GenerationRequest("first")


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_undo_and_redo_go_back_and_forth():
    draft = Draft(FIRST)
    draft.edit({"steps": 5})
    draft.edit({"sampler": "euler"})
    assert draft.undo()
    assert draft.request == replace(FIRST, steps=5)
    assert draft.undo()
    assert draft.request == FIRST
    assert not draft.undo()
    assert draft.redo()
    assert draft.redo()
    assert draft.request == replace(FIRST, steps=5, sampler="euler")
    assert not draft.redo()


def test_typing_is_one_undo_step():
    draft = Draft(FIRST)
    for text in ("a", "a r", "a red house"):
        draft.edit({"prompt": text})
    draft.undo()
    assert draft.request == FIRST


def test_a_pause_in_typing_begins_a_new_undo_step():
    clock = Clock()
    draft = Draft(FIRST, clock)
    draft.edit({"prompt": "a red house"})
    clock.seconds = 10.0
    draft.edit({"prompt": "a red house by the sea"})
    draft.undo()
    assert draft.request.prompt == "a red house"


def test_another_field_or_the_end_of_a_step_begins_a_new_undo_step():
    draft = Draft(FIRST)
    draft.edit({"prompt": "a"})
    draft.edit({"steps": 7})
    draft.edit({"prompt": "b"})
    draft.end_step()
    draft.edit({"prompt": "c"})
    prompts: list[str] = []
    while draft.undo():
        prompts.append(draft.request.prompt)
    assert prompts == ["b", "a", "a", "first"]


def test_an_edit_that_changes_nothing_is_no_undo_step():
    draft = Draft(FIRST)
    assert not draft.edit({"prompt": "first"})
    assert not draft.can_undo


def test_an_edit_after_undo_forgets_what_could_be_redone():
    draft = Draft(FIRST)
    draft.edit({"steps": 7})
    draft.undo()
    draft.edit({"steps": 8})
    assert not draft.can_redo


@pytest.mark.parametrize(
    "wild",
    [
        GenerationRequest("x", size=Size(130, 77)),
        GenerationRequest("x", size=Size(0, 999999)),
        GenerationRequest("x", steps=0),
        GenerationRequest("x", steps=10**9, count=0),
        GenerationRequest("x", guidance_scale=float("nan")),
        GenerationRequest("x", guidance_scale=float("inf")),
        GenerationRequest("x", guidance_scale=-3.0),
        GenerationRequest("x", seed=-1, count=10**9),
        GenerationRequest("x", seed=2**64),
        GenerationRequest("x", sampler="no such sampler", model="../../etc"),
    ],
)
def test_a_wild_request_is_made_to_fit(wild: GenerationRequest):
    known = model()
    request = fitted(wild, known)
    validate(request, known.limits)
    assert request.prompt == "x"
    assert request.model == known.key


def test_a_good_request_fits_as_it_is():
    request = GenerationRequest(
        "x",
        negative_prompt="y",
        model="starter-model",
        size=Size(64, 96),
        sampler="euler",
        steps=30,
        guidance_scale=0.5,
        seed=2**64 - 1,
        count=3,
    )
    assert fitted(request, model()) == request


def test_differing_fields_are_named():
    assert differing_fields(FIRST, replace(FIRST, seed=1, count=2)) == ("seed", "count")
