"""The engine's notices as sentences, for window and command line alike."""

from pathlib import Path
from typing import get_args

from app.messages.notices import NOTICES, notice_of
from core.runs.events import (
    Advanced,
    Event,
    Finished,
    ImageReady,
    Loading,
    LoraDiffers,
    Phase,
    Placed,
    Started,
    Stepped,
)

NO_NOTICES = {Loading, Started, Stepped, ImageReady, Advanced, Finished, Placed}
"""They are shown as progress and results."""


def test_every_kind_of_event_is_a_notice_or_is_shown_otherwise() -> None:
    assert set(NOTICES) == set(get_args(Event)) - NO_NOTICES


def test_another_file_than_the_recipes_is_told() -> None:
    message = notice_of(LoraDiffers("ink", Path("ink.safetensors"), "0" * 12, "1" * 12))
    assert message is not None
    assert "another file" in message.title
    assert "000000000000" in message.sentence


def test_progress_is_no_notice() -> None:
    assert notice_of(Loading(Phase.importing)) is None
