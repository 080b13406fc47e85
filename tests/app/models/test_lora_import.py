"""A LoRA of one's own is checked, copied or used where it lies, and added to the list when it fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from safetensors.torch import save_file

from app.models.lora_import import LoraImport, is_lora
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.drop_router import DropRouter, DropRule, TextFieldFilter
from app.widgets.message_bar import MessageArea, MessageBar
from core.models.catalogue import Catalogue
from core.paths import Folders
from core.request.request import Lora
from tests.app.conftest import MakeSession
from tests.app.dropping import drop, files
from tests.core.lora.test_library import write_lora


@dataclass
class Bench:
    """An import with what it was made of, over the starter model."""

    importer: LoraImport
    session: Session
    settings_store: SettingsStore
    area: MessageArea
    window: QWidget
    field: QPlainTextEdit
    others: list[Path]
    autoencoders: list[Path]

    def text(self) -> str:
        found = [bar for bar in self.area.findChildren(MessageBar) if bar.isVisibleTo(self.area)]
        return found[-1].accessibleName() if found else ""

    def press(self, name: str) -> None:
        buttons = self.area.findChildren(QPushButton, name)
        next(button for button in buttons if button.isVisibleTo(self.area)).click()

    def drop(self, *paths: Path) -> bool:
        return drop(self.field.viewport(), files(*paths)) and not self.field.toPlainText()


@pytest.fixture
def bench(make_session: MakeSession, qtbot: QtBot, tmp_path: Path) -> Bench:
    settings_store = SettingsStore(
        Folders(*(tmp_path / name for name in ("p", "models", "data", "config", "cache", "logs")))
    )
    catalogue = Catalogue(lambda: settings_store.settings)
    session = make_session(
        models=catalogue, loras=lambda: catalogue.loras, embeddings=lambda: catalogue.embeddings
    )
    window, others, autoencoders = QWidget(), list[Path](), list[Path]()
    field = QPlainTextEdit(window)
    window.show()
    area = MessageArea(window)
    qtbot.addWidget(window)
    importer = LoraImport(catalogue, settings_store, session, autoencoders.append, others.append)
    importer.told.connect(area.show_notice)
    DropRouter(window, [DropRule(is_lora, importer.add)])
    TextFieldFilter(window)
    qtbot.waitUntil(lambda: session.loras.at_hand is not None)
    return Bench(importer, session, settings_store, area, window, field, others, autoencoders)


def test_a_dropped_one_is_copied_on_request(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_lora(tmp_path / "downloads" / "ink.safetensors", 128)
    assert bench.drop(path)
    qtbot.waitUntil(lambda: "“ink” is a LoRA for Emulsion's starter model" in bench.text())
    assert bench.session.draft.loras == ()
    bench.press("copyLoraButton")
    qtbot.waitUntil(lambda: bench.session.draft.loras == (Lora("ink"),))
    assert (bench.settings_store.folders.models / "loras" / "ink.safetensors").read_bytes() == path.read_bytes()
    assert bench.settings_store.settings.lora_places == ()


def test_or_used_where_it_lies(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    paths = [write_lora(tmp_path / "downloads" / f"{name}.safetensors", 128) for name in ("ink", "snow")]
    assert bench.drop(*paths)
    qtbot.waitUntil(lambda: "2 LoRAs" in bench.text())
    bench.press("keepLoraButton")
    qtbot.waitUntil(lambda: bench.session.draft.loras == (Lora("ink"), Lora("snow")))
    assert bench.settings_store.settings.lora_places == tuple(paths)
    assert SettingsStore(bench.settings_store.folders).settings.lora_places == tuple(paths)
    assert bench.drop(paths[0])


def test_a_dropped_embedding_can_be_named_from_then_on(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "downloads" / "soft.safetensors"
    path.parent.mkdir()
    save_file({"emb_params": torch.zeros((2, 128))}, path)
    bench.drop(path)
    qtbot.waitUntil(lambda: "“soft” (Emulsion's starter model)" in bench.text())
    qtbot.waitUntil(lambda: bool(bench.session.loras.embeddings_for(bench.session.model_of(bench.session.draft))))
    assert SettingsStore(bench.settings_store.folders).settings.embedding_places == (path,)
    assert not bench.others


def test_one_for_another_kind_of_model_is_kept_but_not_used(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    bench.drop(write_lora(tmp_path / "downloads" / "xl.safetensors", 2048))
    qtbot.waitUntil(lambda: "Stable Diffusion XL" in bench.text())
    bench.press("keepLoraButton")
    qtbot.waitUntil(lambda: "not for this model" in bench.text())
    assert bench.session.draft.loras == ()
    assert "made for Stable Diffusion XL, not for Emulsion's starter model" in bench.text()


def test_a_name_that_is_taken_gets_a_number(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    write_lora(bench.settings_store.folders.models / "loras" / "ink.safetensors", 128, b"\1")
    bench.drop(write_lora(tmp_path / "downloads" / "ink.safetensors", 128, b"\2"))
    qtbot.waitUntil(lambda: "the copy gets a number" in bench.text())
    bench.press("copyLoraButton")
    qtbot.waitUntil(lambda: bench.session.draft.loras == (Lora("ink-2"),))


def test_what_is_no_lora_goes_to_the_import_of_models(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "page.safetensors"
    path.write_bytes(b"<!DOCTYPE html>")
    assert bench.drop(path)
    qtbot.waitUntil(lambda: bench.others == [path])
    bench.importer.add([path], must_be_loras=True)
    qtbot.waitUntil(lambda: "web page" in bench.text())
    before = len(bench.others)
    bench.drop(tmp_path / "picture.png")
    assert len(bench.others) == before


def test_an_autoencoder_is_offered_to_the_draft(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "fine.safetensors"
    save_file({"decoder.conv_in.weight": torch.zeros(8, 4, 3, 3)}, path)
    assert bench.drop(path)
    qtbot.waitUntil(lambda: bench.autoencoders == [path])
    assert bench.others == []
