"""Finds a model's layers by the names that LoRA files give them.

Known are the names of kohya's sd-scripts and musubi-tuner (``lora_unet_``, ``lora_te1_``), diffusers (``unet.``,
``.processor.``), peft (``base_model.model.``), ComfyUI (``diffusion_model.``, ``text_encoders.``), OneTrainer
(``lora_transformer_``, ``clip_l.``), SimpleTuner (``lycoris_``) and DiffSynth (no prefix), each over the names of
diffusers or of the makers of a model. Dots and underscores are the same: kohya writes only the latter.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.families import FAMILIES

_NETWORK = re.compile(r"(?:lora_unet_|lora_transformer_|lycoris_|(?:model_)?diffusion_model_|transformer_|unet_)?")
_ENCODER = re.compile(
    r"(?:lora_)?(?:te(\d?)|text_encoder(?:_(\d))?|clip_([lgh]))_|text_encoders_(?:clip_([lgh])|\w+?)_transformer_"
)
_PEFT = "base_model_model_"
_OF_ENCODER = re.compile(r"(?:text_model_|model_)?")
_PLACES = {"1": 0, "2": 1, "3": 2, "l": 0, "h": 0, "g": 1}
"""The number of the text encoder that a mark in a prefix means; without a mark it is the first one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A layer that a name of a file means.

    Attributes:
        part: folder of the part of the model. path: the layer's in it, with dots.
    """

    part: str
    path: str


class LayerNames:
    """All layers of a model by their names."""

    def __init__(self, family: str, parts: Mapping[str, Iterable[str]]) -> None:
        """``parts``: the paths of the layers of network and text encoders, by the folder of the part."""
        spec = FAMILIES[family]
        network = tuple(parts.get(spec.network, ()))
        known = spec.lora.original_names(network) if spec.lora is not None else {}
        self._network = {_flat(name): _places(spec.network, paths) for name, paths in known.items()}
        for path in network:
            place = _places(spec.network, (path,))
            self._network |= {_flat(path): place, _flat(path.removesuffix(".0")): place}  # to_out, in old files
        self._encoders = tuple(_encoder(name, parts.get(name, ())) for name in spec.text_encoders)

    def find(self, name: str) -> tuple[Place, ...]:
        """Returns the layers that a name means; () when the model has none."""
        flat = _flat(name).removeprefix(_PEFT).replace("_processor_", "_")
        if prefix := _ENCODER.match(flat):
            place = _PLACES.get(next(filter(None, prefix.groups()), "1"), len(self._encoders))
            if place >= len(self._encoders):
                return ()
            rest = _OF_ENCODER.sub("", flat[prefix.end() :].removeprefix(_PEFT), count=1)
            return self._encoders[place].get(rest, ())
        prefix = _NETWORK.match(flat)
        rest = flat[prefix.end() if prefix else 0 :].removeprefix(_PEFT)
        return self._network.get(rest) or self._network.get(flat, ())


def is_of_encoder(name: str) -> bool:
    """True for a name of a text encoder's layer."""
    return bool(_ENCODER.match(_flat(name).removeprefix(_PEFT)))


def _encoder(part: str, paths: Iterable[str]) -> dict[str, tuple[Place, ...]]:
    found: dict[str, tuple[Place, ...]] = {}
    for path in paths:
        place, name = _places(part, (path,)), _OF_ENCODER.sub("", _flat(path), count=1)
        found |= {name: place, re.sub(r"([qkv]|out)_proj$", r"to_\1", name): place}  # old files of diffusers
    return found


def _places(part: str, paths: tuple[str, ...]) -> tuple[Place, ...]:
    return tuple(Place(part, path) for path in paths)


def _flat(name: str) -> str:
    return name.replace(".", "_")
