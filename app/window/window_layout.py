"""The window's state between two starts, beside its geometry: panes and their sizes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, cast

from app.canvas.backdrop import Backdrop


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """Attributes:
    columns: widths of controls, canvas and right column in pixels; () for the default.
    hidden: object names of the panes that are hidden.
    """

    columns: tuple[int, ...] = ()
    hidden: tuple[str, ...] = ()
    backdrop: Backdrop = Backdrop.neutral

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
            )
        except (ValueError, KeyError, TypeError):
            return cls()
