"""The place Models: what is shown, and a download from the question to the model control."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.models.page import ModelsPage
from app.models.tabs import AVAILABLE, FITTING, INSTALLED
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.downloads.record import RECORD_NAME
from core.models.catalogue import Catalogue
from core.paths import Folders
from core.request.request import STARTER_MODEL
from tests import tiny
from tests.app.conftest import MakeSession
from tests.core.models.known_files import FILES
from tests.core.models.made_files import safetensors
from tests.hub_content import Content, Text
from tests.hub_server import HubServer, Repository

NAME = "studio/tiny"


@pytest.fixture(scope="module")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Content]:
    folder = tiny.stable_diffusion(tmp_path_factory.mktemp("tiny") / "tiny")
    return {
        str(path.relative_to(folder).as_posix()): Text(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def server(model_files: dict[str, Content]) -> Iterator[HubServer]:
    with HubServer({NAME: Repository(model_files)}) as running:
        yield running


class FakeTrash:
    """Moves a folder aside."""

    def put(self, file: Path) -> Path | None:
        return file.rename(file.parent.parent / file.name)

    def forget(self, file: Path) -> None:
        pass


@pytest.fixture
def session(tmp_path: Path, make_session: MakeSession) -> Session:
    return make_session(models=Catalogue((tmp_path / "data" / "Emulsion" / "models",)))


@pytest.fixture
def page(
    tmp_path: Path, session: Session, qtbot: QtBot, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModelsPage]:
    for name, place in (("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config")):
        monkeypatch.setenv(name, str(tmp_path / place))
    folders = Folders.default()
    settings_store = SettingsStore(folders)
    session.refresh_models()
    page = ModelsPage(session, settings_store, FakeTrash())
    page.service.endpoint = server.endpoint
    page.resize(1000, 700)
    page.show()
    qtbot.addWidget(page)
    yield page


def shown(page: ModelsPage) -> set[str]:
    return {key for key, card in page.cards.items() if card.isVisible()}


def press(page: ModelsPage, key: str, name: str) -> None:
    button = page.cards[key].findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    button.click()


def words(page: ModelsPage, key: str) -> str:
    label = page.cards[key].findChild(QLabel, "downloadWords")
    assert isinstance(label, QLabel)
    return label.text()


def ask_for(page: ModelsPage, repository: str) -> None:
    other = page.findChild(QPushButton, "otherModelButton")
    assert isinstance(other, QPushButton)
    other.click()
    dialog = page.findChild(QDialog, "downloadDialog")
    assert isinstance(dialog, QDialog)
    field, yes = (
        dialog.findChild(QLineEdit, "repositoryEdit"),
        dialog.findChild(QPushButton, "confirmDownloadButton"),
    )
    assert isinstance(field, QLineEdit)
    assert isinstance(yes, QPushButton)
    assert not yes.isEnabled()
    field.setText(repository)
    yes.click()


def test_installed_and_known_models_have_their_cards(page: ModelsPage) -> None:
    assert {STARTER_MODEL, "stable-diffusion-v1-5", "Z-Image-Turbo"} <= shown(page)
    assert next(iter(page.cards)) == STARTER_MODEL


def test_a_model_that_cannot_be_used_says_why(page: ModelsPage, session: Session, qtbot: QtBot) -> None:
    folder = Folders.default().models / "someday"
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text('{"_class_name": "HunyuanDiTPipeline"}', "utf-8")
    session.refresh_models()
    card = page.cards["someday"]
    assert "Cannot be used" in {label.text() for label in card.findChildren(QLabel)}
    assert any("it is a HunyuanDiTPipeline; " in label.text() for label in card.findChildren(QLabel))
    assert [button.text() for button in card.findChildren(QPushButton) if button.isVisible()] == ["Remove…"]
    press(page, "someday", "removeModelButton")
    yes = page.findChild(QPushButton, "confirmRemovalButton")
    assert isinstance(yes, QPushButton)
    yes.click()
    qtbot.waitUntil(lambda: "someday" not in page.cards)


def test_a_model_on_a_drive_that_is_not_connected_says_so_until_it_is(
    page: ModelsPage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "data" / "Emulsion" / "models"
    safetensors(folder / "dreams.safetensors", FILES["sd_xl_base"][0])
    session.refresh_models()
    qtbot.waitUntil(lambda: "dreams" in page.cards)
    folder.rename(tmp_path / "taken out")
    session.draft_editor.refresh_when_active(Qt.ApplicationState.ApplicationActive)
    qtbot.waitUntil(lambda: page.cards["dreams"].facts.is_away)
    assert "Not connected" in [label.text() for label in page.cards["dreams"].findChildren(QLabel)]
    assert page.cards["dreams"].facts.removable is None
    (tmp_path / "taken out").rename(folder)
    session.draft_editor.refresh_when_active(Qt.ApplicationState.ApplicationActive)
    qtbot.waitUntil(lambda: page.cards["dreams"].facts.is_installed)


def test_search_and_filter_leave_what_matches(page: ModelsPage) -> None:
    page.search.setText("clear apache")
    assert shown(page) == {"Z-Image-Turbo"}
    page.search.setText("no such thing")
    assert shown(page) == set()
    page.search.clear()
    page.tabs.setCurrentIndex(INSTALLED)
    assert shown(page) == {STARTER_MODEL}
    page.tabs.setCurrentIndex(FITTING)
    assert STARTER_MODEL in shown(page)
    page.tabs.setCurrentIndex(AVAILABLE)
    models = {key for key, card in page.cards.items() if card.facts.kind == "model"}
    assert shown(page) == models - {STARTER_MODEL}


def test_the_question_tells_licence_and_size(page: ModelsPage) -> None:
    press(page, "stable-diffusion-v1-5", "downloadModelButton")
    dialog = page.findChild(QDialog, "downloadDialog")
    assert isinstance(dialog, QDialog)
    said = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "CreativeML OpenRAIL-M" in said
    assert "2.1 GB" in said
    dialog.reject()
    assert not page.service.states


def test_a_downloaded_model_can_be_chosen_at_once_and_removed(
    page: ModelsPage, session: Session, server: HubServer, qtbot: QtBot
) -> None:
    folder = Folders.default().models
    ask_for(page, NAME)
    with qtbot.waitSignal(page.service.completed):
        pass
    assert "tiny" in {model.key for model in session.draft_editor.models}
    assert page.messages.subjects() == ("tiny",)
    press(page, "tiny", "useModelButton")
    assert session.draft.model == "tiny"
    press(page, "tiny", "removeModelButton")
    yes = page.findChild(QPushButton, "confirmRemovalButton")
    assert isinstance(yes, QPushButton)
    yes.click()
    qtbot.waitUntil(lambda: "tiny" not in page.cards)
    assert not (folder / "tiny").exists()


def test_a_gated_model_asks_to_log_in_and_goes_on_with_the_token(
    page: ModelsPage, server: HubServer, qtbot: QtBot
) -> None:
    server.repositories[NAME] = Repository(server.repositories[NAME].files, is_gated=True)
    server.tokens = {"good-token": "good"}
    ask_for(page, NAME)
    qtbot.waitUntil(lambda: page.service.states["tiny"].asks_for_access)
    assert f"{server.endpoint}/{NAME}" in words(page, "tiny")
    press(page, "tiny", "explainDownloadButton")
    dialog = page.findChild(QDialog, "accessDialog")
    assert isinstance(dialog, QDialog)
    field, again = dialog.findChild(QLineEdit, "tokenEdit"), dialog.findChild(QPushButton, "tryAgainButton")
    assert isinstance(field, QLineEdit)
    assert isinstance(again, QPushButton)
    assert field.echoMode() is QLineEdit.EchoMode.Password
    field.setText("good-token")
    with qtbot.waitSignal(page.service.completed):
        again.click()


def test_a_download_is_paused_taken_up_after_a_restart_and_cancelled(
    page: ModelsPage, server: HubServer, qtbot: QtBot
) -> None:
    server.bytes_per_second = 20_000
    ask_for(page, NAME)
    folder = Folders.default().models / "tiny"
    qtbot.waitUntil((folder / RECORD_NAME).is_file)
    press(page, "tiny", "pauseDownloadButton")
    assert words(page, "tiny").startswith("Paused")

    again = ModelsPage(page._session, page._settings_store)  # pyright: ignore[reportPrivateUsage]
    qtbot.addWidget(again)
    again.show()
    assert words(again, "tiny").startswith("Paused")
    press(again, "tiny", "cancelDownloadButton")
    assert not folder.exists()
    assert "tiny" not in again.cards


def check_words(page: ModelsPage, key: str) -> str:
    label = page.cards[key].findChild(QLabel, "checkWords")
    assert isinstance(label, QLabel)
    return label.text() if label.isVisible() else ""


def test_a_damaged_file_is_named_and_only_that_one_is_fetched_again(
    page: ModelsPage, server: HubServer, qtbot: QtBot
) -> None:
    ask_for(page, NAME)
    with qtbot.waitSignal(page.service.completed):
        pass
    press(page, "tiny", "verifyModelButton")
    qtbot.waitUntil(lambda: "files are as the hub listed them" in check_words(page, "tiny"))
    press(page, "tiny", "leaveCheckButton")
    assert check_words(page, "tiny") == ""
    damaged = next((Folders.default().models / "tiny" / "vae").glob("*.safetensors"))
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    press(page, "tiny", "verifyModelButton")
    qtbot.waitUntil(lambda: "is damaged" in check_words(page, "tiny"))
    assert check_words(page, "tiny").startswith(f"vae/{damaged.name}: ")
    server.asked.clear()
    with qtbot.waitSignal(page.service.completed):
        press(page, "tiny", "mendModelButton")
    asked = [one for one in server.asked if "/resolve/" in one.path or one.server == "content"]
    fetched = {one.path.partition("?")[0] for one in asked if one.headers.get("range") != "bytes=0-0"}
    assert {path.rpartition("/vae/")[2] for path in fetched} == {damaged.name}
    press(page, "tiny", "verifyModelButton")
    qtbot.waitUntil(lambda: "as the hub listed them" in check_words(page, "tiny"))


def test_a_name_that_the_hub_does_not_know_leaves_no_card_and_can_be_changed(
    page: ModelsPage, server: HubServer, qtbot: QtBot
) -> None:
    cards = set(page.cards)
    ask_for(page, "nobody/does-not-exist")
    qtbot.waitUntil(lambda: "does-not-exist" in page.messages.subjects())
    assert set(page.cards) == cards
    assert not page.service.states
    again = page.findChild(QPushButton, "otherModelAgainButton")
    assert isinstance(again, QPushButton)
    again.click()
    assert page.messages.subjects() == ()  # the bar leaves with the next action
    (field,) = page.findChildren(QLineEdit, "repositoryEdit")
    assert field.text() == "nobody/does-not-exist"
    field.window().close()
