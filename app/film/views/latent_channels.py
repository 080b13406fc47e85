"""Latent channels: each channel of the latent as a picture, with its histogram."""

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout

from app.film.channel_cell import REACH, ChannelCell, Detail
from app.film.film_view import FilmView, Table, ViewKind
from app.film.frame_context import FrameContext
from app.widgets.building import stretched, text_label, vbox
from app.widgets.pixels import to_image
from core.film.film import Latent
from core.language.words import tr
from core.measures.channels import channel_numbers
from core.pictures.colour_maps import diverging
from core.pictures.pixels import Pixels

_GAP_PX = 6
_HINT_PX = 20
_LARGE_ENOUGH_PX = 44

_HINT = tr("Blue: below zero, red: above; numbers: mean ± spread. Click a channel to see it decoded alone.")


class LatentChannelsView(FilmView):
    """Shows all channels of x0 at once; a click on one decodes it alone."""

    def __init__(self) -> None:
        super().__init__()
        self._moment: FrameContext | None = None
        self._alone: int | None = None
        self._only: Latent | None = None
        self.cells: list[ChannelCell] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(_GAP_PX)
        self._hint = text_label(_HINT, parent=self, role="hint", wraps=True)
        vbox(stretched(self._grid), self._hint, on=self, spacing=2)

    def show_moment(self, moment: FrameContext) -> None:
        self._moment = moment
        x0 = moment.frame.denoised
        if len(self.cells) != x0.shape[0]:
            self._make_cells(x0.shape[0])
        for channel, numbers in enumerate(channel_numbers(x0, REACH)):
            picture = self._alone_picture(moment) if channel == self._alone else diverging(x0[channel], REACH)
            words = tr("{channel} alone", channel=channel + 1) if channel == self._alone else f"{channel + 1}"
            self.cells[channel].show_channel(to_image(picture), numbers, words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def table(self, moment: FrameContext) -> Table | None:
        numbers = channel_numbers(moment.frame.denoised, REACH)
        edges = [f"from_{edge:g}" for edge in numbers[0].edges[:-1]]
        rows = [(channel, found.mean, found.std, *found.counts) for channel, found in enumerate(numbers)]
        return Table(("channel", "mean", "standard_deviation", *edges), rows)

    def show_alone(self, channel: int) -> None:
        """Shows one channel in colours, or its values again."""
        self._alone = None if channel == self._alone else channel
        self._only = None
        if self._moment is not None:
            self.show_moment(self._moment)

    def _alone_picture(self, moment: FrameContext) -> Pixels:
        """Returns the picture of the chosen channel with all others zero, decoded if that has been done."""
        x0, channel = moment.frame.denoised, self._alone
        if self._only is None or not np.array_equal(self._only[channel], x0[channel]):
            self._only = np.zeros_like(x0)
            self._only[channel] = x0[channel]
            self.decode_wanted.emit(self._only)
        if moment.requested_decode is not None and moment.requested_decode.latent is self._only:
            return moment.requested_decode.pixels
        return moment.film.latent_rgb.picture(self._only)

    def _make_cells(self, channels: int) -> None:
        for cell in self.cells:
            self._grid.removeWidget(cell)
            cell.deleteLater()
        self.cells = [ChannelCell(channel, self) for channel in range(channels)]
        self._alone = None
        for cell in self.cells:
            cell.pressed.connect(self.show_alone)
        self._arrange()

    def _arrange(self) -> None:
        """Chooses the columns that make pictures largest; numbers and histograms appear only if they fit."""
        if not self.cells:
            return
        details = [*Detail]
        fits = [self._best_columns(detail) for detail in details]
        chosen = next((n for n, (_, picture_px) in enumerate(fits) if picture_px >= _LARGE_ENOUGH_PX), -1)
        columns = fits[chosen][0]
        for index, cell in enumerate(self.cells):
            cell.set_detail(details[chosen])
            self._grid.addWidget(cell, index // columns, index % columns)
        self._hint.setVisible(details[chosen] is not Detail.picture)

    def _best_columns(self, detail: Detail) -> tuple[int, float]:
        """Returns the number of columns with the largest pictures, and their size in pixels."""
        count = len(self.cells)

        def picture_px(columns: int) -> float:
            rows = -(-count // columns)
            height_px = (self.height() - _HINT_PX) / rows - detail.below_px
            return min(self.width() / columns, height_px) - _GAP_PX

        most = min(count, max(self.width() // detail.narrowest_px, 1))
        columns = max(range(1, most + 1), key=picture_px)
        return columns, picture_px(columns)


KIND = ViewKind(
    label=tr("Latent channels"),
    make=LatentChannelsView,
    about=tr(
        "The model does not work on pixels but on a latent: a small stack of channels, each a coarse picture "
        "of numbers. Together they hold what the autoencoder needs to paint the picture. One often carries "
        "light and dark, others colours or edges. Under the pointer, each channel tells the mean and the "
        "spread of its values; with enough room, bars below it show how often each value occurs."
    ),
    terms=(
        (tr("channel"), tr("one layer of the latent; Stable Diffusion has 4, newer models 16.")),
        (
            tr("histogram"),
            tr("how many places have a value, from −4 on the left to 4 on the right; the line is zero."),
        ),
        (
            tr("mean, std"),
            tr("average and spread (standard deviation) of the values; about 0 and 1 in a healthy latent."),
        ),
    ),
)
