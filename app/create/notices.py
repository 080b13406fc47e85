"""The bars above the canvas: their texts, and the events that show and close them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.messages.errors import Message
from app.messages.loras import not_here
from app.session.draft_editor import Applied
from app.session.failed_run import is_of_failure
from app.session.run import Ending, RunState, SavedPicture
from app.session.session import Session
from app.widgets.file_dialogs import ask_folder
from app.widgets.message_bar import Choice, MessageArea
from core.gallery.deleting import Deleted
from core.language.words import plural, quoted, tr
from core.request.settings import SETTINGS
from core.runs.queued import QueuedRun

FAILED, SAVING, STOPPED, TAKEN_OVER = "failed", "saving", "stopped", "settings"
RUN_FAILED, HELD, KEPT, CLEARED = "run failed", "held", "kept", "cleared"

DELETED, DELETED_MS = "deleted", 60_000

LASTING_MS = 8000
"""Good news need not be dismissed by hand."""


def deleted_message(deleted: tuple[Deleted, ...]) -> Message:
    """Returns what has become of deleted pictures."""
    count = len(deleted)
    if any(one.is_in_bin for one in deleted):
        title = plural(
            "Moved to the gallery’s own bin, with film, rating and tags.",
            "{count:,} pictures moved to the gallery’s own bin, with film, rating and tags.",
            count,
        )
    else:
        title = plural(
            "Moved to trash, with film, rating and tags.",
            "{count:,} pictures moved to trash, with film, rating and tags.",
            count,
        )
    only = "" if all(one.can_be_restored for one in deleted) else tr("Only the system’s trash can restore it.")
    return Message(title, only)


def settings_sentence(applied: Applied) -> str:
    """Describes the result of using settings: what had to differ or is not told, LoRAs that are missing."""
    sentences = [not_here(applied.missing_loras)] if applied.missing_loras else []
    if applied.differing:
        words = _nouns(applied.differing)
        sentences.append(tr("Changed to what this model or program has: {words}.", words=words))
    if applied.untold:
        sentences.append(
            tr(
                "Not in the picture, or unknown here: {nouns}. Yours stay as they are.",
                nouns=_nouns(applied.untold),
            )
        )
    if applied.weighed_by:
        sentences.append(
            tr(
                "{weighed_by} weights the words of a prompt differently, so the picture will differ; "
                "with the emphasis No norm it differs least.",
                weighed_by=applied.weighed_by,
            )
        )
    return " ".join(sentences) or tr("Undo brings back what was there before.")


def _nouns(names: Collection[str]) -> str:
    return ", ".join(tr(setting.noun) for setting in SETTINGS if setting.name in names)


class Notices(QObject):
    """Follows the session.

    Signals:
        close_asked: close the window, although pictures are not saved.
        report_asked, log_asked: copy a report of an error, open the log.
    """

    close_asked = Signal()
    report_asked = Signal()
    log_asked = Signal()

    def __init__(self, area: MessageArea, session: Session, window: QWidget) -> None:
        super().__init__(area)
        self._area = area
        self._session = session
        self._window = window
        self._noticed: set[Message] = set()
        self._told_of = 0
        session.failed.connect(self.show_failure)
        session.run_failed.connect(self._on_run_failed)
        session.image_ready.connect(self._forget_failed_run)
        session.queue.changed.connect(self._tell_of_queue)
        session.queue.cleared.connect(self._on_cleared)
        session.state_changed.connect(self._tell_of_queue)
        session.save_failed.connect(self._on_save_failed)
        session.picture_saved.connect(self._on_picture_saved)
        session.run_started.connect(self._forget_old)
        session.run_ended.connect(self._offer_to_keep)
        session.noticed.connect(self._on_noticed)
        session.pool.passed.connect(self._on_passed)

    @Slot(object)
    def show_failure(self, message: Message) -> None:
        self._area.show_message(FAILED, message, "error")

    @Slot(object)
    def _on_run_failed(self, message: Message) -> None:
        choices: tuple[Choice, ...] = ()
        if (run := self._session.queue.failed) is not None:
            choices = (Choice(tr("Try again"), partial(self._session.queue.try_again, run.id), "tryAgainButton"),)
        if message.is_unforeseen:
            choices += (
                Choice(tr("Copy report"), self.report_asked.emit, "copyErrorReportButton", keeps_bar=True),
                Choice(tr("Open log"), self.log_asked.emit, "openLogButton", keeps_bar=True),
            )
        self._area.show_message(RUN_FAILED, message, "error", choices)

    @Slot()
    def _forget_failed_run(self) -> None:
        self._area.dismiss(RUN_FAILED)

    @Slot(object)
    def _on_cleared(self, gone: tuple[QueuedRun, ...]) -> None:
        count = sum(run.left for run in gone)
        words = plural("1 picture removed from the queue", "{count:,} pictures removed from the queue", count)
        undo = Choice(tr("Undo"), partial(self._session.queue.take_back, gone), "undoClearButton")
        self._area.show_message(CLEARED, Message(words, ""), "info", (undo,), DELETED_MS)

    @Slot()
    def _tell_of_queue(self) -> None:
        """Pictures that wait for the user are told of until the queue goes on, is cleared, or runs."""
        queue = self._session.queue
        count = sum(run.left for run in queue.held)
        if not count or self._session.state is not RunState.idle:
            count = 0
            self._area.dismiss(HELD)
        elif count != self._told_of:
            waiting = plural("1 picture is waiting", "{count:,} pictures are waiting", count)
            choices = (
                Choice(tr("Go on"), queue.go_on, "goOnButton"),
                Choice(tr("Clear"), queue.clear, "clearQueueButton"),
            )
            self._area.show_message(HELD, Message(waiting, ""), "info", choices)
        self._told_of = count

    @Slot(str, object)
    def show_preset_used(self, name: str, applied: Applied) -> None:
        """Reports the settings of a preset that could not be used."""
        self.show_settings_used(
            replace(applied, untold=frozenset()), tr("The preset “{name}” is in place", name=name)
        )

    def show_settings_used(self, applied: Applied, title: str = tr("The picture's settings are in place")) -> None:
        """Reports settings that could not be used."""
        sentence = settings_sentence(applied)
        undo = Choice(tr("Undo"), self._session.draft_editor.undo, "undoSettingsButton")
        message = Message(title, sentence)
        is_whole = applied == Applied()
        self._area.show_message(TAKEN_OVER, message, "info", (undo,), LASTING_MS if is_whole else None)

    def show_deleted(self, deleted: tuple[Deleted, ...], restore: Callable[[tuple[Deleted, ...]], None]) -> None:
        """Pictures are in the trash; ``restore`` takes back what can be."""
        message = deleted_message(deleted)
        can_undo = all(one.can_be_restored for one in deleted)
        undo = (Choice(tr("Undo"), partial(restore, deleted), "undoDeleteButton"),) if can_undo else ()
        self._area.show_message(DELETED, message, "info", undo, DELETED_MS)

    @Slot(object)
    def show_not_taken(self, files: Sequence[Path]) -> None:
        """Of what was dropped on the window, some files were of no use."""
        names = ", ".join(quoted(file.name) for file in files)
        sentence = tr(
            "Pictures, models, LoRAs, autoencoders and folders with models can be dropped on the window."
        )
        self._area.show_message(FAILED, Message(tr("{names}: not taken", names=names), sentence), "info")

    @Slot(object)
    def _on_noticed(self, message: Message) -> None:
        """Tells it once, however many runs bring it up again, unless it has passed meanwhile."""
        if message not in self._noticed:
            self._noticed.add(message)
            self._area.show_message(message.title, message, "info")

    @Slot(object)
    def _on_passed(self, message: Message) -> None:
        self._noticed.discard(message)
        self._area.dismiss(message.title)

    def warn_before_closing(self) -> None:
        """Pictures that are not saved would be lost."""
        count = len(self._session.unsaved)
        message = Message(
            plural("1 picture is not saved yet", "{count} pictures are not saved yet", count),
            tr("Closing the window now would lose what could not be written before."),
        )
        leave = Choice(tr("Close without saving"), self._close, "closeAnywayButton")
        self._area.show_message(SAVING, message, "error", (self._save_elsewhere, leave))

    @property
    def _save_elsewhere(self) -> Choice:
        return Choice(tr("Save elsewhere…"), self._ask_folder, "saveElsewhereButton", keeps_bar=True)

    @Slot(object)
    def _on_save_failed(self, message: Message) -> None:
        self._area.show_message(SAVING, message, "error", (self._save_elsewhere,))

    @Slot(object)
    def _on_picture_saved(self, saved: SavedPicture) -> None:
        if not self._session.unsaved:
            self._area.dismiss(SAVING)
        recipe = saved.image.recipe
        if is_of_failure(recipe):
            title = tr(
                "Saved as it was after step {step} of {steps}", step=recipe.step, steps=recipe.request.all_steps
            )
            self._area.show_message(KEPT, Message(title, ""), "info", lasting_ms=LASTING_MS)

    @Slot()
    def _forget_old(self) -> None:
        for subject in (FAILED, STOPPED, TAKEN_OVER, KEPT):
            self._area.dismiss(subject)

    @Slot(object)
    def _offer_to_keep(self, ending: Ending) -> None:
        film = self._session.progress.stopped_film
        if ending is not Ending.cancelled or film is None:
            return
        done = film.frames[-1].step + 1
        message = Message(
            tr("Stopped at step {done} of {steps}", done=done, steps=film.request.all_steps),
            tr("You can continue it, or keep what has developed so far as a picture."),
        )
        keep = Choice(tr("Keep this picture"), self._session.keep_last, "keepButton")
        go_on = Choice(tr("Continue"), self._session.continue_last, "continueButton")
        self._area.show_message(STOPPED, message, "info", (go_on, keep))

    def _ask_folder(self) -> None:
        ask_folder(self._window, tr("Save the picture in this folder"), self._save_in)

    def _save_in(self, folder: Path) -> None:
        self._area.dismiss(SAVING)
        self._session.save_again(folder)

    def _close(self) -> None:
        self.close_asked.emit()
