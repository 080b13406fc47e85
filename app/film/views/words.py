"""Words: the places in the picture at which each word of the prompt acts, at this step and over all."""

from html import escape

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from app.film.film_view import PanesView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.film.picture_pane import PicturePane
from app.widgets.building import text_label
from app.widgets.pixels import to_image
from core.families import FAMILIES
from core.film.attention_maps import AttentionRecord
from core.pictures.colour_maps import heat_over
from core.pictures.pixels import Pixels
from core.prompt.word import Word

COST = "Recording makes each step about 10 % slower; the picture stays the same."
NOT_RECORDED = (
    "Where the words act was not recorded for this film. It is recorded only for pictures that are made while "
    f"this view is shown. {COST}"
)
NO_CROSS_ATTENTION = (
    "Where the words act cannot be shown for {family}: its network has no cross-attention for the prompt; "
    "words and picture are one stream of tokens."
)
NO_WORDS = "The prompt has no words."
_NOT_THIS_STEP = "not recorded at this step"


class WordsView(PanesView):
    """Shows the prompt, whose words can be clicked, above two maps of the chosen one."""

    def __init__(self) -> None:
        prompt = text_label(name="wordsPrompt", wraps=True)
        super().__init__(2, NOT_RECORDED, above=prompt)
        self._moment: FrameContext | None = None
        self._record: AttentionRecord | None = None
        self._word = 0
        self.prompt = prompt
        self.prompt.setAccessibleName("Words of the prompt")
        self.prompt.setToolTip("Click a word to see where it acts")
        self.prompt.setTextFormat(Qt.TextFormat.RichText)
        self.prompt.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.prompt.linkActivated.connect(self._choose_link)

    def show_moment(self, moment: FrameContext) -> None:
        self._moment = moment
        record = self._take(moment.attention)
        self.show_panes(is_shown=record is not None and bool(record.words))
        if record is None or not record.words:
            self.reason.setText(_why_none(moment.film.model.family) if record is None else NO_WORDS)
            return
        self._write_prompt(moment.film.request.prompt, record.words)
        this_step, all_steps = self.panes
        under = moment.film.latent_rgb.picture(moment.frame.denoised)
        maps = record.at(moment.call)
        if maps is None:
            this_step.show_picture(to_image(under), _NOT_THIS_STEP)
        else:
            self._show_map(this_step, under, maps.maps[self._word], "this step")
        calls = len(record.calls)
        words = f"mean of {calls} calls" if calls > 1 else "1 call"
        self._show_map(all_steps, under, record.mean[self._word], words)

    def _take(self, record: AttentionRecord | None) -> AttentionRecord | None:
        """Returns the recorded attention of the film; another prompt starts with its most telling word."""
        is_other = record is None or self._record is None or record.words != self._record.words
        self._record = record
        if is_other:
            self._word = _most_telling(record) if record is not None and record.words else 0
        return record

    def choose(self, word: int) -> None:
        """Shows the word of this number."""
        self._word = word
        if self._moment is not None:
            self.show_moment(self._moment)

    def table(self, moment: FrameContext) -> Table | None:
        record = self._record
        if record is None or not record.words:
            return None
        maps = record.at(moment.call)
        mean = record.mean
        now = maps.maps if maps is not None else np.full_like(mean, np.nan)
        rows = [
            (record.words[word].text, y, x, float(now[word, y, x]), float(mean[word, y, x]))
            for word, y, x in np.ndindex(*mean.shape)
        ]
        return Table(("word", "row", "column", "share at this step", "share over all steps"), rows)

    @Slot(str)
    def _choose_link(self, link: str) -> None:
        self.choose(int(link))

    def _show_map(self, pane: PicturePane, under: Pixels, shares: np.ndarray, words: str) -> None:
        """Shows each map relative to its own brightest place; the caption says how bright that is."""
        strongest = float(shares.max())
        strengths = _fitted(shares.astype(np.float32) / (strongest or 1.0), under.shape[0], under.shape[1])
        pane.show_picture(to_image(heat_over(under, strengths)), f"{words}: up to {strongest:.0%}")

    def _write_prompt(self, prompt: str, words: tuple[Word, ...]) -> None:
        colours = QApplication.palette()
        text = colours.color(QPalette.ColorRole.WindowText).name()
        back = colours.color(QPalette.ColorRole.Highlight).name()
        front = colours.color(QPalette.ColorRole.HighlightedText).name()
        parts: list[str] = []
        place = 0
        for number, word in enumerate(words):
            parts.append(escape(prompt[place : word.start]))
            style = f"color:{front};background:{back}" if number == self._word else f"color:{text}"
            parts.append(f"<a href='{number}' style='{style}'>{escape(prompt[word.start : word.end])}</a>")
            place = word.end
        parts.append(escape(prompt[place:]))
        with QSignalBlocker(self.prompt):
            self.prompt.setText("".join(parts))


def _most_telling(record: AttentionRecord) -> int:
    """Returns the word whose share differs most between places: articles and the like act everywhere alike."""
    return int(np.argmax(record.mean.std(axis=(1, 2))))


def _fitted(shares: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns the map in the size of the picture below it, each of its places as a block."""
    rows = np.arange(height) * shares.shape[0] // height
    columns = np.arange(width) * shares.shape[1] // width
    return shares[np.ix_(rows, columns)]


def _why_none(family: str) -> str:
    known = FAMILIES.get(family)
    if known is not None and not known.has_attention_words:
        return NO_CROSS_ATTENTION.format(family=known.name)
    return NOT_RECORDED


KIND = ViewKind(
    label="Words",
    make=WordsView,
    about="While the network takes noise away, every place of the picture looks at the words of your prompt, at "
    "some more than at others. Click a word to see where it is looked at most: the name of a thing lights up "
    f"where the thing is going to be, often many steps before one can see it. {COST}",
    terms=(
        ("cross-attention", "the part of the network by which places of the picture look at words."),
        (
            "share",
            "how much of a place's attention goes to the word; most of the rest goes to the mark that begins "
            "every prompt.",
        ),
    ),
)
