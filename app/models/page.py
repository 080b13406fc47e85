"""The models page: search and tabs above, below a card for each model, LoRA or autoencoder."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QImage, QShowEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.messages.errors import Message
from app.models.access_dialog import AccessService
from app.models.add_ons import AddOns
from app.models.card import CardFacts, ModelCard
from app.models.download_service import DownloadService
from app.models.fetching import Fetching
from app.models.model_list import all_cards, matches, part_cards
from app.models.removal import ModelRemoval
from app.models.samples import Samples, sampled
from app.models.tabs import is_of, model_tabs, nothing_on
from app.models.verification import ModelVerification
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.building import STRETCH, hbox, push_button, scroll_area, stretched, text_label, vbox
from app.widgets.field import search_edit
from app.widgets.message_bar import Choice, MessageArea
from core.downloads.address import chosen_endpoint
from core.downloads.hub import Secret
from core.downloads.record import read_record
from core.gallery.gallery import gallery_folder
from core.gallery.system_trash import SystemTrash, Trash
from core.language.words import tr
from core.models.downloadable import KnownModel, KnownPart, known_models, known_parts

CARDS_PX = 920
LASTING_MS = 10_000


class ModelsPage(QWidget):
    """A page of the window.

    Signals:
        create_asked: a model was chosen; show where pictures are made.
        file_asked: the user wants to add a model of their own.
        training_asked, variant_chosen: the user chooses how the model of this key was trained, or its variant.
        part_chosen: a model's place, its part, and the file for it.
    """

    create_asked = Signal()
    file_asked = Signal()
    training_asked = Signal(str)
    variant_chosen = Signal(str, str)
    part_chosen = Signal(str, str, str)

    def __init__(
        self,
        session: Session,
        settings_store: SettingsStore,
        trash: Trash | None = None,
        autoencoders: AutoencoderSelection | None = None,
        lacking: Callable[[KnownModel], Sequence[KnownPart]] = lambda _: (),
    ) -> None:
        """``lacking`` returns the parts of a network that can be downloaded and are not here."""
        super().__init__()
        self.setObjectName("modelsPage")
        self._session = session
        self._settings_store = settings_store
        self._removal = ModelRemoval(self, trash or SystemTrash(), session.background)
        self._known = known_models()
        self.service = DownloadService(self)
        self.verification = ModelVerification(session.background, self)
        self.messages = MessageArea()
        self._fetching = Fetching(self, self.service, self.messages, lambda: self._folders[0], lacking)
        self._fetching.begun.connect(self._on_begun)
        self._access = AccessService(self.service, self.messages, session.background, self)
        self._add_ons = AddOns(session, autoencoders, self)
        self._samples = Samples(gallery_folder(settings_store.folders), session.background, self)
        self.cards: dict[str, ModelCard] = {}
        placeholder, about = (
            tr("Search names, families and licences"),
            tr("Shows the cards that have every word"),
        )
        self.search = search_edit("modelSearchEdit", tr("Search models"), placeholder, about)
        self.tabs = model_tabs()
        self._empty = text_label(role="hint")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.search.textChanged.connect(self._sift)
        self.tabs.currentChanged.connect(self._sift)
        self._samples.found.connect(self._show_sample)
        self.service.changed.connect(self._on_changed)
        self.service.completed.connect(self._welcome)
        self.verification.changed.connect(self._show_check)
        session.models_changed.connect(self.refill)
        session.device.changed.connect(self.refill)
        self._add_ons.changed.connect(self.refill)
        self._removal.removed.connect(self._on_removed)
        session.background.closing_begun.connect(self.service.finish)
        self.take_address()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._session.refresh_models()
        self.service.find_unfinished(self._folders)
        self.refill()

    @Slot()
    def refill(self) -> None:
        """Makes the cards anew."""
        if not self.isVisible():
            return
        if any(self.focusWidget() in card.findChildren(QPushButton) for card in self.cards.values()):
            self.search.setFocus()  # or it would wander to the next card, and the page scroll there
        for card in self.cards.values():
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards.clear()
        here, states = self._session.draft_editor, self.service.states
        models = here.models, here.refused_models, self._known
        device, endpoint = self._session.device.chosen, self.service.endpoint
        parts = part_cards(self._folders[0], states, endpoint)
        all_facts = (*all_cards(*models, states, self._folders, device, endpoint), *parts, *self._add_ons.cards())
        for facts in all_facts:
            card = ModelCard(facts)
            card.asked.connect(self._do)
            card.part_chosen.connect(self.part_chosen)
            card.variant_chosen.connect(self.variant_chosen)
            card.show_download(states.get(facts.key))
            card.show_check(self.verification.checks.get(facts.key))
            self.cards[facts.key] = card
            self._column.insertWidget(self._column.count() - 2, card)
            if facts.key in self._samples.images:
                card.show_sample(self._samples.images[facts.key])
        self._samples.look(sampled(all_facts))
        self._sift()

    @Slot()
    def take_address(self) -> None:
        """From now on downloads go where the settings say."""
        settings = self._settings_store.settings
        self.service.endpoint = chosen_endpoint(settings.hub_endpoint, os.environ)
        self.service.proxy = settings.hub_proxy
        self.refill()

    @Slot(object)
    def hold_token(self, token: Secret) -> None:
        """Holds the token until the program ends, on systems without a keychain."""
        self.service.session_token = token

    @property
    def _folders(self) -> tuple[Path, ...]:
        return self._settings_store.settings.model_folders

    @Slot(str, QImage)
    def _show_sample(self, key: str, image: QImage) -> None:
        if key in self.cards:
            self.cards[key].show_sample(image)

    def _lay_out(self) -> None:
        other = push_button(
            tr("Another model…"),
            lambda: self._fetching.open(None),
            name="otherModelButton",
            tip=tr("Download a model by its name on the hub"),
        )
        own = push_button(
            tr("Add a file…"),
            self.file_asked,
            name="addModelFileButton",
            tip=tr("Use a .safetensors or .gguf model on this computer; it stays where it is"),
        )
        bar = QFrame()
        bar.setProperty("role", "panel")
        row = hbox(stretched(self.search), own, other, spacing=8)
        vbox(row, self.tabs, on=bar, margins=(16, 8, 16, 0), spacing=4)
        inner = QWidget()
        inner.setMaximumWidth(CARDS_PX)
        self._column = vbox(self._empty, STRETCH, on=inner, margins=16, spacing=12)
        content = QWidget()
        hbox(STRETCH, stretched(inner, 100), STRETCH, on=content)
        vbox(bar, self.messages, stretched(scroll_area(content, tr("Models"))), on=self, spacing=0)

    @Slot()
    def _sift(self) -> None:
        text, which = self.search.text(), self.tabs.currentIndex()
        shown = [card for card in self.cards.values() if matches(card.facts, text) and is_of(card.facts, which)]
        for card in self.cards.values():
            card.setVisible(card in shown)
        self._empty.setText(nothing_on(which, text))
        self._empty.setVisible(not shown)

    @Slot(str, str)
    def _do(self, key: str, action: str) -> None:
        self.messages.dismiss_errors()
        state = self.service.states.get(key)
        match action:
            case "download":
                self._fetching.ask(key)
            case "parts":
                parts = self.cards[key].facts.parts
                self._fetching.ask_parts([part.brings[0] for part in parts if part.is_alone and part.brings])
            case "resume" if state is not None:
                self.service.begin(key, state.repository)
            case "pause":
                self.service.pause(key)
            case "cancel":
                self.service.cancel(key, self._folders[0] / key)
            case "explain" if state is not None and state.failure is not None:
                self._access.explain(key)
            case "verify" | "mend" | "leave":
                self._check(key, action)
            case "training":
                self.training_asked.emit(key)
            case "use":
                self._use(key)
                self.create_asked.emit()
            case "remove" if (place := self.cards[key].facts.removable) is not None:
                self._removal.ask(key, self.cards[key].facts.name, place)
            case "page":
                QDesktopServices.openUrl(QUrl(self.cards[key].facts.page))
            case _:
                pass

    def _use(self, key: str) -> None:
        self._add_ons.use(self.cards[key].facts if key in self.cards else CardFacts(key, key, ""))

    @Slot(str)
    def _on_begun(self, key: str) -> None:
        if key not in self.cards:
            self.refill()

    def _check(self, key: str, action: str) -> None:
        """Of an installed model, by the record of its download."""
        model = next((one for one in self._session.draft_editor.models if one.key == key), None)
        record = read_record(model.folder) if model is not None else None
        if action == "verify" and model is not None and record is not None:
            self.verification.begin(key, record, model.folder)
            return
        self.verification.leave(key)
        if action == "mend" and record is not None:
            self.service.begin(key, record.repository, is_repair=True)

    @Slot(str)
    def _show_check(self, key: str) -> None:
        if key in self.cards:
            self.cards[key].show_check(self.verification.checks.get(key))

    @Slot(str, str)
    def _on_removed(self, key: str, problem: str) -> None:
        self._session.refresh_models()
        if problem:
            told = Message(
                tr("The model was not removed"),
                tr("{key} could not be moved to the trash: {problem}.", key=key, problem=problem),
            )
            self.messages.show_message(key, told, "error")

    @Slot(str)
    def _on_changed(self, key: str) -> None:
        card, state = self.cards.get(key), self.service.states.get(key)
        if state is not None and state.was_not_found and not (card and card.facts.facts):
            self._fetching.give_up(state)
            return
        if card is None or (state is None and not card.facts.facts):
            self.refill()
        else:
            card.show_download(state)

    @Slot(str)
    def _welcome(self, key: str) -> None:
        self._session.refresh_models()
        self.refill()
        if key in known_parts():
            words = tr("It is complete and checked; networks that look for it find it.")
            self.messages.show_message(
                key, Message(tr("{name} is here", name=key), words), "info", lasting_ms=LASTING_MS
            )
            return
        name = next((model.name for model in self._session.draft_editor.models if model.key == key), "")
        if not name:
            words = tr("All files are here and right, but they are of a kind that Emulsion cannot load.")
            self.messages.show_message(key, Message(tr("{key} cannot be used", key=key), words), "error")
            return
        use = Choice(tr("Use it"), lambda: self._do(key, "use"), "useDownloadedButton")
        self.messages.show_message(
            key,
            Message(tr("{name} is here", name=name), tr("It is complete and checked.")),
            "info",
            (use,),
            LASTING_MS,
        )
