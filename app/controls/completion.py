"""Completes the word that is typed into the prompt, from the words that the model was taught."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, QStringListModel, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QCompleter, QListView, QPlainTextEdit

from app.controls.prompt_marks import utf16_length
from app.widgets.building import named
from core.prompt.vocabulary import Vocabulary
from core.wildcards.tags import NO_TAGS

SHORTEST = 2
"""Letters after which the first offer is worth its room."""

PAUSE_MS = 300
"""The list opens when nothing has been typed for so long: it covers what stands below."""

MOST_OFFERS = 6
_MARGIN_PX = 24
_BETWEEN_TAGS = re.compile(r"[,\n|{}<>]")


class Completion(QObject):
    """Offers below the cursor. Tab takes the first, or the one chosen by the arrow keys; so does Enter.

    Attributes:
        vocabulary: where the offers come from; None for none.
        names: other offers, which begin so. tags: others, which may have several words.
        popup: where they are shown.
    """

    def __init__(self, edit: QPlainTextEdit) -> None:
        super().__init__(edit)
        self.vocabulary: Vocabulary | None = None
        self.names: Sequence[str] = ()
        self.tags = NO_TAGS
        self._replaced: dict[str, str] = {}
        self._edit = edit
        self._offers = QStringListModel(self)
        self.popup = named(QListView(), "completionPopup")
        self._completer = QCompleter(self._offers, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(MOST_OFFERS + 1)  # its frame takes room, too
        self._completer.setPopup(self.popup)
        self._completer.setWidget(edit)
        self._completer.activated.connect(self._take)
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._offer)

    @property
    def offers(self) -> list[str]:
        """Returns the present offers."""
        return self._offers.stringList() if self.popup.isVisible() else []

    def takes(self, event: QKeyEvent) -> bool:
        """Returns whether this key accepts an offer, and so does not reach the text."""
        offers = self.offers
        if not offers or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        index = self.popup.currentIndex()
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() != Qt.Key.Key_Tab and not (is_enter and index.isValid()):
            return False
        self.popup.hide()
        self._take(offers[index.row() if index.isValid() else 0])
        return True

    def follow(self, event: QKeyEvent) -> None:
        """After a key has reached the text: offers what fits to the word that is being typed."""
        is_letter = event.text().isprintable() and not event.text().isspace() and bool(event.text())
        if not (is_letter or event.key() == Qt.Key.Key_Backspace) or not self._fitting():
            self._timer.stop()
            self.popup.hide()
        elif self.popup.isVisible():
            self._offer()
        else:
            self._timer.start()

    @Slot()
    def _offer(self) -> None:
        offers = self._fitting()
        if not offers or not self._edit.hasFocus():
            return
        self._offers.setStringList(list(offers))
        area = self._edit.cursorRect()
        area.setWidth(self.popup.sizeHintForColumn(0) + _MARGIN_PX)
        self._completer.complete(area)
        rows = min(len(offers), MOST_OFFERS) * self.popup.sizeHintForRow(0)
        margins = self.popup.contentsMargins()  # of the style sheet, which the completer does not count
        height = rows + margins.top() + margins.bottom()
        self.popup.resize(self.popup.width(), max(self.popup.height(), height))
        self.popup.setCurrentIndex(QModelIndex())  # nothing is chosen, so that Enter is a new line still

    def _fitting(self) -> tuple[str, ...]:
        beginning, named = self._beginning(), tuple[str, ...]()
        self._replaced = {}
        if len(beginning) >= SHORTEST:
            typed = beginning.casefold()
            named = tuple(name for name in self.names if name.casefold().startswith(typed) and name != beginning)
        if beginning and len(named) < MOST_OFFERS and len(self.tags):
            named = tuple(dict.fromkeys((*named, *self._tagged(beginning))))
        if len(beginning) < SHORTEST:
            return named[:MOST_OFFERS]
        if named or self.vocabulary is None or beginning.lower() in self.vocabulary.words:
            return named[:MOST_OFFERS]
        before = self._before(self._edit.textCursor())[: -len(beginning)]
        return self.vocabulary.completions(beginning, before)[:MOST_OFFERS]

    def _tagged(self, beginning: str) -> tuple[str, ...]:
        """Returns the tags that begin with all that stands behind the last comma, else with the last word."""
        before = self._before(self._edit.textCursor())
        whole = _BETWEEN_TAGS.split(before)[-1].lstrip(" ([")
        for typed in dict.fromkeys((whole, beginning)):
            if len(typed) < SHORTEST:
                continue
            if found := tuple(tag for tag in self.tags.complete(typed, MOST_OFFERS) if tag != typed):
                self._replaced = dict.fromkeys(found, typed)
                return found
        return ()

    @Slot(str)
    def _take(self, phrase: str) -> None:
        """The phrase takes the place of the word that was begun, and of the words before which it repeats."""
        cursor = self._edit.textCursor()
        before = self._before(cursor)
        replaced = self._replaced.get(phrase)
        kept = before[: len(before) - len(self._beginning() if replaced is None else replaced)]
        words = phrase.split() if replaced is None else []
        for count in range(len(words) - 1, 0, -1):
            repeated = re.search(r"\b" + r"\s+".join(map(re.escape, words[:count])) + r"\s+$", kept, re.IGNORECASE)
            if repeated is not None:
                kept = kept[: repeated.start()]
                break
        cursor.setPosition(utf16_length(kept))
        cursor.setPosition(utf16_length(before), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(phrase)
        self._edit.setTextCursor(cursor)

    def _beginning(self) -> str:
        """Returns the part of a word before the cursor, when nothing of it stands behind."""
        cursor = self._edit.textCursor()
        before = self._before(cursor)
        behind = self._edit.toPlainText()[len(before) :]
        if cursor.hasSelection() or behind[:1].isalnum() or not before or before[-1].isspace():
            return ""
        return before.split()[-1].lstrip("(,.;")

    def _before(self, cursor: QTextCursor) -> str:
        """Returns all text before the cursor, whose position Qt counts in UTF-16 units."""
        units = self._edit.toPlainText().encode("utf-16-le")[: 2 * cursor.position()]
        return units.decode("utf-16-le")
