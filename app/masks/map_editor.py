"""The place where the map of a control is painted over, with the tools of masks in white and black."""

from __future__ import annotations

from PySide6.QtCore import Slot

from app.masks.editor import MaskEditor
from app.masks.keys import MaskAction
from app.masks.painting import MapPainting
from app.widgets.colours import Colours
from core.control.edits import UNTOUCHED
from core.language.words import tr
from core.pictures.mask import MaskPixels


class MapEditor(MaskEditor):
    """Paints over one map at a time; `levels` are as `core.control.edits` keeps them."""

    EMPTY = UNTOUCHED

    def __init__(self, colours: Colours) -> None:
        super().__init__(colours, is_of_map=True)
        self._ink = 255
        self.view.show_strokes()
        self.bar.buttons[MaskAction.ink].setCheckable(True)

    def _painting(self, levels: MaskPixels) -> MapPainting:
        painting = MapPainting(levels)
        painting.ink = self._ink
        return painting

    @Slot(object)
    def _carry_out(self, action: MaskAction) -> None:
        match action, self.view.painting:
            case MaskAction.invert, _:
                pass  # of a mask
            case MaskAction.fill, MapPainting() as painting:
                self._replace(painting.levels * 0 + self._ink)
            case MaskAction.ink, MapPainting() as painting:
                self.view.drop_gesture()
                self._ink = painting.ink = 255 - self._ink
                self.view.set_erasing(is_erasing=False)
                self.bar.refresh()
                is_black = self._ink == 0
                self.bar.buttons[MaskAction.ink].setChecked(is_black)
                words = tr("Painting in black") if is_black else tr("Painting in white")
                self.bar.buttons[MaskAction.ink].setToolTip(f"{words} ({MaskAction.ink.key})")
            case _:
                super()._carry_out(action)

    def _tell(self) -> None:
        part = float((self.view.painting.levels != UNTOUCHED).mean())
        self.view.setAccessibleDescription(tr("{part:.1%} of the map is painted over", part=part))
