"""What the studio does with pictures and frames: saving, saving again, keeping what Stop left, looking closely."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.run import Ending, Look, RunState, SavedPicture
from app.session.session import Studio
from core.errors import NotANumberPicture
from core.runs.events import Phase
from tests.app.conftest import FakeSaves, Heard, MakeStudio
from tests.fakes import FakeEngine

Settle = Callable[[Studio], None]
Listen = Callable[[Studio], Heard]


def stop_at(studio: Studio, engine: FakeEngine, hold: threading.Event, qtbot: QtBot) -> None:
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.stop()
    hold.set()
    qtbot.waitUntil(lambda: studio.state is RunState.idle)


def test_every_finished_picture_is_saved(
    make_studio: MakeStudio, settle: Settle, saves: FakeSaves, listen: Listen
):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(count=3, steps=1)
    studio.generate()
    settle(studio)
    assert [image.request.seed for image, _ in saves.saved] == [42, 43, 44]
    assert len(heard.all("picture_saved")) == 3


def test_a_picture_that_cannot_be_saved_is_kept_and_saved_elsewhere(
    make_studio: MakeStudio, settle: Settle, saves: FakeSaves, listen: Listen, qtbot: QtBot
):
    saves.failures = 1
    studio = make_studio()
    heard = listen(studio)
    studio.generate()
    settle(studio)
    (text,) = heard.all("save_failed")
    assert isinstance(text, Message)
    assert "space left on device" in str(text)
    assert heard.all("run_ended") == [Ending.finished]
    assert len(studio.unsaved) == 1
    studio.save_again(Path("elsewhere"))
    qtbot.waitUntil(lambda: len(heard.all("picture_saved")) == 1)
    assert saves.saved[0][1] == Path("elsewhere")
    assert studio.unsaved == ()


def test_a_picture_that_fails_twice_is_still_there(
    make_studio: MakeStudio, settle: Settle, saves: FakeSaves, listen: Listen, qtbot: QtBot
):
    saves.failures = 1
    studio = make_studio()
    heard = listen(studio)
    studio.generate()
    settle(studio)
    studio.save_again(Path("full"))
    qtbot.waitUntil(lambda: len(heard.all("save_failed")) == 2)
    assert len(studio.unsaved) == 1


def test_what_stop_left_can_be_kept(
    make_studio: MakeStudio, settle: Settle, saves: FakeSaves, listen: Listen, qtbot: QtBot
):
    hold = threading.Event()
    engine = FakeEngine(holds={4: hold})
    studio = make_studio(engine)
    heard = listen(studio)
    stop_at(studio, engine, hold, qtbot)
    assert studio.stopped_film is not None
    studio.keep_last()
    qtbot.waitUntil(lambda: len(heard.all("picture_saved")) == 1)
    (image, folder), *_ = saves.saved
    assert (image.stage, image.step, folder) == ("denoised", 5, None)
    assert [frame.call for frame in engine.kept] == [4]
    assert studio.stopped_film is None


def test_a_stop_while_decoding_ends_with_the_picture_safe(make_studio: MakeStudio, saves: FakeSaves, qtbot: QtBot):
    hold = threading.Event()
    engine = FakeEngine(holds={Phase.decoding: hold})
    studio = make_studio(engine)
    stop_at(studio, engine, hold, qtbot)
    assert len(saves.saved) == 1
    assert studio.stopped_film is None


def test_a_stop_just_before_decoding_leaves_something_to_keep(
    make_studio: MakeStudio, listen: Listen, qtbot: QtBot
):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=1)
    studio.single_step()
    qtbot.waitUntil(lambda: len(heard.all("decoded")) == 1)
    studio.stop()
    qtbot.waitUntil(lambda: studio.state is RunState.idle)
    assert studio.stopped_film is not None


def test_a_stop_before_the_first_step_leaves_nothing_to_keep(
    make_studio: MakeStudio, settle: Settle, qtbot: QtBot
):
    engine = FakeEngine()
    studio = make_studio(engine)
    studio.generate()
    settle(studio)
    hold = threading.Event()
    engine.holds[Phase.reading_prompt] = hold
    stop_at(studio, engine, hold, qtbot)
    assert studio.film is not None
    assert studio.stopped_film is None
    studio.keep_last()
    assert engine.kept == []


def test_a_failed_keep_says_why(make_studio: MakeStudio, listen: Listen, qtbot: QtBot):
    hold = threading.Event()
    engine = FakeEngine(holds={4: hold})
    engine.keep_error = NotANumberPicture("autoencoder")
    studio = make_studio(engine)
    heard = listen(studio)
    stop_at(studio, engine, hold, qtbot)
    studio.keep_last()
    qtbot.waitUntil(lambda: len(heard.all("failed")) == 1)


def test_a_kept_picture_that_cannot_be_saved_is_not_lost(
    make_studio: MakeStudio, saves: FakeSaves, listen: Listen, qtbot: QtBot
):
    saves.failures = 1
    hold = threading.Event()
    engine = FakeEngine(holds={4: hold})
    studio = make_studio(engine)
    heard = listen(studio)
    stop_at(studio, engine, hold, qtbot)
    studio.keep_last()
    qtbot.waitUntil(lambda: len(heard.all("save_failed")) == 1)
    assert studio.unsaved[0].image.stage == "denoised"


def test_looking_at_a_frame_when_idle_decodes_it(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
):
    studio = make_studio()
    heard = listen(studio)
    studio.generate()
    settle(studio)
    assert studio.film is not None
    studio.films.look_at(Look(studio.film, studio.film.frames[7]))
    qtbot.waitUntil(lambda: len(heard.all("decoded")) == 1)
    assert heard.decoded()[0].pixels[0, 0, 0] == 7


def test_only_the_newest_of_many_looks_is_decoded(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
):
    engine = FakeEngine()
    engine.decode_hold = threading.Event()
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    settle(studio)
    assert studio.film is not None
    engine.arrived.clear()
    studio.films.look_at(Look(studio.film, studio.film.frames[0]))
    qtbot.waitUntil(engine.arrived.is_set)
    for frame in studio.film.frames[1:]:
        studio.films.look_at(Look(studio.film, frame))
    engine.decode_hold.set()
    qtbot.waitUntil(lambda: len(heard.all("decoded")) == 1)
    qtbot.wait(30)
    assert [int(latent[0, 0, 0]) for latent in engine.decoded] == [0, 19]
    assert len(heard.all("decoded")) == 1


def test_a_look_is_served_between_two_steps_and_the_run_goes_on(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
):
    hold = threading.Event()
    engine = FakeEngine(holds={5: hold})
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    qtbot.waitUntil(lambda: len(heard.all("stepped")) == 5)
    assert studio.film is not None
    studio.films.look_at(Look(studio.film, studio.film.frames[1]))
    hold.set()
    settle(studio)
    qtbot.waitUntil(lambda: len(heard.all("decoded")) == 1)
    assert heard.names().index("decoded") < heard.names().index("image_ready")
    assert heard.all("run_ended") == [Ending.finished]


def test_looking_at_frames_all_the_time_does_not_starve_the_run(
    make_studio: MakeStudio, listen: Listen, qtbot: QtBot
):
    studio = make_studio()
    heard = listen(studio)

    def look_again(_: object) -> None:
        film = studio.film
        studio.films.look_at(Look(film, film.frames[0]) if film and film.frames else None)

    studio.films.decoded.connect(look_again)
    studio.stepped.connect(look_again)
    studio.generate()
    qtbot.waitUntil(lambda: heard.all("run_ended") == [Ending.finished])
    studio.films.look_at(None)


def test_a_look_that_was_taken_back_is_not_told(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
):
    engine = FakeEngine()
    engine.decode_hold = threading.Event()
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    settle(studio)
    assert studio.film is not None
    engine.arrived.clear()
    studio.films.look_at(Look(studio.film, studio.film.frames[0]))
    qtbot.waitUntil(engine.arrived.is_set)
    studio.films.look_at(None)
    engine.decode_hold.set()
    qtbot.wait(30)
    assert not heard.all("decoded")


def test_a_decode_that_fails_leaves_the_run_alone(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
):
    hold = threading.Event()
    engine = FakeEngine(holds={5: hold})
    engine.decode_error = NotANumberPicture("autoencoder")
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    qtbot.waitUntil(lambda: len(heard.all("stepped")) == 5)
    assert studio.film is not None
    studio.films.look_at(Look(studio.film, studio.film.frames[0]))
    hold.set()
    settle(studio)
    assert len(heard.all("failed")) == 1
    assert heard.all("run_ended") == [Ending.finished]


def test_the_saved_picture_is_the_one_that_was_shown(make_studio: MakeStudio, settle: Settle, listen: Listen):
    studio = make_studio()
    heard = listen(studio)
    studio.generate()
    settle(studio)
    (saved,) = heard.all("picture_saved")
    (ready,) = heard.all("image_ready")
    assert isinstance(saved, SavedPicture)
    assert saved.image is ready.image  # pyright: ignore[reportAttributeAccessIssue]
