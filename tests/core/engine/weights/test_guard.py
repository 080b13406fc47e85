"""Whatever a loading library raises, the sentence gives a reason and never the name of the error's class."""

from __future__ import annotations

import json
import pickle
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from jinja2 import TemplateError
from safetensors import SafetensorError
from transformers import CLIPTextModel

import core
from app.messages.errors import message
from core.autoencoders.file import read_autoencoder
from core.autoencoders.latent_space import LatentSpace
from core.autoencoders.tiny import TinyAutoencoderFile
from core.engine.devices.device import plan
from core.engine.devices.out_of_memory import RAN_OUT, attempt
from core.engine.loading import autoencoders, lora_layers, tiny_autoencoder
from core.engine.loading.lora_layers import LoraLayers
from core.engine.weights import components, single_file, traced
from core.engine.weights.guard import loading
from core.errors import LoraBroken, ModelBroken, SaveFailed
from core.files.safetensors_header import read_safetensors_header
from core.lora.library import LoraLibrary
from core.models.catalogue import Catalogue
from core.request.request import Lora
from tests import original_names, tiny

ERRORS = (
    ValueError("Cannot instantiate CLIPTextModel"),
    RuntimeError("Error(s) in loading state_dict"),
    KeyError("conv_in.weight"),
    TypeError("unsupported operand"),
    AttributeError("'NoneType' object has no attribute 'shape'"),
    IndexError("list index out of range"),
    NotImplementedError("Cannot copy out of meta tensor; no data!"),
    AssertionError(),
    ZeroDivisionError("division by zero"),
    OverflowError("too large"),
    RecursionError("maximum recursion depth exceeded"),
    LookupError("no such codec"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    json.JSONDecodeError("Expecting value", "", 0),
    SafetensorError("Error while deserializing header"),
    ImportError("no such module"),
    OSError("no file named diffusion_pytorch_model.safetensors found"),
    PermissionError(13, "Permission denied"),
    EOFError("Ran out of input"),
    StopIteration(),
    struct.error("unpack requires a buffer"),
    zlib.error("incorrect header check"),
    pickle.UnpicklingError("invalid load key"),
    torch.jit.Error("no function"),
    TemplateError("unknown tag"),
)


class _Raises:
    """Stands for a class of the libraries of which every way to load it fails."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def fail(*_: object, **__: object) -> None:
            raise self._error

        return fail


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guard")
    tiny.stable_diffusion(folder / "tiny")
    original_names.autoencoder(tiny.autoencoder(), folder / "vae.safetensors")
    return folder


def component(place: Path, error: BaseException) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traced, "read_tensor", _Raises(error).read_tensor)
        components.load_component(CLIPTextModel, place / "tiny" / "text_encoder", plan("cpu", "float32"))


def tokenizer(place: Path, error: BaseException) -> None:
    components.load_tokenizer(_Raises(error), place / "tiny" / "tokenizer")


def file_of_a_model(place: Path, error: BaseException) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traced, "read_tensor", _Raises(error).read_tensor)
        file = single_file.WeightFile.of(read_safetensors_header(place / "vae.safetensors"))
        file.build(AutoencoderKL, tiny.autoencoder().config, torch.float32, "its autoencoder")


def autoencoder(place: Path, error: BaseException) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traced, "read_tensor", _Raises(error).read_tensor)
        file = read_autoencoder(place / "vae.safetensors")
        autoencoders.read_weights(file, tiny.autoencoder().config, plan("cpu", "float32"))


def decoder_for_previews(place: Path, error: BaseException) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_autoencoder, "load_file", _Raises(error).load_file)
        file = TinyAutoencoderFile(place / "vae.safetensors", LatentSpace(4, 8))
        tiny_autoencoder.load_tiny(file, plan("cpu", "float32"))


def lora(place: Path, error: BaseException) -> None:
    path = tiny.lora(place / "ink.safetensors", tiny.unet(), "unet")
    layers = LoraLayers(Catalogue((place,)).find("tiny"), {"unet": tiny.unet()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lora_layers, "load_file", _Raises(error).load_file)
        layers.apply((Lora("ink"),), LoraLibrary((), (path,)))


SITES = (component, tokenizer, file_of_a_model, autoencoder, decoder_for_previews, lora)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_any_error_at_any_place_becomes_a_sentence_without_its_class(
    place: Path, site: Callable[[Path, BaseException], None], error: BaseException
) -> None:
    with pytest.raises(ModelBroken) as caught:
        site(place, error)
    sentence = str(message(caught.value))
    for kind in type(error).__mro__[:-1]:
        assert kind.__name__ not in sentence
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError(), MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate")],
)
def test_too_little_memory_reaches_the_ladder(
    place: Path, site: Callable[[Path, BaseException], None], error: BaseException
) -> None:
    assert attempt(lambda: site(place, error)) is RAN_OUT


@pytest.mark.parametrize("error", [LoraBroken(Path("a"), "b"), SaveFailed(Path("a"), "b"), KeyboardInterrupt()])
def test_our_own_errors_and_a_stop_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, loading(Path("file"), "it"):
        raise error
    assert caught.value is error


def test_the_reason_is_that_of_the_look_at_the_file() -> None:
    with (
        pytest.raises(LoraBroken, match="it reads 248 positions"),
        loading(Path("file"), "it", lambda: "reads 248 positions", LoraBroken),
    ):
        raise KeyError
    with pytest.raises(ModelBroken, match="it cannot be loaded"), loading(Path("file"), "it", lambda: str(1 / 0)):
        raise KeyError


def test_no_sentence_is_made_of_the_name_of_an_errors_class() -> None:
    root = Path(core.__file__).parent.parent
    sources = [path for package in ("app", "core") for path in (root / package).rglob("*.py")]
    assert len(sources) > 100
    for path in sources:
        for caught in re.findall(r"except [^\n]*? as (\w+):", path.read_text("utf-8")):
            assert f"type({caught}).__name__" not in path.read_text("utf-8"), path
            assert f"{caught}.__class__" not in path.read_text("utf-8"), path


def test_a_file_that_is_cut_off_after_its_header_was_read_says_so(tmp_path: Path) -> None:
    path = tiny.lora(tmp_path / "a.safetensors", tiny.unet(), "unet")
    header = read_safetensors_header(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelBroken, match="cannot be read: it has been cut off"), loading(path, "its network"):
        traced.read_tensor(header, list(header.tensors)[-1])
