"""LoRAs and autoencoders on the models page: named with what they are, and used from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.models.page import ModelsPage
from app.models.tabs import ALL, AUTOENCODERS, LORAS
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.settings_store import SettingsStore
from core.models.catalogue import Catalogue
from core.models.downloadable import known_parts
from core.paths import Folders
from core.request.request import Lora
from tests import original_names, tiny
from tests.app.conftest import MakeSession
from tests.core.lora.test_library import write_lora


def shown(page: ModelsPage) -> set[str]:
    return {card.facts.name for card in page.cards.values() if card.isVisible()}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("add ons") / "models"
    tiny.stable_diffusion(folder / "tiny")
    original_names.autoencoder(tiny.autoencoder(), folder / "vae" / "soft.safetensors")
    original_names.autoencoder(tiny.autoencoder(latent_channels=8), folder / "vae" / "wide.safetensors")
    tags = {"ss_tag_frequency": '{"a": {"ink drawing": 9}}'}
    write_lora(folder / "loras" / "ink.safetensors", tiny.WIDTH, metadata=tags)
    write_lora(folder / "loras" / "large.safetensors", 2048)
    (folder / "loras" / "page.safetensors").write_bytes(b"<!DOCTYPE html>")
    return folder


@pytest.fixture
def page(models: Path, tmp_path: Path, make_session: MakeSession, qtbot: QtBot) -> ModelsPage:
    folders = Folders(*(tmp_path / name for name in Folders.__dataclass_fields__))
    catalogue, store = Catalogue((models,)), SettingsStore(folders)
    session = make_session(models=catalogue, loras=lambda: catalogue.loras)
    session.edit(model="tiny")
    page = ModelsPage(session, store, autoencoders=AutoencoderSelection(catalogue, store, session))
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    return page


def test_add_ons_have_tabs_of_their_own_and_say_what_they_are(page: ModelsPage, qtbot: QtBot) -> None:
    assert shown(page) >= {"tiny"}
    assert not shown(page) & {"ink", "soft"}
    page.tabs.setCurrentIndex(LORAS)
    qtbot.waitUntil(lambda: shown(page) == {"ink", "large", "page"})
    page.search.setText("ink drawing")
    assert shown(page) == {"ink"}
    page.search.clear()
    card = page.cards["lora page"]
    assert any(label.text().startswith("Cannot be used: ") for label in card.findChildren(QLabel))
    assert not [button for button in card.findChildren(QPushButton, "useModelButton") if button.isVisible()]
    page.tabs.setCurrentIndex(AUTOENCODERS)
    qtbot.waitUntil(lambda: shown(page) - set(known_parts()) == {"soft", "wide"})
    assert page.cards["autoencoder wide"].facts.fit
    assert page.cards["autoencoder wide"].findChild(QPushButton, "useModelButton") is None


def test_add_ons_are_used_from_their_cards(page: ModelsPage, qtbot: QtBot) -> None:
    session = page._session  # pyright: ignore[reportPrivateUsage]
    qtbot.waitUntil(lambda: {"lora ink", "autoencoder soft"} <= set(page.cards))
    for key in ("lora ink", "autoencoder soft"):
        button = page.cards[key].findChild(QPushButton, "useModelButton")
        assert button is not None, page.cards[key].facts
        with qtbot.waitSignal(page.create_asked):
            button.click()
    assert session.draft.loras == (Lora("ink"),)
    assert session.draft.autoencoder is not None
    assert session.draft.autoencoder.key == "soft"
    page.tabs.setCurrentIndex(ALL)
