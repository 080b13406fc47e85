"""The window's state between two starts, beside its geometry: panes and their sizes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, cast

from app.canvas.backdrop import Backdrop
from app.create.columns import default_columns

HEADER_PX = 44
PANES = ("controlPanel", "rightPane")
"""Object names of the panes that can be hidden, left and right."""


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """Attributes:
    columns: widths of controls, canvas and right column in pixels; () for the default.
    hidden: object names of the panes that are hidden.
    film_px: height of the film with its views, 0 for the default.
    opened: names of the folded controls that are to be seen, see `app.controls.folds`.
    """

    columns: tuple[int, ...] = ()
    hidden: tuple[str, ...] = ()
    backdrop: Backdrop = Backdrop.neutral
    opened: tuple[str, ...] = ()
    film_px: int = 0

    def to_text(self) -> str:
        return json.dumps({**asdict(self), "backdrop": self.backdrop.value}, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> WindowLayout:
        """Reads what `to_text` wrote; anything else gives the default."""
        try:
            content = cast("dict[str, Any]", json.loads(text))
            return cls(
                columns=tuple(int(width) for width in content["columns"]),
                hidden=tuple(str(name) for name in content["hidden"]),
                backdrop=Backdrop(content["backdrop"]),
                film_px=int(content.get("film_px", 0)),
                opened=tuple(str(name) for name in content.get("opened", ())),
            )
        except (ValueError, KeyError, TypeError):
            return cls()

    def shown_columns(self, width_px: int) -> tuple[int, ...]:
        """Returns the widths of controls, canvas and right column in a window so wide; 0 for what is hidden."""
        left_px, middle_px, right_px = self.columns if len(self.columns) == 3 else default_columns(width_px)
        left_px, right_px = (
            0 if name in self.hidden else px for name, px in zip(PANES, (left_px, right_px), strict=True)
        )
        return left_px, middle_px, right_px
