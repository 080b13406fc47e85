"""The tabs of the models page: which cards each of them shows, and what it says where there is none."""

from PySide6.QtWidgets import QTabBar

from app.models.card import CardFacts
from app.models.fit import Level
from app.widgets.building import named
from core.language.words import tr

ALL, INSTALLED, AVAILABLE, FITTING, LORAS, AUTOENCODERS = range(6)
_TITLES = (
    tr("All models"),
    tr("Installed"),
    tr("Available"),
    tr("Fits this computer"),
    tr("LoRAs"),
    tr("Autoencoders"),
)
_KINDS = {LORAS: "lora", AUTOENCODERS: "autoencoder"}
_NO_ADD_ON = {
    LORAS: tr(
        "There is no LoRA yet. Put one into a folder “loras” beside your models, or drop it on this window."
    ),
    AUTOENCODERS: tr("There is no other one yet. Put it into a folder “vae” beside your models, or drop it here."),
}


def model_tabs() -> QTabBar:
    """Returns the tabs, in the order of their numbers."""
    tabs = named(QTabBar(), "modelTabs", tr("Which models"))
    tabs.setDrawBase(False)
    tabs.setExpanding(False)
    for title in _TITLES:
        tabs.addTab(title)
    return tabs


def is_of(facts: CardFacts, tab: int) -> bool:
    """Returns whether a card stands on a tab."""
    if tab in _KINDS or facts.kind != "model":
        return facts.kind == _KINDS.get(tab)
    if tab == INSTALLED:
        return facts.is_installed
    if tab == AVAILABLE:
        return not facts.is_installed and not facts.problem
    return tab != FITTING or facts.level is not Level.will_not_fit


def nothing_on(tab: int, text: str) -> str:
    """Returns the words for a tab without cards, where ``text`` is searched for."""
    return tr("Nothing here has all of these words.") if text else _NO_ADD_ON.get(tab, tr("There is none."))
