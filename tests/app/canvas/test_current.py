from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.canvas.current import CurrentView
from app.canvas.view import Canvas
from app.session.picture_loader import OpenedPicture
from app.session.run import RunState
from app.session.session import Session
from app.widgets.pixels import to_image, to_pixels
from app.widgets.theme import LIGHT
from core.pictures.mask import Box
from core.pictures.masked_picture import MaskedPicture
from core.pictures.picture import GeneratedImage
from core.request.request import GenerationRequest, Size, Upscaler
from core.runs.events import ImageReady
from tests import fake_films, fakes
from tests.app.conftest import MakeSession
from tests.app.holding import hold_until_shown
from tests.app.session.test_progress_text import of_two_passes
from tests.fakes import FakeEngine


@dataclass
class Table:
    engine: FakeEngine
    session: Session
    canvas: Canvas
    view: CurrentView

    def badge(self) -> str:
        return self.canvas.shown.badge if self.canvas.shown else ""


@pytest.fixture
def table(make_session: MakeSession, qtbot: QtBot) -> Table:
    engine = FakeEngine()
    session = make_session(engine)
    canvas = Canvas(LIGHT)
    qtbot.addWidget(canvas)
    view = CurrentView(canvas, session)
    assert view.current is None
    assert view.is_following
    return Table(engine, session, canvas, view)


def opened(value: int = 9) -> OpenedPicture:
    return OpenedPicture(Path("old.png"), to_image(fakes.pixels(Size(64, 64), value)), None)


def pause_after_first_step(table: Table, qtbot: QtBot) -> None:
    with qtbot.waitSignals([table.session.stepped, table.view.step_decoded]):
        table.session.single_step()


def wait_until_idle(table: Table, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: table.session.state is RunState.idle)


def test_the_empty_canvas_tells_the_phase(table: Table, qtbot: QtBot) -> None:
    descriptions: list[str] = []

    def look() -> None:
        descriptions.append(table.canvas.accessibleDescription())

    table.session.state_changed.connect(look)
    table.session.phase_changed.connect(look)
    table.session.generate()
    wait_until_idle(table, qtbot)
    assert descriptions[0] == "Starting"
    assert "Loading the model" in descriptions


def test_a_preview_tells_its_step_and_its_kind_and_has_the_place_of_the_picture(
    table: Table, qtbot: QtBot
) -> None:
    badges: list[str] = []
    sizes: list[int] = []

    def look() -> None:
        assert table.canvas.shown is not None
        badges.append(table.badge())
        sizes.append(table.canvas.shown.size.width())

    hold_until_shown(table.session, table.engine, 3)
    table.session.step_shown.connect(look)
    table.session.edit(steps=3)
    table.session.generate()
    wait_until_idle(table, qtbot)
    assert badges == [f"Step {step} of 3  ·  preview (linear)" for step in (1, 2, 3)]
    assert sizes == [128, 128, 128]


def test_a_pause_shows_the_decoded_step(table: Table, qtbot: QtBot) -> None:
    pause_after_first_step(table, qtbot)
    assert table.badge() == "Step 1 of 20  ·  decoded"


def test_a_pause_shows_a_decoded_part_in_its_picture(table: Table, qtbot: QtBot) -> None:
    mask = np.zeros((100, 300), np.uint8)
    mask[20:80, 200:250] = 255
    table.engine.masked = MaskedPicture(np.full((100, 300, 3), 77, np.uint8), mask, Box(150, 0, 250, 100))
    pause_after_first_step(table, qtbot)
    assert table.badge().endswith("decoded")
    current = table.view.current
    assert current is not None
    shown = to_pixels(current.image)
    assert shown.shape == (100, 300, 3)
    assert (shown[mask == 0] == 77).all()


def test_the_finished_picture_has_no_badge_and_knows_its_file(table: Table, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.session.picture_saved):
        table.session.generate()
    assert table.badge() == ""
    current = table.view.current
    assert current is not None
    assert current.path == Path("pictures/1.png")
    assert current.generated is not None
    assert current.request == current.generated.request


