"""The film in the window: with the run, with a picture of the folder, after a cut-off run."""

from __future__ import annotations

import threading
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.dialogs.unfinished import UnfinishedDialog
from app.film.film_panel import FilmPanel
from core.film.reader import PART_SUFFIX, SUFFIX
from core.runs.recorder import FOLDER_NAME
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


def panel_of(opened: Opened) -> FilmPanel:
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    return panel


def generate(opened: Opened, qtbot: QtBot) -> None:
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)


def stop_at_call(call: int, opened: Opened, qtbot: QtBot) -> None:
    """Stops a run in the middle of a network call, and closes the window."""
    hold = threading.Event()
    opened.engine.holds[call] = hold
    opened.window.session.generate()
    qtbot.waitUntil(opened.engine.arrived.is_set)
    opened.window.session.stop()
    hold.set()
    wait_until_idle(opened, qtbot)
    opened.window.close()


def test_the_film_grows_with_the_run(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    film = panel_of(opened).film
    assert film is not None
    assert film.is_complete


def test_a_chosen_step_is_shown_on_the_canvas_and_then_decoded(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    canvas = opened.window.contents.create_page.canvas
    panel_of(opened).select(3)
    assert canvas.shown is not None
    assert "Step 4 of" in canvas.shown.badge
    qtbot.waitUntil(lambda: canvas.shown is not None and "decoded" in canvas.shown.badge)
    assert [int(latent[0, 0, 0]) for latent in opened.engine.decoded] == [3]


def test_a_step_can_be_kept(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    with qtbot.waitSignal(opened.window.session.picture_saved):
        panel_of(opened).keep_requested.emit(2, "noisy")
    assert [frame.call for frame in opened.engine.kept] == [2]


def test_a_branch_takes_over_the_steps_before_and_what_was_changed(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    panel_of(opened).branch_requested.emit(5)
    dialog = opened.window.findChild(QDialog, "branchDialog")
    assert isinstance(dialog, QDialog)
    prompt = dialog.findChild(QPlainTextEdit, "branchPromptEdit")
    button = dialog.findChild(QPushButton, "branchButton")
    assert isinstance(prompt, QPlainTextEdit)
    assert isinstance(button, QPushButton)
    prompt.setPlainText("a blue house")
    button.click()
    wait_until_idle(opened, qtbot)
    (branch,) = opened.engine.branches
    assert (branch.call, branch.request.prompt, branch.keeps_history) == (5, "a blue house", True)


def test_several_branches_have_new_noise_each_and_ctrl_return_makes_them(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    panel_of(opened).branch_requested.emit(5)
    dialog = opened.window.findChild(QDialog, "branchDialog")
    assert isinstance(dialog, QDialog)
    prompt = dialog.findChild(QPlainTextEdit, "branchPromptEdit")
    count = dialog.findChild(QSpinBox, "branchCountSpin")
    assert isinstance(prompt, QPlainTextEdit)
    assert isinstance(count, QSpinBox)
    assert prompt.textCursor().atEnd()
    count.setValue(3)
    qtbot.keyClick(prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.result() == QDialog.DialogCode.Accepted
    wait_until_idle(opened, qtbot)
    assert len({branch.noise_seed for branch in opened.engine.branches}) == 3
    assert [branch.fresh_noise for branch in opened.engine.branches] == [0.2] * 3


def test_a_run_that_was_cut_off_is_offered_and_goes_on(open_window: Opener, qtbot: QtBot) -> None:
    stop_at_call(6, open_window(saves=True), qtbot)
    second = open_window(saves=True)
    assert "unfinished" in second.subjects
    button = second.child("continueUnfinishedButton")
    assert isinstance(button, QPushButton)
    with qtbot.waitSignal(second.window.session.picture_saved):
        button.click()
    (branch,) = second.engine.branches
    assert branch.call in (6, 7)
    pictures = second.settings_store.settings.pictures
    assert len(list(pictures.rglob(f"*{SUFFIX}"))) == 1
    assert not list((pictures / FOLDER_NAME).glob(f"*{PART_SUFFIX}"))


def test_cut_off_runs_can_be_continued_together_or_discarded_which_can_be_undone(
    open_window: Opener, qtbot: QtBot
) -> None:
    for seed in (1, 2):
        opened = open_window(saves=True)
        opened.window.session.edit(seed=seed)
        stop_at_call(2, opened, qtbot)
    second = open_window(saves=True)

    def press(name: str) -> None:
        button = second.child(name)
        assert isinstance(button, QPushButton)
        button.click()

    press("discardUnfinishedButton")
    assert second.subjects == ("discarded",)
    press("undoDiscardButton")
    assert second.subjects == ("unfinished",)
    press("continueUnfinishedButton")
    wait_until_idle(second, qtbot)
    assert {branch.request.seed for branch in second.engine.branches} == {1, 2}


def test_each_cut_off_run_is_listed_with_its_last_step_and_continued_or_deleted_by_itself(
    open_window: Opener, qtbot: QtBot
) -> None:
    for seed in (1, 2, 3):
        opened = open_window(saves=True)
        opened.window.session.edit(seed=seed)
        stop_at_call(2, opened, qtbot)
    second = open_window(saves=True)
    show = second.child("showUnfinishedButton")
    assert isinstance(show, QPushButton)
    show.click()
    dialog = second.window.findChild(UnfinishedDialog)
    assert dialog is not None
    assert second.subjects == ()
    first, middle, last = dialog.rows
    assert [row.run.request.seed for row in dialog.rows] == [3, 2, 1]
    qtbot.waitUntil(lambda: all(not row.picture.pixmap().isNull() for row in dialog.rows))
    first.delete.click()
    middle.delete.click()
    middle.undo.click()
    last.resume.click()
    first.undo.click()
    first.delete.click()
    wait_until_idle(second, qtbot)
    assert [branch.request.seed for branch in second.engine.branches] == [1]
    dialog.close()
    second.action("Unfinished pictures…").trigger()
    again = next(found for found in second.window.findChildren(UnfinishedDialog) if found.isVisible())
    assert [(row.run.request.seed, row.undo.isHidden()) for row in again.rows] == [(3, False), (2, True)]
    press_all = again.findChild(QPushButton, "deleteAllUnfinishedButton")
    assert press_all is not None
    press_all.click()
    again.rows[1].undo.click()
    second.window.close()
    assert len(list((second.settings_store.settings.pictures / FOLDER_NAME).iterdir())) == 1


def test_a_cut_off_run_can_be_thrown_away(open_window: Opener, qtbot: QtBot) -> None:
    stop_at_call(2, open_window(saves=True), qtbot)
    second = open_window(saves=True)
    button = second.child("discardUnfinishedButton")
    assert isinstance(button, QPushButton)
    button.click()
    second.window.close()
    assert not list((second.settings_store.settings.pictures / FOLDER_NAME).iterdir())


def test_the_film_of_a_picture_opens_with_the_picture(open_window: Opener, qtbot: QtBot) -> None:
    opened = open_window(saves=True)
    session = opened.window.session
    with qtbot.waitSignal(session.picture_saved) as saved:
        session.generate()
    wait_until_idle(opened, qtbot)
    first = session.progress.film
    with qtbot.waitSignal(session.picture_saved):
        session.edit(seed=99)
        session.generate()
    wait_until_idle(opened, qtbot)
    assert saved.args is not None
    path = saved.args[0].path
    opened.window.contents.create_page.strip.chosen.emit(path)
    qtbot.waitUntil(
        lambda: (shown := panel_of(opened).film) is not None and first is not None and shown.run == first.run
    )
    film = panel_of(opened).film
    assert film is not None
    assert first is not None
    assert replace(film.request, seed=None) == replace(first.request, seed=None)


def test_open_views_are_open_again_at_the_next_start(open_window: Opener) -> None:
    first = open_window()
    panel_of(first).open_views(("noisy", "denoised", "schedule", "spectrum"))
    assert first.settings_store.settings.film_views[0] == "noisy"
    first.window.close()
    second = open_window()
    assert second.child("filmViews").isVisibleTo(panel_of(second))
    panel_of(second).open_views(())
    assert second.settings_store.settings.film_views == ()


def test_where_words_act_is_recorded_while_somebody_looks_at_it(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    assert not opened.engine.attention
    panel_of(opened).open_views(("words",))
    panel_of(opened).views_changed.emit(("words",))
    generate(opened, qtbot)
    assert opened.engine.attention
    panel_of(opened).open_views(())
    generate(opened, qtbot)
    assert not opened.engine.attention
