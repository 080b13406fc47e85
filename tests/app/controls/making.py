"""Makes single controls of the panel's table."""

from pathlib import Path
from typing import Any, TypeVar, cast

from PySide6.QtWidgets import QWidget

from app.controls.table import ROWS, Services
from app.controls.token_counting import TokenCounting
from app.session.mask_selection import MaskSelection
from app.session.session import Session

Kind = TypeVar("Kind", bound=QWidget)


def made(name: str, session: Session, kind: type[Kind]) -> Kind:
    """Returns the control of a setting; it must be one that needs nothing but the session."""
    make = next(row[name] for row in ROWS if name in row)
    none, masks = cast("Any", None), MaskSelection(session, Path("unused"))
    control = make(Services(session, TokenCounting(), none, none, none, masks, none))
    assert isinstance(control, kind)
    return control
