"""Replaces the grid while there is nothing to show: the reason, and the next action."""

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from app.widgets.building import push_button
from app.widgets.empty_page import EmptyPage
from core.language.words import tr


class Remedy(Enum):
    """The action that a button offers."""

    create = auto()
    add_folder = auto()
    clear_filters = auto()
    look_again = auto()


REMEDIES = {
    Remedy.create: (tr("Make a picture"), "emptyCreateButton"),
    Remedy.add_folder: (tr("Add a folder…"), "emptyAddFolderButton"),
    Remedy.clear_filters: (tr("Clear all filters"), "emptyClearButton"),
    Remedy.look_again: (tr("Look again"), "emptyLookAgainButton"),
}


@dataclass(frozen=True, slots=True)
class EmptyReason:
    """Why nothing is shown.

    Attributes:
        done, total: of pictures being read; a total of 0 hides the progress.
    """

    title: str
    sentence: str
    remedies: tuple[Remedy, ...] = ()
    done: int = 0
    total: int = 0


OPENING = EmptyReason(tr("Opening the gallery"), tr("One moment."))
NO_PICTURES = EmptyReason(
    tr("No pictures yet"),
    tr(
        "Every picture that you generate is kept here, with its settings and its film. "
        "Folders of pictures from this or other programs can be added; they are read in place and never changed."
    ),
    (Remedy.create, Remedy.add_folder),
)
NOTHING_FOUND = EmptyReason(
    tr("Nothing matches"),
    tr("No picture has all of what the search and the filters ask for."),
    (Remedy.clear_filters,),
)


def folders_away(paths: tuple[Path, ...]) -> EmptyReason:
    """Returns the reason that all pictures lie on drives that are not there."""
    names = ", ".join(str(path) for path in paths[:3])
    return EmptyReason(
        tr("Folder not found"),
        tr(
            "{names} cannot be reached. Its pictures are not forgotten: connect the drive and look again.",
            names=names,
        ),
        (Remedy.look_again, Remedy.add_folder),
    )


def reading(done: int, total: int, fault: str) -> EmptyReason:
    """Returns the reason that the index is made, for the first time or because of a fault."""
    why = tr("The index was damaged and is rebuilt from the pictures; ratings and tags are kept beside them. ")
    counted = (
        tr("{done:,} of {total:,} pictures.", done=done, total=total)
        if total
        else tr("{done:,} pictures found.", done=done)
    )
    title = tr("Rebuilding the gallery") if fault else tr("Reading your pictures")
    return EmptyReason(title, f"{why if fault else ''}{counted}", done=done, total=total)


class EmptyState(EmptyPage):
    """Shows one reason.

    Attributes:
        buttons: by the action that they offer.
    """

    def __init__(self) -> None:
        super().__init__("galleryEmpty")
        self.buttons = {remedy: push_button(words, name=name) for remedy, (words, name) in REMEDIES.items()}
        for button in self.buttons.values():
            self.add_button(button)
        self.show_reason(OPENING)

    def show_reason(self, reason: EmptyReason) -> None:
        progress = (reason.done, reason.total) if reason.total else None
        self.show_words(reason.title, reason.sentence, progress)
        for remedy, button in self.buttons.items():
            button.setVisible(remedy in reason.remedies)
