"""Rating, favourite, tags, collections and the note of the chosen pictures, to be changed at once."""

from functools import partial

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QToolButton, QWidget

from app.gallery.star_rating import StarRating
from app.widgets.building import STRETCH, clear, hbox, push_button, vbox
from app.widgets.field import Field, describe
from core.gallery.marks import LONGEST_NOTE, MarkChange
from core.gallery.query import LibraryPicture
from core.language.words import tr

NOTE_HEIGHT_PX = 64
NOTE_REST_MS = 1_000
LONGEST_WORDS = 28


class MarksPanel(QWidget):
    """Asks for changes; the library makes them.

    Attributes:
        head: stars and heart, which stand elsewhere.

    Signals:
        changed: a `MarkChange` for the chosen pictures.
        note_changed: the id of a picture, alone in a tuple, and a `MarkChange` with its new note.
        name_chosen: ``"tag"`` or ``"collection"``, and a name whose pictures are to be shown.
    """

    changed = Signal(object)
    note_changed = Signal(object, object)
    name_chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("marksPanel")
        self._noted: int | None = None
        self._note_before = ""
        self.stars = StarRating()
        self.stars.rated.connect(partial(self._change, "rating"))
        self.favourite = QToolButton()
        self.favourite.setCheckable(True)
        self.favourite.setProperty("kind", "quiet")
        self.favourite.setText("♡")
        large = self.favourite.font()
        large.setPixelSize(20)
        self.favourite.setFont(large)
        describe(self.favourite, "favouriteButton", tr("Favourite"), tr("Favourite (F)"))
        self.favourite.toggled.connect(lambda: self.favourite.setText("♥" if self.favourite.isChecked() else "♡"))
        self.favourite.clicked.connect(partial(self._change, "is_favourite"))
        self.tags = NameChips(tr("Remove the tag"))
        self.tags.removed.connect(partial(self._change_names, "remove_tags"))
        self.tags.chosen.connect(partial(self.name_chosen.emit, "tag"))
        self.collections = NameChips(tr("Remove from the collection"))
        self.collections.removed.connect(partial(self._change_names, "remove_collections"))
        self.collections.chosen.connect(partial(self.name_chosen.emit, "collection"))
        self.tag_edit = self._name_edit(
            "tagEdit", tr("Add a tag"), tr("Tags, separated by commas; Return adds them")
        )
        self.tag_edit.returnPressed.connect(self._add_tags)
        self.collection_edit = self._name_edit(
            "collectionEdit", tr("Add to a collection"), tr("The name of a collection; Return adds the picture")
        )
        self.collection_edit.returnPressed.connect(self._add_collection)
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(NOTE_HEIGHT_PX)
        self.note.setPlaceholderText(tr("Note"))
        describe(self.note, "noteEdit", tr("Note"), tr("A note on this picture; it is found by the search"))
        self._rest = QTimer(self, singleShot=True, interval=NOTE_REST_MS)
        self._rest.timeout.connect(self.save_note)
        self.note.textChanged.connect(self._rest.start)
        self.head = QWidget()
        hbox(self.stars, STRETCH, self.favourite, on=self.head)
        self._note_field = Field(tr("Note"), self.note)
        vbox(
            self.tags, self.tag_edit, self.collections, self.collection_edit, self._note_field, on=self, spacing=8
        )

    def show_marks(self, picture: LibraryPicture, tags: tuple[str, ...], collections: tuple[str, ...]) -> None:
        """Of one picture. What is being typed is not disturbed."""
        is_same = self._noted == picture.id
        if not is_same:
            self.save_note()
        self.stars.set_rating(picture.rating)
        self.favourite.setChecked(picture.is_favourite)
        self.tags.show_names(tags)
        self.collections.show_names(collections)
        self._note_field.show()
        if not is_same or (not self._rest.isActive() and self.note.toPlainText() != picture.note):
            self._noted = None
            self.note.setPlainText(picture.note)
            self._rest.stop()
        self._noted, self._note_before = picture.id, picture.note

    def show_several(self) -> None:
        """A change is for all of them."""
        self.save_note()
        self._noted = None
        self.stars.set_rating(0)
        self.favourite.setChecked(False)
        self.tags.show_names(())
        self.collections.show_names(())
        self._note_field.hide()

    @Slot()
    def save_note(self) -> None:
        """Has what was typed kept now."""
        self._rest.stop()
        text = self.note.toPlainText()[:LONGEST_NOTE]
        if self._noted is not None and text != self._note_before:
            self._note_before = text
            self.note_changed.emit((self._noted,), MarkChange(note=text))

    def _name_edit(self, name: str, placeholder: str, tip: str) -> QLineEdit:
        edit = QLineEdit(placeholderText=placeholder)
        describe(edit, name, placeholder, tip)
        return edit

    def _change(self, field: str, value: object) -> None:
        self.changed.emit(MarkChange(**{field: value}))  # pyright: ignore[reportArgumentType]

    def _change_names(self, field: str, *names: str) -> None:
        self._change(field, names)

    @Slot()
    def _add_tags(self) -> None:
        names = tuple(part.strip() for part in self.tag_edit.text().split(",") if part.strip())
        self.tag_edit.clear()
        if names:
            self._change_names("add_tags", *names)

    @Slot()
    def _add_collection(self) -> None:
        name = self.collection_edit.text().strip()
        self.collection_edit.clear()
        if name:
            self._change_names("add_collections", name)


class NameChips(QWidget):
    """Hidden while there are none.

    Signals:
        removed: a name that is to be taken away.
        chosen: a name whose pictures are to be shown.
    """

    removed = Signal(str)
    chosen = Signal(str)

    def __init__(self, removing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._removing = removing
        self._names: tuple[str, ...] = ()
        self._rows = vbox(on=self, spacing=4)
        self.hide()

    def show_names(self, names: tuple[str, ...]) -> None:
        """Other names."""
        self.setVisible(bool(names))
        if names == self._names:
            return
        self._names = names
        clear(self._rows)
        for name in names:
            self._rows.addWidget(self._row(name))

    def _row(self, name: str) -> QWidget:
        short = name if len(name) <= LONGEST_WORDS else name[: LONGEST_WORDS - 1] + "…"
        choose, tip = partial(self.chosen.emit, name), tr("Show all pictures that have it")
        chip = push_button(short.replace("&", "&&"), choose, kind="chip", tip=tip)
        remove = QToolButton()
        remove.setText("✕")
        remove.setProperty("kind", "quiet")
        remove.setAccessibleName(f"{self._removing}: {name}")
        remove.setToolTip(self._removing)
        remove.clicked.connect(partial(self.removed.emit, name))
        row = QWidget()
        hbox(chip, remove, STRETCH, on=row, spacing=2)
        return row
