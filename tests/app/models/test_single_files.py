"""Parts and networks in files of their own: offered where they are missing, fetched together, and found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.models.page import ModelsPage
from app.models.part_choices import PartChoices
from app.session.settings_store import SettingsStore
from core.models.catalogue import Catalogue
from core.models.downloadable import known_models, known_parts
from core.paths import Folders
from tests.app.conftest import MakeSession
from tests.core.models.known_files import FILES
from tests.core.models.made_files import safetensors
from tests.hub_content import Text
from tests.hub_server import HubServer, Repository

ENTRIES = {model.key: model for model in known_models()} | dict(known_parts())
CONTENT = {"z_image_turbo_int8_convrot": "z_image_turbo", "qwen_3_4b": "qwen_3_4b", "ae": "ae"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    folder, repositories = tmp_path_factory.mktemp("hub"), dict[str, Repository]()
    for key, kind in CONTENT.items():
        entry = ENTRIES[key]
        content = safetensors(folder / f"{key}.safetensors", FILES[kind][0]).read_bytes()
        files = repositories.setdefault(entry.repository, Repository({})).files
        files[entry.files[0]] = Text(content)
        files["split_files/other.safetensors"] = Text(b"not asked for")
    with HubServer(repositories) as running:
        yield running


@pytest.fixture
def page(
    tmp_path: Path, make_session: MakeSession, qtbot: QtBot, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> ModelsPage:
    for name, place in (("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config")):
        monkeypatch.setenv(name, str(tmp_path / place))
    catalogue = Catalogue((Folders.default().models,))
    session, store = make_session(models=catalogue), SettingsStore(Folders.default())
    choices = PartChoices(catalogue, store, session)
    page = ModelsPage(session, store, lacking=choices.lacking)
    page.service.endpoint = server.endpoint
    page.resize(1000, 700)
    page.show()
    qtbot.addWidget(page)
    return page


def confirm(page: ModelsPage) -> str:
    """Says yes to what is asked, and returns it."""
    dialog = page.findChild(QDialog, "downloadDialog")
    assert isinstance(dialog, QDialog)
    said = "\n".join(label.text() for label in dialog.findChildren(QLabel))
    yes = dialog.findChild(QPushButton, "confirmDownloadButton")
    assert isinstance(yes, QPushButton)
    yes.click()
    return said


def arrived(key: str) -> Path:
    return Folders.default().models / key / ENTRIES[key].files[0]


def test_each_part_has_a_card_of_its_own_until_it_is_here(page: ModelsPage, qtbot: QtBot) -> None:
    assert set(known_parts()) <= page.cards.keys()
    assert page.cards["qwen_3_4b"].facts.about == "Text encoder of Z-Image and FLUX.2 klein"
    assert page.cards["taef1"].facts.kind == "autoencoder"
    button = page.cards["ae"].findChild(QPushButton, "downloadModelButton")
    assert isinstance(button, QPushButton)
    button.click()
    assert "Licence: Apache-2.0" in confirm(page)
    qtbot.waitUntil(lambda: arrived("ae").is_file() and not page.service.states)
    qtbot.waitUntil(lambda: "ae" not in page.cards)


def test_a_network_comes_with_all_parts_that_are_missing(page: ModelsPage, qtbot: QtBot) -> None:
    card = page.cards["z_image_turbo_int8_convrot"]
    assert "6.2 GB download · with parts of 8.4 GB" in card.facts.facts
    assert "Apache-2.0" in card.facts.licence
    button = card.findChild(QPushButton, "downloadModelButton")
    assert isinstance(button, QPushButton)
    button.click()
    said = confirm(page)
    assert "Z-Image Turbo, int8" in said
    assert "qwen_3_4b (8.0 GB download, Apache-2.0), ae (340 MB download, Apache-2.0)" in said
    qtbot.waitUntil(lambda: all(arrived(key).is_file() for key in CONTENT))
    qtbot.waitUntil(lambda: not page.service.states)
    qtbot.waitUntil(lambda: page.cards["z_image_turbo_int8_convrot"].facts.is_installed)
    assert not (arrived("ae").parent.parent / "other.safetensors").exists()


def test_the_parts_that_a_network_here_lacks_are_fetched_by_one_click(page: ModelsPage, qtbot: QtBot) -> None:
    safetensors(Folders.default().models / "mine.safetensors", FILES["z_image_turbo"][0])
    page._session.refresh_models()  # pyright: ignore[reportPrivateUsage]
    qtbot.waitUntil(lambda: "mine" in page.cards)
    card = page.cards["mine"]
    told = [part.brings[1] for part in card.facts.parts if part.brings]
    assert told == ["qwen_3_4b (8.0 GB download, Apache-2.0)", "ae (340 MB download, Apache-2.0)"]
    button = card.findChild(QPushButton, "downloadPartsButton")
    assert isinstance(button, QPushButton)
    button.click()
    assert "ae (340 MB download" in confirm(page)
    qtbot.waitUntil(lambda: page.cards["mine"].facts.is_installed)
    assert arrived("qwen_3_4b").is_file()


def test_a_repository_of_somebody_else_is_fetched_as_it_was_named(
    page: ModelsPage, qtbot: QtBot, server: HubServer
) -> None:
    """Its name may be the key of a part."""
    page.service.begin("taesd", "somebody/taesd")
    qtbot.waitUntil(lambda: "taesd" not in page.service.states)  # the hub does not know it
    asked = [one.path for one in server.asked if "taesd" in one.path]
    assert asked and all("somebody/taesd" in path for path in asked)
