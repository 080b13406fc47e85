"""Puts LoRAs into a loaded model and takes them out again, layer by layer.

Another weight changes a factor, nothing is loaded again. Taking the last one out leaves the model as it was
loaded, to the bit. Each layer of a file is accounted for: it acts, or the reason why not is told.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers.hooks.group_offloading import (
    _maybe_remove_and_reapply_group_offloading,  # pyright: ignore[reportPrivateUsage]
)
from safetensors.torch import load_file

from core.checkpoints.lora_keys import DIFFERENCE, LoraLayer, lora_layers
from core.engine.loading.lora_additions import (
    CHANGES,
    RANK_OF,
    AdaptedLayer,
    OfBias,
    OfNorm,
    Product,
    Rebuilt,
    is_norm,
    is_of_outputs,
    shape_of,
)
from core.engine.weights.guard import loading
from core.errors import LoraBroken
from core.families import is_encoder, is_network
from core.files.safetensors_header import read_safetensors_header
from core.language.words import tr
from core.lora.library import LoraLibrary
from core.lora.names import LayerNames, Place
from core.lora.strength import ToldScales
from core.lora.usage import NOT_NUMBERS, OTHER_SIZE, LoraUsage, absent, is_bundled, unsupported
from core.models.catalogue import Model
from core.models.compatibility import checked_lora
from core.request.request import Lora

_Stamp = tuple[Path, int, int]
"""A file with its size in bytes and the time of its last change in ns."""


class LoraLayers:
    """The LoRAs of one loaded model."""

    def __init__(
        self, model: Model, parts: Mapping[str, Any], bring_encoders: Callable[[], None] = lambda: None
    ) -> None:
        """``parts`` as `core.engine.families.Family.parts` names them; ``bring_encoders`` reads those of text."""
        self._bring_encoders = bring_encoders
        self._model = model
        self._parts = {name: part for name, part in parts.items() if is_encoder(name) or is_network(name)}
        self._names: LayerNames | None = None
        self._adapted: dict[tuple[str, str], AdaptedLayer] = {}
        self._present: tuple[Lora, ...] = ()
        self._files: list[_Stamp] = []
        self.usages: tuple[LoraUsage, ...] = ()

    @property
    def present(self) -> tuple[Lora, ...]:
        """Returns the LoRAs that act now; ``usages`` has the account of each."""
        return self._present

    @property
    def change_text(self) -> bool:
        """Returns True while a LoRA changes what the text encoders give."""
        return any(is_encoder(part) for part, _ in self._adapted)

    def apply(self, loras: tuple[Lora, ...], library: LoraLibrary) -> tuple[tuple[Lora, ...], bool]:
        """Makes the model one with these LoRAs and no others.

        Returns them with their hashes, and whether anything has changed.

        Raises:
            LoraMissing, LoraBroken: a file is not there, or cannot be used; the model then has no LoRA.
            WrongFamily: it was made for another kind of model; the same.
            torch.OutOfMemoryError and its kin; the same.
        """
        try:
            files = [_stamp(library.find(lora)) for lora in loras]
            if files == self._files and _weights(loras) == _weights(self._present):
                return self._present, False
            if files != self._files:
                self._remove_all()
                self.usages = tuple(self._insert(number, path) for number, (path, *_) in enumerate(files))
                for part in self._parts.values():
                    _maybe_remove_and_reapply_group_offloading(part)  # its hooks are to know the new layers
                hashes = [library.hash_of(path) for path, *_ in files]
            else:
                hashes = [lora.hash for lora in self._present]
        except BaseException:  # of any kind: half a LoRA must not stay
            self._remove_all()
            raise
        for (part, _), layer in self._adapted.items():
            layer.weigh([lora.weight_in(is_encoder=is_encoder(part)) for lora in loras])
        self._files = files
        self._present = tuple(replace(lora, hash=hash_) for lora, hash_ in zip(loras, hashes, strict=True))
        return self._present, True

    def _insert(self, number: int, path: Path) -> LoraUsage:
        """Puts one in. Raises LoraBroken when nothing of it acts."""
        checked_lora(path, self._model)
        with loading(path, tr("its weights"), broken=LoraBroken), torch.inference_mode(mode=False):
            header = read_safetensors_header(path)
            layers, scales = lora_layers(header.tensors), ToldScales(path, header.metadata)
            tensors = load_file(path)
            reasons = [self._add(number, layer, tensors, scales) for layer in layers]
        usage = LoraUsage.of(len(layers), filter(None, reasons))
        if not usage.applied:
            reasons = usage.describe_left_out()
            raise LoraBroken(
                path,
                tr("none of its layers acts on {name}: it has {reasons}", name=self._model.name, reasons=reasons),
            )
        return usage

    def _add(self, number: int, layer: LoraLayer, tensors: Mapping[str, torch.Tensor], told: ToldScales) -> str:
        """Lets one layer of a file act; returns "", or the reason why it cannot."""
        if (reason := unsupported(layer)) or is_bundled(layer):
            return reason
        places = self._layer_names.find(layer.name)
        own = {role: tensors[name] for role, name in layer.tensors.items()}
        if "lora_magnitude_vector" in layer.tensors.get("dora_scale", ""):
            own["dora_scale"] = own["dora_scale"].reshape(-1, 1)  # peft: (outputs,), (1, outputs, 1, 1)
        if not places or not all(_can_change(self._layer(place)) for place in places):
            return absent(layer)
        if any(is_encoder(place.part) for place in places):
            self._bring_encoders()
        counts = [shape_of(self._layer(place))[0] for place in places]
        if any(not _fits(self._layer(place), layer, own, sum(counts)) for place in places):
            return OTHER_SIZE
        if not all(value.float().isfinite().all() for value in own.values()):
            return NOT_NUMBERS
        if len(places) > 1 and "dora_scale" in own and not is_of_outputs(own["dora_scale"]):
            return tr("of DoRA over three layers at once")
        for number_of_place, place in enumerate(places):
            base, before = self._layer(place), sum(counts[:number_of_place])
            rows = slice(before, before + counts[number_of_place])
            for addition in _additions(base, layer, own, place, rows, told):
                self._wrap(place).add(number, addition)
        return ""

    @property
    def _layer_names(self) -> LayerNames:
        if self._names is None:
            paths = {part: [path for path, _ in module.named_modules()] for part, module in self._parts.items()}
            self._names = LayerNames(self._model.family, paths)
        return self._names

    def _layer(self, place: Place) -> Any:
        """Returns a layer as it was loaded."""
        adapted = self._adapted.get((place.part, place.path))
        return self._parts[place.part].get_submodule(place.path) if adapted is None else adapted.base_layer

    def _wrap(self, place: Place) -> AdaptedLayer:
        key = (place.part, place.path)
        if key not in self._adapted:
            self._adapted[key] = AdaptedLayer(self._layer(place))
            self._replace(*key, self._adapted[key])
        return self._adapted[key]

    def _replace(self, part: str, path: str, layer: torch.nn.Module) -> None:
        parent, _, name = path.rpartition(".")
        setattr(self._parts[part].get_submodule(parent), name, layer)

    def _remove_all(self) -> None:
        self._present, self._files, self.usages = (), [], ()
        for (part, path), layer in self._adapted.items():
            self._replace(part, path, layer.base_layer)
        self._adapted.clear()


def _additions(
    base: Any,
    layer: LoraLayer,
    tensors: Mapping[str, torch.Tensor],
    place: Place,
    rows: slice,
    told: ToldScales,
) -> Iterator[torch.nn.Module]:
    """``rows``: of what the tensors make, those that are for this layer."""
    if is_norm(base):
        yield OfNorm(base, tensors)
        return
    if "diff_b" in tensors:
        yield OfBias(base, tensors["diff_b"][rows])
    factors = {role: value for role, value in tensors.items() if role not in ("alpha", "diff_b")}
    if not factors:
        return
    rank = next((len(tensors[role]) for role in RANK_OF[layer.method] if role in tensors), 0)
    alpha = float(tensors["alpha"]) if "alpha" in tensors else told.alpha(place.part, place.path, rank)
    scale = (alpha, rank) if rank else (1.0, 1)
    if factors.keys() <= {"down", "up", "up_bias"}:
        yield Product(base, factors, scale, rows)
    else:
        yield Rebuilt(base, layer.method, factors, scale, rows)


def _can_change(base: object) -> bool:
    return isinstance(base, torch.nn.Linear | torch.nn.Conv2d) or is_norm(base)


def _fits(base: Any, layer: LoraLayer, tensors: Mapping[str, torch.Tensor], outputs: int) -> bool:
    """True when what the tensors make has the size of the layer, or of several one below the other.

    ``outputs`` are those of all of them.
    """
    shape = shape_of(base)
    total = torch.Size(shape[1:]).numel() * outputs
    biases = [tensors[role].numel() for role in ("diff_b", "b_norm", "up_bias") if role in tensors]
    if any(size != outputs for size in biases):
        return False
    if is_norm(base):
        return layer.method == DIFFERENCE and all(value.numel() == outputs for value in tensors.values())
    if "dora_scale" in tensors and tensors["dora_scale"].numel() not in (outputs, shape[1]):
        return False
    if layer.method == DIFFERENCE and not {"diff", "w_norm"} & tensors.keys():
        return getattr(base, "bias", None) is not None or bool(biases)
    try:
        change = CHANGES[layer.method]({role: value.to("meta", torch.float32) for role, value in tensors.items()})
    except (RuntimeError, IndexError):  # its tensors do not belong together
        return False
    return change.dim() > 1 and change.shape[0] == outputs and change.numel() == total


def _weights(loras: tuple[Lora, ...]) -> list[tuple[float, float]]:
    return [(lora.weight_in(is_encoder=False), lora.weight_in(is_encoder=True)) for lora in loras]


def _stamp(path: Path) -> _Stamp:
    """Returns the stamp of a file; a file that was trained anew has another one. Raises LoraBroken."""
    try:
        stat = path.stat()
    except OSError as error:
        raise LoraBroken(path, tr("this file is missing")) from error
    return path, stat.st_size, stat.st_mtime_ns
