"""The gallery's state between two starts: sizes, order and groups."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from app.gallery.grid import CELLS_PX, FIRST_CELL_PX
from core.gallery.query import Group, Sort

INSPECTOR_PX = 320
_WIDEST_PX = 4_000


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Sizes in pixels."""

    cell_px: int = FIRST_CELL_PX
    inspector_px: int = INSPECTOR_PX
    sort: Sort = Sort.newest
    group: Group = Group.day
    has_stacks: bool = True

    def to_text(self) -> str:
        content: dict[str, Any] = {"cell": self.cell_px, "inspector": self.inspector_px}
        content |= {"sort": self.sort.name, "group": self.group.name, "stacks": self.has_stacks}
        return json.dumps(content, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> PageLayout:
        """Reads what `to_text` wrote; anything else gives the default."""
        try:
            content = cast("dict[str, Any]", json.loads(text))
            return cls(
                cell_px=min(max(int(content["cell"]), CELLS_PX[0]), CELLS_PX[-1]),
                inspector_px=min(max(int(content["inspector"]), 0), _WIDEST_PX),
                sort=Sort[content["sort"]],
                group=Group[content["group"]],
                has_stacks=content.get("stacks", True) is True,
            )
        except (ValueError, KeyError, TypeError, OverflowError):
            return cls()
