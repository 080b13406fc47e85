"""Places in which pictures are made beside the device that the window follows: each can be added."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QWidget

from app.messages.places import place_name
from app.preferences.page import hint
from app.session.settings_store import SettingsStore
from app.widgets.building import named, vbox
from core.language.words import tr
from core.settings.engine_place import EnginePlace, PlaceKind, each_once

ABOUT = tr(
    "Several engines make pictures of the queue, of one request and of grids at the same time. Each loads the "
    "model into its own memory; on one processor they share its cores."
)
PROCESSOR = EnginePlace(PlaceKind.process, "cpu")
ONE_MORE = tr("Processor (CPU), one more engine")
"""Its name, which is true also where the processor makes pictures already."""


class PlacesSection(QWidget):
    """A box for each place that is known.

    Signals:
        chosen: other places hold from now on. divided: so do others on the processor, whose threads they share.
    """

    chosen = Signal()
    divided = Signal()

    def __init__(self, settings_store: SettingsStore) -> None:
        super().__init__()
        self._settings_store = settings_store
        self._boxes: dict[EnginePlace, QCheckBox] = {}
        self._gpus: tuple[str, ...] = ()
        self._column = vbox(on=self, spacing=4)
        self._column.addWidget(hint(ABOUT))
        self.offer(())

    def offer(self, gpus: tuple[tuple[str, str], ...]) -> None:
        """Offers the GPUs that were found by key and name, the processor, and what is chosen already.

        The GPU that the window follows is not among them.
        """
        settings = self._settings_store.settings
        self._gpus = tuple(key for key, _ in gpus) or self._gpus
        found = [EnginePlace(PlaceKind.process, key, label=name) for key, name in gpus]
        far = [place for computer in settings.computers for place in computer.places]
        for place in (*found, PROCESSOR, *settings.more_places, *far):  # new computers come last
            if place not in self._boxes:
                name = ONE_MORE if place == PROCESSOR else place_name(place)
                box = self._boxes[place] = named(QCheckBox(name), f"place-{place.address}{place.device}")
                box.setChecked(place in settings.more_places)
                box.toggled.connect(self._on_toggled)
                self._column.addWidget(box)
            elif place.label:
                self._boxes[place].setText(place_name(place))
        first = settings.places[0]
        for place, box in self._boxes.items():
            box.setVisible(len(each_once((first, place), self._gpus)) > 1)

    @Slot()
    def offer_computers(self) -> None:
        """Offers other computers that have come, and no longer those that are gone."""
        settings = self._settings_store.settings
        far = [place for computer in settings.computers for place in computer.places]
        known = {*far, *settings.more_places}
        for place in [place for place in self._boxes if place.address and place not in known]:
            self._boxes.pop(place).deleteLater()
        self.offer(())

    @Slot()
    def _on_toggled(self) -> None:
        before = self._settings_store.settings.more_places
        chosen = tuple(
            replace(place, label=box.text() if place.device != "cpu" or place.address else "")
            for place, box in self._boxes.items()
            if box.isChecked()
        )
        self._settings_store.change(more_places=chosen)
        (self.chosen if (PROCESSOR in before) == (PROCESSOR in chosen) else self.divided).emit()
