"""Offers runs that were cut off: each can be continued, or discarded, which can be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.messages.errors import Message
from app.session.session import Session
from app.session.set_aside import SetAside
from app.session.settings_store import SettingsStore
from app.widgets.message_bar import Choice, MessageArea
from core.film.reader import PART_SUFFIX
from core.film.stored import UnfinishedRun, unfinished
from core.language.words import plural, tr
from core.runs.operations import GenerateBranch, Resume

UNFINISHED, DISCARDED = "unfinished", "discarded"
DISCARDED_MS = 60_000


class UnfinishedRuns(QObject):
    """Knows the runs that nobody continues: those that failed wait in the queue."""

    def __init__(
        self, window: QWidget, session: Session, area: MessageArea, set_aside: SetAside, store: SettingsStore
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._area = area
        self._set_aside = set_aside
        self._store = store

    @Slot()
    def offer(self) -> None:
        """Shows a bar if there are any."""
        runs = [run for run in self._find() if run.path not in self._set_aside]
        if not runs:
            return
        if len(runs) > 1:
            title, words = (
                tr("{count:,} unfinished pictures", count=len(runs)),
                tr("You can continue each where it stopped."),
            )
            resume, discard = tr("Continue all"), tr("Discard all")
        else:
            title, resume, discard = tr("Unfinished picture"), tr("Continue"), tr("Discard")
            words = tr(
                "“{title}” stopped at step {step} of {steps}.",
                title=_work(runs[0]).title[:60],
                step=runs[0].step,
                steps=runs[0].request.all_steps,
            )

        def resume_all() -> None:
            for run in runs:
                self._continue(run)

        def discard_all() -> None:
            paths = [run.path for run in runs]
            self._set_aside.put(paths)

            def undo() -> None:
                self._set_aside.take_back(paths)
                self.offer()

            tell_discarded(self._area, len(paths), undo)

        choices = (
            Choice(tr("Show"), self.show_list, "showUnfinishedButton"),
            Choice(resume, resume_all, "continueUnfinishedButton"),
            Choice(discard, discard_all, "discardUnfinishedButton"),
        )
        self._area.show_message(UNFINISHED, Message(title, words), "info", choices)

    @Slot()
    def show_list(self) -> None:
        """Opens the list of them, with those that were discarded since the start."""
        from app.dialogs.unfinished import UnfinishedDialog

        self._area.dismiss(UNFINISHED)
        runs = self._find()
        gone = [run.path in self._set_aside for run in runs]
        dialog = UnfinishedDialog(runs, gone, self._session.engine_tasks, self._window)
        dialog.continued.connect(self._continue)
        dialog.deleted.connect(self._discard)
        dialog.taken_back.connect(self._take_back)
        dialog.open()

    def _find(self) -> list[UnfinishedRun]:
        folder, choice, queue = self._store.films_folder(), self._session.early_choice, self._session.queue
        if folder is None or not folder.is_dir():
            return []
        taken = {folder / (film.run + PART_SUFFIX) for film in choice.films}
        for run in queue.entries:
            match run.operation:
                case Resume(path=path):
                    taken.add(path)
                case GenerateBranch(branch=branch):
                    taken.add(folder / (branch.film.run + PART_SUFFIX))
                case _:
                    pass
        found = (run for run in unfinished(folder) if run.path not in taken)
        return [run for run in found if not queue.takes_up(run.path.name.removesuffix(PART_SUFFIX))]

    @Slot(object)
    def _continue(self, run: UnfinishedRun) -> None:
        self._session.queue.add(_work(run))

    @Slot(object)
    def _discard(self, run: UnfinishedRun) -> None:
        self._set_aside.put([run.path])

    @Slot(object)
    def _take_back(self, run: UnfinishedRun) -> None:
        self._set_aside.take_back([run.path])


def tell_discarded(area: MessageArea, count: int, undo: Callable[[], None]) -> None:
    """Says that pictures were discarded, and offers to take them back."""
    words = plural("1 picture discarded", "{count:,} pictures discarded", count)
    area.show_message(
        DISCARDED, Message(words, ""), "info", (Choice(tr("Undo"), undo, "undoDiscardButton"),), DISCARDED_MS
    )


def _work(run: UnfinishedRun) -> Resume:
    return Resume(run.path, run.request)
