"""The prompts that were used, and the styles that are kept by name; both outlive the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import message
from app.session.session import Session
from core.errors import EmulsionError, StylesUnreadable
from core.prompt.styles import FILE_NAME, Style, joined, read_styles, write_styles
from core.runs.events import Started
from core.settings.prompt_history import Prompts, load_history, save_history, with_newest

Loaded = tuple[tuple[Prompts, ...], tuple[Style, ...], EmulsionError | None]


class PromptMemory(QObject):
    """Follows the session's runs; reads and writes in the background.

    Attributes:
        history: prompts with their negative prompts, newest first. styles: in the order in which they were kept.

    Signals:
        changed: look again at both.
    """

    changed = Signal()

    def __init__(self, session: Session, folder: Path) -> None:
        super().__init__(session)
        self.history: tuple[Prompts, ...] = ()
        self.styles: tuple[Style, ...] = ()
        self._session = session
        self._folder = folder
        self._can_write_styles = False
        self._tasks = session.background.queue(self, "prompts")
        self._tasks.submit(self._load, self._on_loaded)
        session.run_started.connect(self._on_started)

    def use(self, prompts: Prompts | Style) -> None:
        """Puts prompts into the draft, or the draft's prompts into a style, as one undo step."""
        editor, draft = self._session.draft_editor, self._session.draft
        if isinstance(prompts, Style):
            prompts = prompts.over(draft.prompt, draft.negative_prompt)
        editor.end_step()
        editor.edit(prompt=prompts[0], negative_prompt=prompts[1])
        editor.end_step()

    def keep(self, name: str) -> None:
        """Keeps the draft's prompts as a style, in the place of an older one of that name."""
        draft = self._session.draft
        self._set_styles(joined(self.styles, (Style(name, draft.prompt, draft.negative_prompt),)))

    def forget(self, prompts: Prompts | Style) -> None:
        """Takes an entry of either list away."""
        if isinstance(prompts, Style):
            self._set_styles(tuple(style for style in self.styles if style != prompts))
        else:
            self._set_history(tuple(entry for entry in self.history if entry != prompts))

    def forget_history(self) -> None:
        self._set_history(())

    def read_file(self, path: Path) -> None:
        """Adds the styles of a file."""
        self._tasks.submit(lambda: read_styles(path), self._add, self._on_failed)

    def write_file(self, path: Path) -> None:
        styles = self.styles
        self._tasks.submit(lambda: write_styles(path, styles), None, self._on_failed, is_kept=True)

    def _load(self) -> Loaded:
        history, path = load_history(self._folder), self._folder / FILE_NAME
        try:
            return history, read_styles(path) if path.exists() else (), None
        except StylesUnreadable as error:
            return history, (), error

    def _on_loaded(self, loaded: Loaded) -> None:
        history, styles, problem = loaded
        newer = self.history
        self.history = (*newer, *(prompts for prompts in history if prompts not in newer))
        self.styles = joined(styles, self.styles)
        if problem is not None:  # the file stays as it is until somebody has looked at it
            self._session.failed.emit(message(problem))
        self._can_write_styles = problem is None
        self.changed.emit()

    @Slot(object)
    def _on_started(self, started: Started) -> None:
        request = started.film.request
        newest = request.template or request.prompt, request.negative_template or request.negative_prompt
        self._set_history(with_newest(self.history, newest))

    def _add(self, styles: tuple[Style, ...]) -> None:
        self._set_styles(joined(self.styles, styles))

    def _set_history(self, history: tuple[Prompts, ...]) -> None:
        if history != self.history:
            self.history = history
            self.changed.emit()
            self._tasks.submit(lambda: save_history(self._folder, history), None, self._on_failed, is_kept=True)

    def _set_styles(self, styles: tuple[Style, ...]) -> None:
        self.styles = styles
        self.changed.emit()
        if self._can_write_styles:
            path = self._folder / FILE_NAME
            self._tasks.submit(lambda: write_styles(path, styles), None, self._on_failed, is_kept=True)

    def _on_failed(self, error: BaseException) -> None:
        self._session.failed.emit(message(error))
