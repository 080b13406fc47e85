"""Asks by which upscaler, and how much, pictures are enlarged, and if they are refined."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from app.controls.upscaler import FACTORS as BY
from app.controls.upscaler import about
from app.dialogs.refine_options import RefineOptions
from app.widgets.building import dialog_buttons, form, text_label, vbox
from app.widgets.field import combo_box
from core.language.words import plural, tr
from core.request.request import GenerationRequest, Size, Upscaler
from core.request.setting import short_number
from core.request.settings.upscaler import FACTORS, LARGEST_SIDE
from core.upscalers.file import UpscalerFile
from core.upscalers.library import OF_STARTER

LONGER_SIDES = (1024, 2048, 4096, 8192)
WIDTH_PX = 420


class EnlargeDialog(QDialog):
    """Opens by `open`, without blocking.

    Signals:
        chosen: an `Upscaler` or None, the longer side in pixels or 0, and a `Refining` or None.
    """

    chosen = Signal(object, int, object)

    def __init__(
        self,
        paths: Sequence[Path],
        size: Size | None,
        first: Upscaler | None,
        parent: QWidget | None = None,
        draft: GenerationRequest | None = None,
        tiles: tuple[int, int] = (0, 0),
    ) -> None:
        """``size`` is that of a single picture, where it is known; ``first`` is offered first.

        ``draft`` has the settings by which pictures are refined that tell none of their own; ``tiles`` are the
        sides in pixels by the picture's own model and by the draft's, 0 for unknown.
        """
        super().__init__(parent)
        self._size = size
        self._first = first.name if first is not None else ""
        self._files: tuple[UpscalerFile, ...] = ()
        self.setObjectName("enlargeDialog")
        self.setWindowTitle(tr("Enlarge"))
        name = paths[0].name if len(paths) == 1 else plural("1 picture", "{count:,} pictures", len(paths))
        head = text_label(name, is_plain=True, wraps=True)
        head.setMinimumWidth(WIDTH_PX)
        self._names = combo_box((), "enlargeUpscalerCombo", tr("Upscaler"))
        self._names.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._sizes = combo_box((), "enlargeSizeCombo", tr("Size"))
        self._about = text_label(role="hint", wraps=True)
        self._becomes = text_label(name="enlargeResultLabel", wraps=True)
        self._refine = RefineOptions(draft, tiles)
        self._refine.toggled.connect(self._on_refine_toggled)
        self._refine.model_chosen.connect(self._show_result)
        self._names.currentIndexChanged.connect(self._show_sizes)
        self._sizes.currentIndexChanged.connect(self._show_result)
        buttons, self._enlarge = dialog_buttons(self, tr("Enlarge"), "enlargeButton", self._choose)
        vbox(
            head,
            form((tr("&Upscaler"), self._names), (tr("&Size"), self._sizes)),
            self._about,
            self._becomes,
            self._refine,
            buttons,
            on=self,
            margins=20,
            spacing=12,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.show_files(())

    def show_files(self, files: tuple[UpscalerFile, ...]) -> None:
        """Shows the upscalers that were found; until then none can be chosen."""
        wanted = self._names.currentData()
        self._files = files
        self._names.clear()
        if self._refine.is_wanted:
            self._names.addItem(tr("None: it keeps its size"), "")
        for file in files:
            self._names.addItem(file.name, file.name)
        own = [file.name for file in files if file.name != OF_STARTER]
        if wanted is None or (not wanted and not self._refine.is_wanted):
            wanted = self._first or next(iter(own), OF_STARTER)
        self._names.setCurrentIndex(max(self._names.findData(wanted), 0) if files else -1)
        self._show_sizes()

    @property
    def _file(self) -> UpscalerFile | None:
        return next((file for file in self._files if file.name == self._names.currentData()), None)

    @property
    def _keeps_size(self) -> bool:
        return self._names.currentData() == ""

    @Slot()
    def _on_refine_toggled(self) -> None:
        self.show_files(self._files)
        self.adjustSize()

    @Slot()
    def _show_sizes(self) -> None:
        """Offers the sizes that the upscaler can make of the picture."""
        file, wanted = self._file, self._sizes.currentData()
        scale = file.kind.scale if file is not None and file.kind is not None else 0
        looking = "" if self._keeps_size else tr("Looking for upscalers…")
        self._about.setText(about(file) if file is not None else looking)
        self._about.setVisible(not self._keeps_size)
        self._sizes.setEnabled(not self._keeps_size)
        longer = max(self._size.width, self._size.height) if self._size is not None else 0
        self._sizes.clear()
        for factor in BY:
            own = f" (× {scale})" if scale else ""
            words = f"× {short_number(factor)}" if factor else tr("its own{scale}", scale=own)
            if longer * max(factor, scale) <= LARGEST_SIDE:
                self._sizes.addItem(words, (factor, 0))
        for side in LONGER_SIDES:
            if not longer or (FACTORS[0] < side / longer <= FACTORS[1] and longer * scale <= LARGEST_SIDE):
                self._sizes.addItem(tr("longer side {side:,} px", side=side), (0.0, side))
        place = next((row for row in range(self._sizes.count()) if self._sizes.itemData(row) == wanted), 0)
        self._sizes.setCurrentIndex(place if self._sizes.count() else -1)
        self._show_result()

    @Slot()
    def _show_result(self) -> None:
        choice, file, size = self._sizes.currentData(), self._file, self._size
        words, becomes = "", size if self._keeps_size else None
        if file is not None and choice is None:
            words = tr(
                "This picture is too large for this upscaler: no side may become longer than {most:,} pixels.",
                most=LARGEST_SIDE,
            )
        elif file is not None and size is not None and choice is not None:
            factor = choice[0] or (file.kind.scale if file.kind is not None else 0)
            factor = choice[1] / max(size.width, size.height) if choice[1] else factor
            words = tr("{size} pixels", size=size.words)
            if factor:
                becomes = Size(round(size.width * factor), round(size.height * factor))
                words = tr("{before} become {after}.", before=words, after=becomes.words)
        self._becomes.setText(words)
        larger = tr("Enlarge and refine") if self._refine.is_wanted else tr("Enlarge")
        self._enlarge.setText(tr("Refine") if self._keeps_size else larger)
        can_be_refined = self._refine.show_size(becomes) or not self._refine.is_wanted
        is_possible = self._keeps_size or (file is not None and choice is not None)
        self._enlarge.setEnabled(is_possible and can_be_refined)

    def _choose(self) -> None:
        factor, longer_side = (1.0, 0) if self._keeps_size else self._sizes.currentData()
        upscaler = None if self._keeps_size else Upscaler(self._names.currentData(), factor)
        self.chosen.emit(upscaler, longer_side, self._refine.refining)
        self.accept()
