"""A prompt with its caption, its token count and its marks; the page *Create* and the branch dialog show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.controls.prompt_edit import PromptEdit
from app.controls.prompt_marks import Marked
from app.controls.token_counting import COUNTED_CHARACTERS, NO_SIZES, TokenCounting
from app.messages.errors import message
from app.widgets.building import text_label, vbox
from app.widgets.drag_handle import DragHandle
from app.widgets.field import GAP_PX, Field, describe, set_tone
from core.errors import EmulsionError
from core.families import FAMILIES
from core.language.words import tr
from core.models.catalogue import Model
from core.prompt.marked import PromptSyntax, syntax_of
from core.prompt.unread import literal_weights, plain_words
from core.prompt.vocabulary import Vocabulary
from core.request.settings.emphasis import PLAIN
from core.wildcards.tags import NO_TAGS, Tags

COUNT_AFTER_MS = 60
CAPTION_PX = 28
PARTS = tr("{count} parts with AND between them: each pulls the picture by itself.")
UNCLOSED = tr("A bracket is never closed: it weighs all that follows. \\( is a bracket of the text.")


@dataclass(frozen=True, slots=True)
class PromptKind:
    """The words of one of the two prompts.

    Attributes:
        lines: the least height.
    """

    name: str
    caption: str
    title: str
    tooltip: str
    placeholder: str
    lines: int


POSITIVE = PromptKind(
    "promptEdit",
    tr("&Prompt"),
    tr("Prompt"),
    tr(
        "Prompt: the picture in words.\nCtrl+Return generates; Tab leaves the field.\n"
        "Ctrl+Up and Ctrl+Down change the weight of a word or of what is selected.\n"
        "{red|blue} and __wildcards__ are drawn for each picture."
    ),
    tr("Describe a picture, for example:\na red house by the sea at sunset"),
    3,
)
NEGATIVE = PromptKind(
    "negativePromptEdit",
    tr("&Negative prompt"),
    tr("Negative prompt"),
    tr("Negative prompt: what the picture should move away from.\nHas an effect only with guidance above 1."),
    tr("What to leave out"),
    2,
)


class PromptField(QWidget):
    """Counts tokens and marks words a moment after the text has changed.

    Attributes:
        edit: the field itself.

    Signals:
        edited: the text, after the user has changed it.
    """

    edited = Signal(str)

    def __init__(self, kind: PromptKind, counting: TokenCounting, name: str = "") -> None:
        """``name`` replaces the object name of ``kind``."""
        super().__init__()
        self._counting = counting
        self._is_negative = kind is NEGATIVE
        self._model: Model | None = None
        self._remark = ""
        self._embeddings: Mapping[str, int] = NO_SIZES
        self._emphasis = "original"
        self._draw: Callable[[str], str] = str
        self.edit = PromptEdit(kind.lines)
        describe(self.edit, name or kind.name, kind.title, kind.tooltip)
        self.edit.setPlaceholderText(kind.placeholder)
        handle = DragHandle(self.edit)
        handle.dragged.connect(self.edit.choose_height)
        handle.released.connect(self.edit.follow_text)
        self._labelled = Field(kind.caption, self.edit, vbox(self.edit, handle, spacing=0))
        self._labelled.note.setToolTip(
            tr(
                "Tokens: the pieces of words that the model reads.\n"
                "A line in the text shows where its text encoder begins another chunk."
            )
        )
        self._plain = text_label(name="plainWords", role="hint", is_plain=True, wraps=True)
        vbox(self._labelled, self._plain, on=self, spacing=GAP_PX)
        self._timer = QTimer(self, singleShot=True, interval=COUNT_AFTER_MS)
        self._timer.timeout.connect(self._count)
        self.edit.textChanged.connect(lambda: self.edited.emit(self.edit.toPlainText()))
        self.edit.textChanged.connect(self._timer.start)
        self._count()

    def add_button(self, button: QWidget) -> None:
        """Puts a button at the end of the caption's row, which becomes little higher by it."""
        button.setFixedHeight(CAPTION_PX)
        self._labelled.top.addWidget(button)

    def show_text(self, text: str) -> None:
        """Shows another text, which is no edit of the user's."""
        with QSignalBlocker(self.edit):
            self.edit.show_text(text)
        self._timer.start()

    def show_model(
        self,
        model: Model | None,
        vocabulary: Vocabulary | None,
        remark: str = "",
        names: Sequence[str] = (),
        embeddings: Mapping[str, int] = NO_SIZES,
        emphasis: str = "original",
        draw: Callable[[str], str] = str,
        tags: Tags = NO_TAGS,
    ) -> None:
        """Counts and marks for this model; ``remark`` takes the place of the count.

        ``names`` and ``tags`` are offered while they are typed; ``embeddings`` have so many vectors each; with the
        ``emphasis`` none brackets are text; ``draw`` returns a text as a picture could have it, and may raise.
        """
        self._model, self._remark, self._embeddings, self._emphasis = model, remark, embeddings, emphasis
        self._draw = draw
        self.edit.completion.names, self.edit.completion.tags = names, tags
        self.edit.completion.vocabulary = vocabulary
        self._timer.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._timer.start()  # the marks have colours of the theme

    @Slot()
    def _count(self) -> None:
        text, model = self.edit.toPlainText(), self._model
        read, is_negative = text[:COUNTED_CHARACTERS], self._is_negative
        drawn, lines = text, list[str]()
        try:
            drawn = self._draw(text)
        except EmulsionError as error:
            lines.append(str(message(error)))
        if model is not None:
            shown = drawn[:COUNTED_CHARACTERS]
            lines += _unread(shown, model.family, self._embeddings, is_negative=is_negative)
        has_weights = model is not None and FAMILIES[model.family].has_weights
        syntax = syntax_of(read, is_negative=is_negative) if has_weights else PromptSyntax((), ())
        if self._emphasis in ("none", PLAIN):
            syntax = replace(syntax, weights=(), unclosed=())
        lines += [UNCLOSED] * bool(syntax.unclosed)
        lines += [PARTS.format(count=syntax.parts)] * (syntax.parts > 1)
        self._plain.setText("\n".join(lines))
        self._plain.setVisible(bool(lines) and self.edit.isEnabled())
        count = self._counting.count(model, drawn, self._embeddings, self._emphasis, is_negative=is_negative)
        is_cut = count is not None and count.is_cut
        words = self.edit.completion.vocabulary
        self.edit.marks.show(
            Marked(
                ignored_from=count.read_characters if count is not None and is_cut and drawn == text else None,
                unknown=words.unknown(text) if words is not None and drawn == text else (),
                weights=syntax.weights,
                unclosed=syntax.unclosed,
                borders=count.borders if count is not None and drawn == text else (),
            )
        )
        self._labelled.note.setText(self._remark or (count.words if count is not None else ""))
        set_tone(self._labelled.note, "error" if is_cut else "")


def _unread(text: str, family: str, embeddings: Mapping[str, int], *, is_negative: bool) -> list[str]:
    """Returns sentences about what does not act as it was meant."""
    plain = plain_words(text, family, is_negative=is_negative, embeddings=embeddings)
    literal = literal_weights(text, family)
    return [
        *([tr("Read as plain words here: {plain}", plain=plain)] if plain else []),
        *([literal] if literal else []),
    ]
