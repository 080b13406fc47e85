"""Pictures and frames in the session: saving, saving again, keeping what Stop left, looking closely."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.run import Ending, RunState, SavedPicture
from app.session.session import Session
from core.errors import NotANumberPicture
from core.pictures.pixels import Pixels
from core.runs.events import Phase
from core.runs.operations import Decode
from tests.app.conftest import FakeSaves, Heard, MakeSession
from tests.fakes import FakeEngine

Settle = Callable[[Session], None]
Listen = Callable[[Session], Heard]


def stop_at(session: Session, engine: FakeEngine, hold: threading.Event, qtbot: QtBot) -> None:
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.stop()
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_every_finished_picture_is_saved(
    make_session: MakeSession, settle: Settle, saves: FakeSaves, listen: Listen
):
    session = make_session()
    heard = listen(session)
    session.edit(count=3, steps=1)
    session.generate()
    settle(session)
    seeds = [image.request.seed or 0 for image, _ in saves.saved]
    assert seeds == [seeds[0], seeds[0] + 1, seeds[0] + 2]
    assert len(heard.all("picture_saved")) == 3


def test_a_picture_that_cannot_be_saved_is_kept_and_saved_elsewhere(
    make_session: MakeSession, settle: Settle, saves: FakeSaves, listen: Listen, qtbot: QtBot
):
    saves.failures = 1
    session = make_session()
    heard = listen(session)
    session.generate()
    settle(session)
    (text,) = heard.all("save_failed")
    assert isinstance(text, Message)
    assert "space left on device" in str(text)
    assert heard.all("run_ended") == [Ending.finished]
    assert len(session.unsaved) == 1
    session.save_again(Path("elsewhere"))
    qtbot.waitUntil(lambda: len(heard.all("picture_saved")) == 1)
    assert saves.saved[0][1] == Path("elsewhere")
    assert session.unsaved == ()


def test_a_picture_that_fails_twice_is_still_there(
    make_session: MakeSession, settle: Settle, saves: FakeSaves, listen: Listen, qtbot: QtBot
):
    saves.failures = 1
    session = make_session()
    heard = listen(session)
    session.generate()
    settle(session)
    session.save_again(Path("full"))
    qtbot.waitUntil(lambda: len(heard.all("save_failed")) == 2)
    assert len(session.unsaved) == 1


def test_closing_at_once_loses_no_picture_that_is_being_saved(
    make_session: MakeSession, settle: Settle, saves: FakeSaves
):
    saves.failures = 1
    session = make_session()
    session.generate()
    settle(session)
    session.save_again(Path("elsewhere"))
    assert session.shutdown()
    assert [folder for _, folder in saves.saved] == [Path("elsewhere")]


def test_what_stop_left_can_be_kept(
    make_session: MakeSession, settle: Settle, saves: FakeSaves, listen: Listen, qtbot: QtBot
):
    hold = threading.Event()
    engine = FakeEngine(holds={4: hold})
    session = make_session(engine)
    heard = listen(session)
    stop_at(session, engine, hold, qtbot)
    assert session.progress.stopped_film is not None
    session.keep_last()
    qtbot.waitUntil(lambda: len(heard.all("picture_saved")) == 1)
    (image, folder), *_ = saves.saved
    assert (image.recipe.stage, image.recipe.step, folder) == ("denoised", 5, None)
    assert [frame.call for frame in engine.kept] == [4]
    assert session.progress.stopped_film is None


def test_a_stop_while_decoding_ends_with_the_picture_safe(
    make_session: MakeSession, saves: FakeSaves, qtbot: QtBot
):
    hold = threading.Event()
    engine = FakeEngine(holds={Phase.decoding: hold})
    session = make_session(engine)
    stop_at(session, engine, hold, qtbot)
    assert len(saves.saved) == 1
    assert session.progress.stopped_film is None


def test_a_stop_just_before_decoding_leaves_something_to_keep(
    make_session: MakeSession, listen: Listen, qtbot: QtBot
):
    session = make_session()
    heard = listen(session)
    session.edit(steps=1)
    session.single_step()
    qtbot.waitUntil(lambda: len(heard.all("rested")) == 1)
    session.stop()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert session.progress.stopped_film is not None


def test_a_stop_before_the_first_step_leaves_nothing_to_keep(
    make_session: MakeSession, settle: Settle, qtbot: QtBot
):
    engine = FakeEngine()
    session = make_session(engine)
    session.generate()
    settle(session)
    hold = threading.Event()
    engine.holds[Phase.reading_prompt] = hold
    stop_at(session, engine, hold, qtbot)
    assert session.progress.film is not None
    assert session.progress.stopped_film is None
    session.keep_last()
    assert engine.kept == []


def test_a_failed_keep_says_why(make_session: MakeSession, listen: Listen, qtbot: QtBot):
    hold = threading.Event()
    engine = FakeEngine(holds={4: hold})
    engine.keep_error = NotANumberPicture("autoencoder")
    session = make_session(engine)
    heard = listen(session)
    stop_at(session, engine, hold, qtbot)
    session.keep_last()
    qtbot.waitUntil(lambda: len(heard.all("failed")) == 1)


def test_a_kept_picture_that_cannot_be_saved_is_not_lost(
    make_session: MakeSession, saves: FakeSaves, listen: Listen, qtbot: QtBot
):
    saves.failures = 1
    hold = threading.Event()
    engine = FakeEngine(holds={4: hold})
    session = make_session(engine)
    heard = listen(session)
    stop_at(session, engine, hold, qtbot)
    session.keep_last()
    qtbot.waitUntil(lambda: len(heard.all("save_failed")) == 1)
    assert session.unsaved[0].image.recipe.stage == "denoised"


def look_at(session: Session, call: int) -> list[Pixels]:
    """Asks for the true picture of a call; the list gets it."""
    film, decoded = session.progress.film, list[Pixels]()
    assert film is not None
    session.engine_tasks.submit("look", Decode(film, film.frames[call].denoised), decoded.append)
    return decoded


def test_looking_at_a_frame_when_idle_decodes_it(make_session: MakeSession, settle: Settle, qtbot: QtBot):
    session = make_session()
    session.generate()
    settle(session)
    decoded = look_at(session, 7)
    qtbot.waitUntil(lambda: len(decoded) == 1)
    assert decoded[0][0, 0, 0] == 7


def test_only_the_newest_of_many_looks_is_decoded(make_session: MakeSession, settle: Settle, qtbot: QtBot):
    engine = FakeEngine()
    engine.decode_hold = threading.Event()
    session = make_session(engine)
    session.generate()
    settle(session)
    engine.arrived.clear()
    looks = [look_at(session, 0)]
    qtbot.waitUntil(engine.arrived.is_set)
    looks += [look_at(session, call) for call in range(1, 20)]
    engine.decode_hold.set()
    qtbot.waitUntil(lambda: len(looks[-1]) == 1)
    qtbot.wait(30)
    assert [int(latent[0, 0, 0]) for latent in engine.decoded] == [0, 19]
    assert not any(looks[:-1])


def test_a_look_is_served_between_two_steps_and_the_run_goes_on(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
):
    hold = threading.Event()
    engine = FakeEngine(holds={5: hold})
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    qtbot.waitUntil(lambda: len(heard.all("stepped")) == 5)
    session.image_ready.connect(lambda: heard.said.append(("decoded before", len(decoded))))
    decoded = look_at(session, 1)
    hold.set()
    settle(session)
    assert heard.all("decoded before") == [1]
    assert heard.all("run_ended") == [Ending.finished]


def test_looking_at_frames_all_the_time_does_not_starve_the_run(
    make_session: MakeSession, listen: Listen, qtbot: QtBot
):
    session = make_session()
    heard = listen(session)

    def look_again(_: object) -> None:
        film = session.progress.film
        if film is not None and film.frames:
            session.engine_tasks.submit("look", Decode(film, film.frames[0].denoised), look_again)

    session.stepped.connect(look_again)
    session.generate()
    qtbot.waitUntil(lambda: heard.all("run_ended") == [Ending.finished])
    session.engine_tasks.withdraw("look")


def test_a_look_that_was_taken_back_is_not_told(make_session: MakeSession, settle: Settle, qtbot: QtBot):
    engine = FakeEngine()
    engine.decode_hold = threading.Event()
    session = make_session(engine)
    session.generate()
    settle(session)
    engine.arrived.clear()
    decoded = look_at(session, 0)
    qtbot.waitUntil(engine.arrived.is_set)
    session.engine_tasks.withdraw("look")
    engine.decode_hold.set()
    qtbot.wait(30)
    assert not decoded


def test_a_decode_that_fails_leaves_the_run_alone(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
):
    hold = threading.Event()
    engine = FakeEngine(holds={5: hold})
    engine.decode_error = NotANumberPicture("autoencoder")
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    qtbot.waitUntil(lambda: len(heard.all("stepped")) == 5)
    look_at(session, 0)
    hold.set()
    settle(session)
    assert len(heard.all("failed")) == 1
    assert heard.all("run_ended") == [Ending.finished]


def test_the_saved_picture_is_the_one_that_was_shown(make_session: MakeSession, settle: Settle, listen: Listen):
    session = make_session()
    heard = listen(session)
    session.generate()
    settle(session)
    (saved,) = heard.all("picture_saved")
    (ready,) = heard.all("image_ready")
    assert isinstance(saved, SavedPicture)
    assert saved.image is ready.image  # pyright: ignore[reportAttributeAccessIssue]
