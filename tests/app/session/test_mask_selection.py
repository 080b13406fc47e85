"""The draft's mask is kept on the disk, and its settings follow the situation until the user chooses them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.mask_mode import FILLS, MaskMode, mode_of, spans_picture
from app.session.mask_selection import MaskSelection
from app.session.run import RunState
from app.session.session import Session
from core.pictures.mask import MaskPixels, read_mask, save_mask
from core.request.mask import NO_MARGINS, Margins, Mask
from core.request.request import Size, Source
from core.request.settings.mask import FILLS as KNOWN_FILLS
from core.request.settings.source import DEFAULT_STRENGTH
from tests.app.conftest import MakeSession

SIZE = Size(60, 40)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (60, 40), "red").save(path)
    return path


@pytest.fixture
def session(make_session: MakeSession) -> Session:
    return make_session()


@pytest.fixture
def masks(session: Session, tmp_path: Path, photo: Path) -> MaskSelection:
    session.edit(source=Source(str(photo), DEFAULT_STRENGTH))
    selection = MaskSelection(session, tmp_path / "pasted")
    assert selection.mode is None
    return selection


def square(left: int = 10, top: int = 10, right: int = 30, bottom: int = 30) -> MaskPixels:
    mask = np.zeros((40, 60), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def test_a_painted_mask_is_kept_by_its_content(
    masks: MaskSelection, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    masks.keep(square())
    mask = session.draft.mask
    assert mask is not None and not masks.is_lost
    qtbot.waitUntil(lambda: not session.draft_editor.files.is_busy)
    assert Path(mask.path).parent == tmp_path / "pasted"
    assert np.array_equal(read_mask(Path(mask.path))[0], square())
    masks.change(padding=100, area="whole")
    masks.keep(square(right=40))
    other = session.draft.mask
    assert other is not None and other.path != mask.path
    assert (other.padding, other.area) == (100, "whole")
    masks.keep(None)
    assert session.draft.mask is None


def test_strength_and_fill_follow_the_situation(masks: MaskSelection, session: Session) -> None:
    masks.keep(square())
    assert session.draft.source is not None and session.draft.mask is not None
    assert (session.draft.source.strength, session.draft.mask.fill) == (1.0, "surroundings")
    assert masks.mode is MaskMode.fill
    masks.set_strength(0.4)
    assert session.draft.mask.fill == "original"
    assert masks.mode is MaskMode.refine
    masks.set_strength(1.0)
    assert session.draft.mask.fill == "surroundings"
    masks.keep(square(left=0, top=0, right=20, bottom=40))
    assert masks.mode is MaskMode.expand


def test_nothing_that_the_user_chose_is_overridden(masks: MaskSelection, session: Session) -> None:
    masks.set_strength(0.3)
    masks.keep(square())
    assert session.draft.source is not None and session.draft.mask is not None
    assert (session.draft.source.strength, session.draft.mask.fill) == (0.3, "original")
    masks.change(fill="noise")
    masks.set_strength(1.0)
    assert session.draft.mask.fill == "noise"
    masks.remove()
    assert session.draft.source.strength == 1.0


def test_what_the_recipe_of_a_picture_chose_is_not_overridden(
    masks: MaskSelection, session: Session, tmp_path: Path
) -> None:
    source, mask = session.draft.source, Mask(str(save_mask(square(), tmp_path)), fill="noise")
    assert source is not None
    session.apply(replace(session.draft, source=replace(source, strength=1.0), mask=mask))
    masks.keep(square(right=40))
    masks.set_strength(0.5)
    assert session.draft.mask is not None and session.draft.mask.fill == "noise"


def test_without_a_mask_the_strength_is_as_it_was(masks: MaskSelection, session: Session) -> None:
    masks.keep(square())
    masks.remove()
    assert session.draft.source is not None
    assert session.draft.source.strength == DEFAULT_STRENGTH


def test_the_mask_of_an_earlier_start_is_read_and_left_as_it_is(
    masks: MaskSelection, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    masks.keep(square(left=0, right=60))
    again = MaskSelection(session, tmp_path / "pasted")
    assert again.mode is MaskMode.fill
    qtbot.waitUntil(lambda: again.levels is not None)
    assert again.mode is MaskMode.expand
    before = session.draft.mask
    again.set_strength(0.5)
    assert session.draft.mask == before


def test_one_undo_takes_a_painted_mask_back(masks: MaskSelection, session: Session) -> None:
    before = session.draft
    session.draft_editor.end_step()
    masks.keep(square())
    session.draft_editor.undo()
    assert session.draft == before
    session.draft_editor.redo()
    assert masks.mode is MaskMode.fill


def test_a_full_disk_is_told_and_no_run_begins_without_the_mask(
    session: Session, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    session.edit(source=Source(str(photo), 1.0))
    told: list[Message] = []
    session.failed.connect(told.append)
    folder = tmp_path / "pasted"
    folder.write_bytes(b"a file in the place of the folder")
    masks = MaskSelection(session, folder)
    masks.keep(square())
    assert not masks.is_lost
    session.generate()
    qtbot.waitUntil(lambda: len(told) == 2)
    assert folder.name in told[0].sentence and "mask" in told[1].sentence.lower()
    assert session.state is RunState.idle
    assert masks.is_lost and masks.levels is not None
    folder.unlink()
    masks.keep(masks.levels)
    qtbot.waitUntil(lambda: not session.draft_editor.files.is_busy)
    assert session.draft.mask is not None
    assert np.array_equal(read_mask(Path(session.draft.mask.path))[0], square())


def test_a_step_that_is_asked_for_while_the_mask_is_written_is_made_afterwards(
    masks: MaskSelection, session: Session, qtbot: QtBot
) -> None:
    masks.keep(square())
    session.single_step()
    assert session.state is RunState.idle
    with qtbot.waitSignal(session.rested):
        pass
    assert session.state is RunState.paused
    session.stop()
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_a_mask_that_is_gone_leaves_nothing_to_draw(masks: MaskSelection, session: Session, qtbot: QtBot) -> None:
    masks.keep(square())
    with qtbot.waitSignals([masks.changed, masks.changed]):
        session.edit(mask=Mask("/nowhere/mask.png"))
    assert masks.levels is None


@pytest.mark.parametrize(
    ("mask", "spans"),
    [
        (square(), False),
        (square(left=0, right=60), True),
        (square(top=0, bottom=40), True),
        (square(0, 0, 60, 40), False),
        (square(0, 0, 10, 10), False),
        (255 - square(), True),
    ],
)
def test_a_mask_from_edge_to_edge_expands(mask: MaskPixels, spans: bool) -> None:
    assert spans_picture(mask) is spans


def test_each_mode_begins_with_a_fill_that_there_is(session: Session) -> None:
    assert set(FILLS) == set(MaskMode)
    assert set(FILLS.values()) <= set(KNOWN_FILLS)
    assert mode_of(session.draft) is None


def test_a_wider_picture_brings_what_suits_it_and_takes_it_along(masks: MaskSelection, session: Session) -> None:
    before = session.draft
    masks.widen(Margins(right=60), SIZE)
    mask, source = session.draft.mask, session.draft.source
    assert mask == Mask("", fill="surroundings", softness=4.0, margins=Margins(right=60))
    assert source is not None
    assert source.strength == 1.0
    assert (session.draft.size, masks.mode) == (Size(192, 64), MaskMode.expand)
    assert not masks.is_lost
    masks.widen(Margins(right=60, top=24), SIZE)
    assert session.draft.size == Size(120, 64)
    masks.widen(NO_MARGINS, SIZE)
    assert (session.draft.mask, session.draft.source, session.draft.size) == (None, before.source, before.size)


def test_after_a_new_start_the_size_before_is_the_models_own(
    masks: MaskSelection, session: Session, tmp_path: Path
) -> None:
    before = session.draft.size
    masks.widen(Margins(right=60), SIZE)
    again = MaskSelection(session, tmp_path)
    again.widen(NO_MARGINS, SIZE)
    assert (session.draft.mask, session.draft.size) == (None, before)


def test_a_wider_picture_can_have_a_painted_mask(masks: MaskSelection, session: Session, qtbot: QtBot) -> None:
    masks.widen(Margins(left=20), SIZE)
    masks.keep(square())
    qtbot.waitUntil(lambda: not session.draft_editor.files.is_busy)
    mask = session.draft.mask
    assert mask is not None
    assert (mask.is_painted, mask.margins) == (True, Margins(left=20))
    masks.keep(None)
    assert session.draft.mask is not None
    assert (session.draft.mask.path, session.draft.mask.margins) == ("", Margins(left=20))
    masks.keep(square())
    masks.widen(NO_MARGINS, SIZE)
    assert session.draft.mask is not None
    assert (session.draft.mask.is_painted, session.draft.mask.margins) == (True, NO_MARGINS)
    masks.remove()
    assert session.draft.mask is None


def test_a_size_that_was_chosen_for_a_wider_picture_stays(masks: MaskSelection, session: Session) -> None:
    masks.widen(Margins(right=60), SIZE)
    session.edit(size=Size(96, 64))
    masks.remove()
    assert session.draft.size == Size(96, 64)
