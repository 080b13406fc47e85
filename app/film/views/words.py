"""Words: the places in the picture at which each word of the prompt acts, at this step and over all.

A word under the pointer lights its places up on the large picture; a place that is clicked there names its words.
"""

from html import escape

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QApplication

from app.film.film_view import PanesView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.film.picture_pane import PicturePane
from app.widgets.building import push_button, text_label
from app.widgets.pixels import to_image
from core.families import FAMILIES
from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.language.words import plural, tr
from core.pictures.colour_maps import heat_over
from core.pictures.pixels import Pixels
from core.prompt.word import Word

COST = tr("Recording makes each step about 10 % slower; the picture stays the same.")
NOT_RECORDED = tr("This film has no word map yet.")
GROWING = tr("Words are recorded for pictures that begin while this view is open. {cost}", cost=COST)
NO_CROSS_ATTENTION = tr(
    "Where the words act cannot be shown for {family}: its network has no cross-attention for the prompt; "
    "words and picture are one stream of tokens."
)
NO_WORDS = tr("The prompt has no words.")
_NOT_THIS_STEP = tr("not recorded at this step")
_DARKEST = 0.75
"""Darkness of the large picture where a word acts least, 0 to 1."""

_NAMED = 3
"""Words that are named for a place."""


class WordsView(PanesView):
    """Shows the prompt, whose words can be clicked, above two maps of the chosen one."""

    def __init__(self) -> None:
        prompt = text_label(name="wordsPrompt", wraps=True)
        button = push_button(tr("Record it now"), name="recordWordsButton")
        super().__init__(2, NOT_RECORDED, above=prompt, way_out=button)
        self.record_button = button
        button.clicked.connect(self.attention_wanted)
        self._moment: FrameContext | None = None
        self._record: AttentionRecord | None = None
        self._word = 0
        self._at_place = ""
        self.prompt = prompt
        self.prompt.setAccessibleName(tr("Words of the prompt"))
        self.prompt.setToolTip(
            tr(
                "Point at a word to light up its places on the picture, click it to keep its maps here.\n"
                "Click a place of the picture to see which words act there."
            )
        )
        self.prompt.setTextFormat(Qt.TextFormat.RichText)
        self.prompt.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.prompt.linkActivated.connect(self._choose_link)
        self.prompt.linkHovered.connect(self._light_up)
        self.prompt.installEventFilter(self)

    def show_moment(self, moment: FrameContext) -> None:
        self._moment = moment
        record = self._take(moment.attention)
        self.show_panes(is_shown=record is not None and bool(record.words))
        if record is None or not record.words:
            self.reason.setText(NO_WORDS if record is not None else _why_none(moment))
            self.record_button.setVisible(record is None and _can_record(moment))
            self.overlay_wanted.emit(None)
            return
        this_step, all_steps = self.panes
        under = moment.film.latent_rgb.picture(moment.frame.denoised)
        maps = record.at(moment.frame.call)
        self._write_prompt(moment.film.request.prompt, record.words, _silent(maps))
        if maps is None:
            this_step.show_picture(to_image(under), _NOT_THIS_STEP)
        else:
            self._show_map(this_step, under, maps.maps[self._word], tr("this step"))
        calls = len(record.calls)
        words = plural("1 call", "mean of {count} calls", calls)
        words = self._at_place or words
        self._show_map(all_steps, under, record.mean[self._word], words)

    def _take(self, record: AttentionRecord | None) -> AttentionRecord | None:
        """Returns the recorded attention of the film; another prompt starts with its most telling word."""
        is_other = record is None or self._record is None or record.words != self._record.words
        self._record = record
        if is_other:
            self._at_place = ""
            self._word = _most_telling(record) if record is not None and record.words else 0
        return record

    def choose(self, word: int) -> None:
        """Shows the word of this number."""
        self._word = word
        if self._moment is not None:
            self.show_moment(self._moment)

    def look_at(self, x: float, y: float) -> None:
        """Names the words that act at this place more than elsewhere, and shows the first of them."""
        record = self._record
        if record is None or not record.words:
            return
        mean = record.mean
        places = np.arange(mean[0].size).reshape(mean.shape[1:])
        places = places if self._moment is None else self._moment.film.spread(places, -1)
        height, width = places.shape
        place = int(places[min(int(y * height), height - 1), min(int(x * width), width - 1)])
        if place < 0:  # the picture goes on where the model does not look
            return
        here = mean.reshape(len(mean), -1)[:, place]
        order = np.argsort(mean.mean(axis=(1, 2)) - here)[:_NAMED]
        self._at_place = (
            tr("here:") + " " + ", ".join(f"{record.words[word].text} {here[word]:.0%}" for word in order)
        )
        self.choose(int(order[0]))

    def table(self, moment: FrameContext) -> Table | None:
        record = self._record
        if record is None or not record.words:
            return None
        maps = record.at(moment.frame.call)
        mean = record.mean
        now = maps.maps if maps is not None else np.full_like(mean, np.nan)
        rows = [
            (record.words[word].text, y, x, float(now[word, y, x]), float(mean[word, y, x]))
            for word, y, x in np.ndindex(*mean.shape)
        ]
        return Table(("word", "row", "column", "share at this step", "share over all steps"), rows)

    @Slot(str)
    def _choose_link(self, link: str) -> None:
        self._at_place = ""
        self.choose(int(link))
        self._light_up(link)

    @Slot(str)
    def _light_up(self, link: str) -> None:
        """Darkens the large picture where the word does not act; "" for no word."""
        record = self._record
        if not link or record is None or int(link) >= len(record.words):
            self.overlay_wanted.emit(None)
            return
        shares = record.mean[int(link)]
        least, most = float(shares.min()), float(shares.max())
        darkness = 255 * _DARKEST * (most - shares) / ((most - least) or 1.0)
        if self._moment is not None:
            darkness = self._moment.film.spread(darkness, 255 * _DARKEST)
        dark = np.ascontiguousarray(np.round(darkness), np.uint8)
        height, width = dark.shape
        image = QImage(dark.tobytes(), width, height, width, QImage.Format.Format_Alpha8)
        self.overlay_wanted.emit(image.copy())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Gives the large picture its light back when pointer or focus leave the words."""
        if event.type() in (QEvent.Type.FocusOut, QEvent.Type.Leave, QEvent.Type.Hide):
            self.overlay_wanted.emit(None)
        return super().eventFilter(watched, event)

    def _show_map(self, pane: PicturePane, under: Pixels, shares: np.ndarray, words: str) -> None:
        """Shows each map relative to its own brightest place; the caption says how bright that is."""
        strongest = float(shares.max())
        strengths = _fitted(shares.astype(np.float32) / (strongest or 1.0), under.shape[0], under.shape[1])
        pane.show_picture(
            to_image(heat_over(under, strengths)),
            tr("{words}: up to {strongest:.0%}", words=words, strongest=strongest),
        )

    def _write_prompt(self, prompt: str, words: tuple[Word, ...], silent: frozenset[int]) -> None:
        """Words of another step's text, the ``silent`` ones, are struck through."""
        colours = QApplication.palette()
        text = colours.color(QPalette.ColorRole.WindowText).name()
        back = colours.color(QPalette.ColorRole.Highlight).name()
        front = colours.color(QPalette.ColorRole.HighlightedText).name()
        parts: list[str] = []
        place = 0
        for number, word in enumerate(words):
            parts.append(escape(prompt[place : word.start]))
            style = f"color:{front};background:{back}" if number == self._word else f"color:{text}"
            style += ";text-decoration:line-through" if number in silent else ""
            parts.append(f"<a href='{number}' style='{style}'>{escape(prompt[word.start : word.end])}</a>")
            place = word.end
        parts.append(escape(prompt[place:]))
        with QSignalBlocker(self.prompt):
            self.prompt.setText("".join(parts))


