"""The menu of one step of a film."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from core.language.words import tr
from core.recipes.recipe import Stage

_KEEPING: tuple[tuple[Stage, str], ...] = (
    ("denoised", tr("Keep the denoised picture")),
    ("noisy", tr("Keep the noisy picture")),
)


def step_menu(
    parent: QWidget, keep: Callable[[Stage], object], branch: Callable[[], object] | None = None
) -> QMenu:
    """Returns a menu that offers to keep a step as a picture, and with ``branch`` to branch from it."""
    menu = QMenu(parent)
    for stage, text in _KEEPING:
        menu.addAction(text).triggered.connect(partial(keep, stage))
    if branch is not None:
        menu.addSeparator()
        menu.addAction(tr("Branch from here…")).triggered.connect(branch)
    return menu
