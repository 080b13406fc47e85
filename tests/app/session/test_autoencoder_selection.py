"""Choosing an autoencoder: remembered for each model, checked before it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.controls.autoencoder import AutoencoderControl
from app.controls.previews import PreviewControl
from app.messages.errors import Message
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from core.paths import Folders
from core.pictures.picture import GeneratedImage
from core.request.request import Autoencoder
from core.runs.events import PreviewMode
from tests import original_names, tiny
from tests.fakes import FakeEngine


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("choosing") / "models"
    tiny.stable_diffusion(folder / "tiny")
    tiny.stable_diffusion(folder / "tiny-2")
    original_names.autoencoder(tiny.autoencoder(), folder / "vae" / "soft.safetensors")
    original_names.autoencoder(tiny.autoencoder(latent_channels=8), folder / "vae" / "wide.safetensors")
    original_names.autoencoder(tiny.autoencoder(), folder.parent / "elsewhere" / "sharp & clear.safetensors")
    return folder


@pytest.fixture
def settings_store(tmp_path: Path) -> SettingsStore:
    return SettingsStore(Folders(*(tmp_path / name for name in Folders.__dataclass_fields__)))


@pytest.fixture
def session(models: Path, settings_store: SettingsStore, qtbot: QtBot) -> Iterator[Session]:
    def save(image: GeneratedImage, *_: object) -> Path:
        raise AssertionError(image)

    session = Session(Catalogue((models,)), lambda _place: FakeEngine(), save, settings_store)
    session.edit(model="tiny")
    yield session
    assert session.shutdown()


@pytest.fixture
def selection(
    models: Path, settings_store: SettingsStore, session: Session, qtbot: QtBot
) -> Iterator[AutoencoderSelection]:
    def places() -> FixedPlaces:
        return FixedPlaces((models,), autoencoder_places=settings_store.settings.autoencoder_places)

    catalogue = Catalogue(places)
    selection = AutoencoderSelection(catalogue, settings_store, session)
    qtbot.waitUntil(lambda: bool(selection.names))
    yield selection


@pytest.fixture
def control(selection: AutoencoderSelection, qtbot: QtBot) -> AutoencoderControl:
    control = AutoencoderControl(selection)
    qtbot.addWidget(control)
    return control


def items(control: AutoencoderControl) -> list[str]:
    menu = control.button.menu()
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def test_only_those_that_fit_the_model_are_offered(control: AutoencoderControl) -> None:
    assert items(control) == ["Model's own", "soft", "Add a file…"]
    assert control.button.text() == "model's own ▾"


def test_the_choice_is_part_of_the_draft_and_remembered_for_its_model(
    control: AutoencoderControl, selection: AutoencoderSelection, session: Session, settings_store: SettingsStore
) -> None:
    items(control)
    control.button.menu().actions()[1].trigger()
    assert session.draft.autoencoder == Autoencoder("soft")
    assert control.button.text() == "soft ▾"
    assert SettingsStore(settings_store.folders).settings.autoencoders == {"tiny": "soft"}
    session.edit(model="tiny-2")
    assert session.draft.autoencoder is None
    assert control.button.text() == "model's own ▾"
    session.edit(model="tiny")
    assert session.draft.autoencoder == Autoencoder("soft")
    selection.choose("")
    assert session.draft.autoencoder is None
    assert settings_store.settings.autoencoders == {}


def test_a_file_from_elsewhere_is_used_where_it_lies(
    models: Path,
    control: AutoencoderControl,
    selection: AutoencoderSelection,
    settings_store: SettingsStore,
    qtbot: QtBot,
) -> None:
    path = models.parent / "elsewhere" / "sharp & clear.safetensors"
    selection.add(path)
    qtbot.waitUntil(lambda: selection.chosen == "sharp & clear" and len(selection.names) == 2)
    assert settings_store.settings.autoencoder_places == (path,)
    assert "sharp && clear" in items(control)
    assert control.button.text() == "sharp && clear ▾"


@pytest.mark.parametrize(("name", "words"), [("wide", "8 latent channels"), ("missing", "missing")])
def test_one_that_cannot_be_used_is_refused_in_words(
    models: Path, selection: AutoencoderSelection, session: Session, qtbot: QtBot, name: str, words: str
) -> None:
    heard: list[Message] = []
    hear: Callable[[Message], None] = heard.append
    session.failed.connect(hear)
    selection.add(models / "vae" / f"{name}.safetensors")
    qtbot.waitUntil(lambda: bool(heard))
    assert words in heard[0].sentence
    assert session.draft.autoencoder is None


def test_one_of_a_recipe_that_is_not_here_is_named(control: AutoencoderControl, session: Session) -> None:
    session.edit(autoencoder=Autoencoder("lost", "ab" * 32))
    assert control.button.text() == "lost (not found) ▾"
    assert "lost" in items(control)


def test_sharp_previews_are_offered_where_there_is_a_tiny_one(
    models: Path, selection: AutoencoderSelection, session: Session, qtbot: QtBot
) -> None:
    previews = PreviewControl(session, selection)
    qtbot.addWidget(previews)
    index = previews.combo.findText("Sharp (tiny autoencoder)")
    session.set_preview_mode(PreviewMode.sharp)
    assert not is_enabled(previews, index)
    assert "taesd" in previews.combo.itemData(index, Qt.ItemDataRole.ToolTipRole)
    assert "not for this model" in [label.text() for label in previews.findChildren(QLabel)]
    blocks = (1, 1, 1)
    AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        num_encoder_blocks=blocks,
        num_decoder_blocks=blocks,
    ).save_pretrained(models / "vae_approx" / "mine")
    selection.look()
    qtbot.waitUntil(lambda: is_enabled(previews, index))
    assert "hundredth" in previews.combo.itemData(index, Qt.ItemDataRole.ToolTipRole)
    assert "not for this model" not in [label.text() for label in previews.findChildren(QLabel)]


def is_enabled(previews: PreviewControl, index: int) -> bool:
    model = previews.combo.model()
    return bool(model.flags(model.index(index, 0)) & Qt.ItemFlag.ItemIsEnabled)