def _silent(maps: AttentionMaps | None) -> frozenset[int]:
    """Returns the words that are not in the text of this call."""
    return frozenset(np.flatnonzero(~maps.maps.any(axis=(1, 2))).tolist()) if maps is not None else frozenset()


def _most_telling(record: AttentionRecord) -> int:
    """Returns the word whose share differs most between places: articles and the like act everywhere alike."""
    return int(np.argmax(record.mean.std(axis=(1, 2))))


def _fitted(shares: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns the map in the size of the picture below it, each of its places as a block."""
    rows = np.arange(height) * shares.shape[0] // height
    columns = np.arange(width) * shares.shape[1] // width
    return shares[np.ix_(rows, columns)]


def _why_none(moment: FrameContext) -> str:
    known = FAMILIES.get(moment.film.model.family)
    if known is not None and not known.has_attention_words:
        return NO_CROSS_ATTENTION.format(family=known.name)
    if moment.attention_done is not None:
        return tr("Recording where the words act: {attention_done:.0%}", attention_done=moment.attention_done)
    return GROWING if moment.is_growing else NOT_RECORDED


def _can_record(moment: FrameContext) -> bool:
    known = FAMILIES.get(moment.film.model.family)
    has_words = known is None or known.has_attention_words
    return has_words and moment.attention_done is None and not moment.is_growing


KIND = ViewKind(
    label=tr("Words"),
    make=WordsView,
    about=tr(
        "At each step, every part of the picture attends to the words of your prompt, to some more than to "
        "others. Point at a word to light up its places on the picture: the name of a thing lights up where "
        "the thing is going to be, often many steps before you can see it. Click a place of the picture to "
        "see which words act there. {cost}",
        cost=COST,
    ),
    terms=(
        (tr("cross-attention"), tr("the part of the network by which places of the picture look at words.")),
        (
            tr("share"),
            tr(
                "how much of a place's attention goes to the word; most of the rest goes to the mark that begins "
                "every prompt."
            ),
        ),
    ),
)
