"""The parts of a model on its card: those that fit, one that is missing, and one that is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from safetensors.torch import load_file, save_file

from app.messages.errors import Message
from app.models.card import ModelCard
from app.models.page import ModelsPage
from app.models.part_choices import PartChoices
from app.models.part_rows import PartRows
from app.session.session import Session
from app.session.settings_store import SettingsStore
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from core.paths import Folders
from tests import original_names, tiny, tiny_flows
from tests.app.conftest import MakeSession
from tests.core.models.known_files import FILES
from tests.core.models.made_files import safetensors


class Opened:
    """The page over ComfyUI's three folders, with a network called ``z_turbo``."""

    def __init__(self, tmp_path: Path, make_session: MakeSession, qtbot: QtBot) -> None:
        self.models = tmp_path / "models"
        self.encoder = self.models / "text_encoders" / "qwen_3_4b.safetensors"
        self.store = SettingsStore(Folders.default())
        layouts = tmp_path / "layouts"

        def places() -> FixedPlaces:
            return FixedPlaces((self.models,), model_parts=self.store.settings.model_parts)

        catalogue = Catalogue(places, layouts=layouts)
        self.session: Session = make_session(models=catalogue)
        self.choices = PartChoices(catalogue, self.store, self.session)
        self.session.refresh_models()
        self.page = ModelsPage(self.session, self.store)
        self.page.part_chosen.connect(self.choices.choose)
        self.refused: list[Message] = []
        self.choices.refused.connect(self.refused.append)
        self.page.resize(1000, 700)
        self.page.show()
        qtbot.addWidget(self.page)

    @property
    def card(self) -> ModelCard:
        return self.page.cards["z_turbo"]

    def combo(self, part: str) -> QComboBox:
        found = self.card.findChildren(QComboBox, "partChoice")
        return next(combo for combo in found if part in combo.accessibleName())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    whole, models = folder / "layouts" / "z_image", folder / "models"
    tiny.z_image(whole)
    original_names.z_image(whole, models / "diffusion_models" / "z_turbo.safetensors")
    weights = load_file(whole / "text_encoder" / "model.safetensors")
    (models / "text_encoders").mkdir()
    named = {f"model.{name}": value for name, value in weights.items()}
    save_file(named, models / "text_encoders" / "qwen_3_4b.safetensors")
    vae = AutoencoderKL.from_pretrained(whole / "vae")
    for name in ("ae", "ae_other"):
        original_names.autoencoder(vae, models / "vae" / f"{name}.safetensors")
    return folder


@pytest.fixture
def opened(
    files: Path, tmp_path: Path, make_session: MakeSession, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Opened:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    opened = Opened(tmp_path, make_session, qtbot)
    qtbot.waitUntil(lambda: "z_turbo" in opened.page.cards)
    return opened


def test_the_card_has_each_part_and_another_choice_is_kept(opened: Opened, qtbot: QtBot) -> None:
    vae = opened.combo("autoencoder")
    assert [vae.itemText(i) for i in range(vae.count())] == ["ae.safetensors", "ae_other.safetensors"]
    assert opened.combo("text encoder").currentText() == "qwen_3_4b.safetensors"
    vae.setCurrentIndex(1)
    vae.activated.emit(1)
    other = opened.models / "vae" / "ae_other.safetensors"
    qtbot.waitUntil(lambda: opened.store.settings.model_parts == {"z_turbo/vae": str(other)})
    qtbot.waitUntil(lambda: opened.combo("autoencoder").currentData() == str(other))


def test_a_wrong_part_is_told_with_both_kinds_and_changes_nothing(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    wrong = safetensors(tmp_path / "t5xxl.safetensors", FILES["t5xxl_fp16"][0])
    rows = opened.card.findChild(PartRows)
    assert isinstance(rows, PartRows)
    rows.chosen.emit("text_encoder", str(wrong))
    qtbot.waitUntil(lambda: len(opened.refused) == 1)
    said = "t5xxl.safetensors is T5 XXL; z_turbo needs Qwen3 of width 32 as its text encoder."
    assert said in str(opened.refused[0])
    assert not opened.store.settings.model_parts


def test_a_missing_part_is_named_with_a_download(opened: Opened, qtbot: QtBot) -> None:
    shutil.rmtree(opened.encoder.parent)
    opened.session.refresh_models()
    qtbot.waitUntil(lambda: opened.card.findChild(QLabel, "missingPart") is not None)
    label = opened.card.findChild(QLabel, "missingPart")
    assert isinstance(label, QLabel)
    assert label.text() == "missing: Qwen3 of width 32"
    button = opened.card.findChild(QPushButton, "downloadPartButton")
    assert isinstance(button, QPushButton)
    assert button.text().startswith("Download Z-Image Turbo (")
    assert "Apache-2.0" in button.text()
    opened.card.asked.disconnect(opened.page._do)  # pyright: ignore[reportPrivateUsage]
    with qtbot.waitSignal(opened.card.asked) as asked:
        button.click()
    assert asked.args == ["Z-Image-Turbo", "download"]


def test_the_card_of_a_folder_says_which_part_it_works_without(opened: Opened, qtbot: QtBot) -> None:
    tiny_flows.stable_diffusion_3(opened.models / "sd3_small", has_t5=False)
    opened.session.refresh_models()
    qtbot.waitUntil(lambda: "sd3_small" in opened.page.cards)
    rows = opened.page.cards["sd3_small"].findChild(PartRows)
    assert isinstance(rows, PartRows)
    assert "Third text encoder (T5)" in [label.text() for label in rows.findChildren(QLabel)]
    label = rows.findChild(QLabel, "missingPart")
    assert isinstance(label, QLabel)
    assert label.text() == "works without: T5"
    assert rows.findChild(QPushButton) is None, "a part of a folder lies in it"
