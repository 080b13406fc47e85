"""The bars in the gallery: changes that can be undone, and failures."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal, Slot

from app.canvas.sharing import open_in_system
from app.create.notices import DELETED, DELETED_MS, LASTING_MS, deleted_message, settings_sentence
from app.gallery.library_service import LibraryService
from app.gallery.picture_exporter import ExportKind, ExportReport
from app.gallery.undo import LibraryUndo
from app.messages.errors import Message
from app.messages.errors import message as error_message
from app.session.draft_editor import Applied
from app.session.session import Session
from app.widgets.message_bar import Choice, MessageArea
from core.errors import EmulsionError
from core.gallery.deleting import Deleted
from core.gallery.gallery import Marked
from core.language.words import mark, plural, tr

FAILED, MARKED, SETTINGS = "failed", "marked", "settings"
COPIED, FOLDERS, EXPORTED, PLACED = "copied", "folders", "exported", "placed"
NO_RECIPE = Message(tr("No settings in this picture"), tr("It does not say how it was made."))

_CHANGED: Mapping[str, str] = MappingProxyType(
    {
        "rating": mark("Rating of {count:,} pictures changed"),
        "is_favourite": mark("Favourites changed: {count:,} pictures"),
        "tags": mark("Tags of {count:,} pictures changed"),
        "collections": mark("Collections of {count:,} pictures changed"),
    }
)
"""By the field of `core.gallery.marks.Marks`."""
_MARKS_CHANGED = mark("Marks of {count:,} pictures changed")


class LibraryNotices(QObject):
    """Follows the library service.

    Signals:
        create_asked: the user wants to see the place *Create*.
    """

    create_asked = Signal()

    def __init__(
        self, area: MessageArea, service: LibraryService, undo: LibraryUndo, session: Session, parent: QObject
    ) -> None:
        """``undo`` has the library's changes; each bar offers to undo the newest and goes with the next."""
        super().__init__(parent)
        self.area = area
        self._undo = undo
        undo.changed.connect(self._forget_old)
        self._session = session
        service.failed.connect(self.show_failure)
        service.deleted.connect(self._on_deleted)
        service.marked.connect(self._on_marked)

    @Slot(object)
    def show_failure(self, message: Message) -> None:
        self.area.show_message(FAILED, message, "error")

    def show_error(self, error: EmulsionError) -> None:
        self.show_failure(error_message(error))

    def show_no_recipe(self) -> None:
        self._tell(COPIED, NO_RECIPE)

    def show_too_many(self, most: int) -> None:
        sentence = tr("Up to {most:,} pictures can be copied or enlarged at once.", most=most)
        self._tell(COPIED, Message(tr("Too many pictures are selected"), sentence))

    def show_copied(self) -> None:
        self._tell(COPIED, Message(tr("The recipe is in the clipboard"), ""))

    @Slot(object)
    def show_exported(self, report: ExportReport) -> None:
        target, done = report.request.target, report.done - report.unreadable
        sentence = str(target)
        if report.unreadable:
            sentence += tr(" · {unreadable:,} could not be read and were left out.", unreadable=report.unreadable)
        if report.is_cancelled and report.request.kind is not ExportKind.files:
            title, sentence = tr("The export is cancelled"), tr("Nothing was written.")
        else:
            title = plural("1 picture is exported", "{count:,} pictures are exported", done)
            if report.is_cancelled:
                title = tr("{exported} until you cancelled", exported=title)
        folder = target if report.request.kind is ExportKind.files else target.parent
        show = Choice(tr("Show in folder"), partial(open_in_system, folder), "showExportedButton")
        self._tell(EXPORTED, Message(title, sentence), show)

    def show_settings_used(self, applied: Applied) -> None:
        """Reports the settings that could not be used."""
        message = Message(tr("The settings are in place"), settings_sentence(applied))
        undo = Choice(tr("Undo"), self._session.draft_editor.undo, "undoSettingsButton")
        create = Choice(tr("Go to Create"), self.create_asked.emit, "goToCreateButton")
        self._tell(SETTINGS, message, undo, create, lasting_ms=LASTING_MS if applied == Applied() else None)

    def _tell(self, subject: str, message: Message, *choices: Choice, lasting_ms: int | None = LASTING_MS) -> None:
        self.area.show_message(subject, message, "info", choices, lasting_ms)

    @Slot(object)
    def _on_deleted(self, deleted: tuple[Deleted, ...]) -> None:
        undo = [Choice(tr("Undo"), self._undo.stack.undo, "undoDeleteButton")]
        if not all(one.can_be_restored for one in deleted):
            undo = []
        self._tell(DELETED, deleted_message(deleted), *undo, lasting_ms=DELETED_MS)

    @Slot(object, bool)
    def _on_marked(self, marked: Marked, can_undo: bool) -> None:
        """Changing many at once by mistake would be hard to see."""
        if can_undo and len(marked.pictures) > 1:
            undo = Choice(tr("Undo"), self._undo.stack.undo, "undoMarksButton")
            self._tell(MARKED, Message(marked_words(marked), ""), undo)

    @Slot()
    def _forget_old(self) -> None:
        for subject in (MARKED, DELETED, PLACED):
            self.area.dismiss(subject)


def marked_words(marked: Marked) -> str:
    """Tells which marks of several pictures have changed."""
    pairs = [(marked.before[path], marked.after[path]) for path in marked.before.keys() & marked.after.keys()]
    fields = (*_CHANGED, "note")
    names = [name for name in fields if any(getattr(was, name) != getattr(now, name) for was, now in pairs)]
    words = _CHANGED.get(names[0], _MARKS_CHANGED) if len(names) == 1 else _MARKS_CHANGED
    return tr(words, count=len(marked.pictures))
