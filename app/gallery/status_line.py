"""The line below the grid: how many pictures, how many are chosen, what is being read, what is away."""

from pathlib import Path

from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.widgets.building import STRETCH, hbox, progress_bar, text_label
from core.gallery.scan import Indexing, Listing, ScanEvent, Scanned
from core.language.words import plural, tr

PROGRESS_PX = 120


class StatusLine(QFrame):
    """Plain text only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("galleryStatus")
        self.setProperty("role", "panel")
        self.counts = text_label(name="galleryCounts")
        self.away = QLabel()
        self.scan = text_label(name="galleryScan")
        for label in (self.counts, self.away, self.scan):
            label.setProperty("role", "hint")
        self._progress = progress_bar(tr("Reading pictures"))
        self._progress.setFixedWidth(PROGRESS_PX)
        self._progress.hide()
        hbox(
            self.counts, STRETCH, self.away, self.scan, self._progress, on=self, margins=(16, 4, 16, 4), spacing=16
        )

    def show_counts(self, shown: int, total: int, selected: int) -> None:
        words = (
            _pictures(total)
            if shown == total
            else tr("{shown:,} of {pictures}", shown=shown, pictures=_pictures(total))
        )
        self.counts.setText(
            tr("{words} · {selected:,} selected", words=words, selected=selected) if selected else words
        )

    def show_scan(self, event: ScanEvent) -> None:
        """Shows the progress of the scan."""
        match event:
            case Listing():
                self.scan.setText(tr("Looking for pictures: {found:,}", found=event.found))
                self._progress.setRange(0, 0)
            case Indexing():
                self.scan.setText(tr("Reading {done:,} of {total:,}", done=event.done, total=event.total))
                self._progress.setRange(0, event.total)
                self._progress.setValue(event.done)
            case Scanned():
                return
        self._progress.show()

    def end_scan(self, away: tuple[Path, ...]) -> None:
        """No scan is going on; ``away`` are the folders that cannot be reached."""
        self.scan.setText("")
        self._progress.hide()
        count = len(away)
        self.away.setText("" if not count else plural("1 folder not found", "{count} folders not found", count))
        self.away.setToolTip("\n".join(str(path) for path in away))


def _pictures(count: int) -> str:
    return plural("1 picture", "{count:,} pictures", count)
