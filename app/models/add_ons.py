"""LoRAs and autoencoders on the models page: their cards, and using them."""

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.models.card import CardFacts
from app.models.model_list import autoencoder_cards, lora_cards
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.session import Session
from core.autoencoders.file import AutoencoderFile


class AddOns(QObject):
    """Follows what was found on the disk.

    Signals:
        changed: there are others.
    """

    changed = Signal()

    def __init__(self, session: Session, autoencoders: AutoencoderSelection | None, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._autoencoders = autoencoders
        self._known: tuple[AutoencoderFile, ...] = ()
        session.loras.changed.connect(self.changed)
        if autoencoders is not None:
            autoencoders.changed.connect(self._on_autoencoders_changed)

    def cards(self) -> Iterator[CardFacts]:
        """Yields the cards of LoRAs, then those of autoencoders."""
        loras, model = self._session.loras, self._session.model_of(self._session.draft)
        if loras.at_hand is not None:
            objection = None if model is None else partial(loras.objection, model=model)
            yield from lora_cards(loras.at_hand.loras, objection)
        if self._autoencoders is not None:
            yield from autoencoder_cards(self._autoencoders.files, self._autoencoders.names)

    def use(self, facts: CardFacts) -> None:
        """Takes a model for the draft, adds a LoRA to it, or lets an autoencoder decode for its model."""
        if facts.kind == "model":
            self._session.edit(model=facts.key)
        elif facts.kind == "lora":
            self._session.loras.add(facts.value)
        elif self._autoencoders is not None:
            self._autoencoders.choose(facts.value)

    @Slot()
    def _on_autoencoders_changed(self) -> None:
        """The selection also tells of each edit of the draft."""
        if self._autoencoders is not None and self._autoencoders.files != self._known:
            self._known = self._autoencoders.files
            self.changed.emit()
