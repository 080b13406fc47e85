"""Puts LoRAs into a loaded model and takes them out again, by diffusers and peft.

Another weight changes a factor, nothing is loaded again. Taking the last one out leaves the model as it was
loaded, to the bit.
"""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from diffusers.hooks.group_offloading import (
    _maybe_remove_and_reapply_group_offloading,  # pyright: ignore[reportPrivateUsage]
)
from diffusers.loaders import lora_pipeline
from diffusers.utils.peft_utils import recurse_remove_peft_layers, set_weights_and_activate_adapters
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError
from safetensors.torch import load_file

from core.errors import LoraBroken, LoraMissing, WrongFamily
from core.families import FAMILIES, is_encoder, is_network
from core.lora.file import LoraFile
from core.lora.library import LoraLibrary
from core.models.catalogue import Model
from core.models.compatibility import checked_lora
from core.request.request import Lora

_Stamp = tuple[Path, int, int]
"""A file with its size in bytes and the time of its last change in ns."""


class LoraLayers:
    """The LoRAs of one loaded model."""

    def __init__(self, model: Model, parts: Mapping[str, Any]) -> None:
        """``parts`` as `core.engine.families.Family.parts` names them."""
        self._model = model
        self._parts = {name: part for name, part in parts.items() if is_encoder(name) or is_network(name)}
        self._present: tuple[Lora, ...] = ()
        self._files: list[_Stamp] = []

    @property
    def present(self) -> tuple[Lora, ...]:
        """Returns the LoRAs that act now."""
        return self._present

    def apply(self, loras: tuple[Lora, ...], library: LoraLibrary) -> tuple[tuple[Lora, ...], bool]:
        """Makes the model one with these LoRAs and no others.

        Returns them with their hashes, and whether anything has changed.

        Raises:
            LoraMissing, LoraBroken: a file is not there, or cannot be used; the model then has no LoRA.
            WrongFamily: it was made for another kind of model; the same.
        """
        try:
            files = [_stamp(library.find(lora)) for lora in loras]
            if files == self._files and _weights(loras) == _weights(self._present):
                return self._present, False
            if files != self._files:
                self._remove_all()
                hashes = [self._insert(number, path, library) for number, (path, *_) in enumerate(files)]
                for part in self._parts.values():
                    _maybe_remove_and_reapply_group_offloading(part)  # its hooks are to know the new layers
            else:
                hashes = [lora.hash for lora in self._present]
        except (LoraMissing, LoraBroken, WrongFamily):
            self._remove_all()
            raise
        if loras:
            self._weigh(_weights(loras))
        self._files = files
        self._present = tuple(replace(lora, hash=hash_) for lora, hash_ in zip(loras, hashes, strict=True))
        return self._present, True

    def _insert(self, number: int, path: Path, library: LoraLibrary) -> str:
        """Puts one in and returns its hash."""
        file = checked_lora(path, self._model)
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings(
                    "ignore", "Already found a `peft_config`"
                )  # peft means well: several are meant
                self._load(_adapter(number), file)
        except (ValueError, RuntimeError, KeyError, TypeError, SafetensorError, OSError) as error:
            reason = f"its layers do not fit {self._model.name} ({type(error).__name__})"
            raise LoraBroken(file.path, reason) from error
        if not any(_adapter(number) in layer.scaling for layer in self._layers()):
            raise LoraBroken(file.path, f"none of its {file.layers} layers is one of {self._model.name}")
        return library.hash_of(file.path)

    def _load(self, adapter: str, file: LoraFile) -> None:
        names = FAMILIES[self._model.family].lora
        if names is None:
            raise LoraBroken(file.path, f"{self._model.name} takes no LoRAs")
        loader: Any = getattr(lora_pipeline, names.loader)
        options = {"unet_config": self._parts["unet"].config} if "unet" in self._parts else {}
        converted = loader.lora_state_dict(load_file(file.path), **options)
        state, alphas = converted if isinstance(converted, tuple) else (converted, None)
        for name, part in self._parts.items():
            if not any(key.startswith(f"{name}.") for key in state):
                continue
            if is_network(name):
                part.load_lora_adapter(state, prefix=name, network_alphas=alphas, adapter_name=adapter)
            elif hasattr(loader, "load_lora_into_text_encoder"):
                loader.load_lora_into_text_encoder(state, alphas, part, prefix=name, adapter_name=adapter)

    def _weigh(self, weights: list[float]) -> None:
        for part in self._parts.values():
            own = getattr(part, "peft_config", {})
            adapters = {_adapter(i): weight for i, weight in enumerate(weights) if _adapter(i) in own}
            if adapters:
                set_weights_and_activate_adapters(part, list(adapters), list(adapters.values()))

    def _remove_all(self) -> None:
        self._present, self._files = (), []
        for part in self._parts.values():
            if getattr(part, "peft_config", None):
                recurse_remove_peft_layers(part)
                del part.peft_config
                part._hf_peft_config_loaded = False

    def _layers(self) -> list[Any]:
        modules = (module for part in self._parts.values() for module in part.modules())
        return [module for module in modules if isinstance(module, LoraLayer)]


def _adapter(number: int) -> str:
    return f"lora{number}"


def _weights(loras: tuple[Lora, ...]) -> list[float]:
    return [lora.weight for lora in loras]


def _stamp(path: Path) -> _Stamp:
    """Returns the stamp of a file; a file that was trained anew has another one. Raises LoraBroken."""
    try:
        stat = path.stat()
    except OSError as error:
        raise LoraBroken(path, "this file is missing") from error
    return path, stat.st_size, stat.st_mtime_ns