def test_a_picture_from_the_folder_stays_while_the_other_one_goes_on(table: Table, qtbot: QtBot) -> None:
    pause_after_first_step(table, qtbot)
    with qtbot.waitSignal(table.view.following_changed):
        table.view.show_opened(opened())
    with qtbot.waitSignal(table.session.step_shown):
        table.session.single_step()
    assert table.view.current is not None
    assert table.view.current.path == Path("old.png")
    with qtbot.waitSignal(table.view.following_changed):
        table.view.follow()
    assert table.badge().startswith("Step 2 of 20")


def test_the_next_run_is_followed_from_its_start(table: Table, qtbot: QtBot) -> None:
    table.view.show_opened(opened())
    table.session.generate()
    wait_until_idle(table, qtbot)
    assert table.view.is_following
    assert table.view.current is not None
    assert table.view.current.generated is not None


def test_a_kept_picture_takes_the_place_of_its_preview(table: Table, qtbot: QtBot) -> None:
    pause_after_first_step(table, qtbot)
    table.session.stop()
    wait_until_idle(table, qtbot)
    with qtbot.waitSignal(table.session.picture_saved):
        table.session.keep_last()
    assert table.badge() == "Kept at step 1 of 20"
    assert table.view.current is not None
    assert table.view.current.path is not None


def test_a_picture_without_recipe_offers_no_settings(table: Table) -> None:
    table.view.show_opened(opened())
    assert table.view.current is not None
    assert table.view.current.request is None
    assert table.view.current.generated is None


@pytest.mark.parametrize("is_enlarged", [True, False])
def test_the_last_step_is_the_enlarged_picture_where_there_is_one(table: Table, is_enlarged: bool) -> None:
    upscaler = Upscaler("ink") if is_enlarged else None
    film = fake_films.film(GenerationRequest("a", steps=3, size=Size(64, 64), seed=1, upscaler=upscaler))
    recipe = fake_films.image(film, "final", 3).recipe
    table.view.show_opened(OpenedPicture(Path("large.png"), to_image(fakes.pixels(Size(256, 256), 9)), recipe))
    shown: list[tuple[int, int, str]] = []
    for call in (1, 2):
        frame = fake_films.frame_of(film, call)
        table.view.show_frame(film, frame, fakes.pixels(Size(64, 64), 5), is_decoded=True)
        assert table.canvas.shown is not None
        shown.append((table.canvas.shown.size.width(), table.canvas.shown.image.width(), table.badge()))
    last = (
        (256, 256, "Step 3 of 3  ·  enlarged to 256 × 256") if is_enlarged else (64, 64, "Step 3 of 3  ·  decoded")
    )
    assert shown == [(64, 64, "Step 2 of 3  ·  decoded"), last]


def test_each_pass_is_shown_in_its_size(table: Table) -> None:
    film = of_two_passes(fakes.film(GenerationRequest("a", steps=12, size=Size(64, 64))))
    assert film.second is not None
    sizes: list[int] = []
    for call in (1, film.second.first_call):
        frame = fakes.frame_of(film, call)
        table.view.show_frame(film, frame, fakes.pixels(Size(16, 16), 5), is_decoded=False)
        assert table.canvas.shown is not None
        sizes.append(table.canvas.shown.size.width())
    assert sizes == [64, film.second.size.width]


def test_an_enlarged_picture_has_its_true_size_when_it_is_finished(table: Table) -> None:
    film = fake_films.film(GenerationRequest("a", size=Size(64, 64), upscaler=Upscaler("ink")))
    recipe = fake_films.image(film, "final", 3).recipe
    table.session.image_ready.emit(ImageReady(GeneratedImage(fakes.pixels(Size(256, 128), 9), recipe), film))
    assert table.canvas.picture_size == QSize(256, 128)
    assert table.badge() == "enlarged to 256 × 128"
