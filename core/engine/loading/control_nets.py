"""The ControlNets and adapters beside one loaded model: those of the request that is carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from diffusers.models.adapter import T2IAdapter

from core.control.file import IP_ADAPTER
from core.control.library import ControlLibrary
from core.engine.devices.device import DevicePlan
from core.engine.devices.offloading import Offloading
from core.engine.devices.out_of_memory import RAN_OUT, attempt
from core.engine.families import Family
from core.engine.networks.block_guides import sees_latents, share_layers
from core.engine.networks.guides import Guide
from core.engine.networks.image_prompts import AnyGuide, ImagePrompt, PictureGuide
from core.engine.sampling.tensors import to_model_range
from core.engine.weights.control_files import found_control, read_network
from core.engine.weights.ip_adapter_files import read_image_encoder, seen_by_clip
from core.errors import NotANumberPicture
from core.language.words import tr
from core.models.catalogue import Model
from core.models.compatibility import check_control
from core.pictures.pixels import Pixels
from core.request.control import MOST_CONTROLS, Control


class ControlNets:
    """Loads them and lets go of them. Not to be used from two threads.

    Attributes:
        present: the networks by the SHA-256 of their files.
    """

    def __init__(self, model: Model, family: Family, offloading: Offloading, plan: DevicePlan) -> None:
        """``plan`` tells the dtype; the placing moves them to its device."""
        self.present: dict[str, Any] = {}
        self._values: dict[str, int] = {}
        self._model = model
        self._family = family
        self._offloading = offloading
        self._encoders: dict[str, Path] = {}
        self._seen: dict[tuple[str, Path, bool], tuple[torch.Tensor, torch.Tensor]] = {}
        self._plan = replace(plan, is_offloaded=True, weight_bits=None)

    def use(self, wanted: tuple[Control, ...], found: Callable[[], ControlLibrary]) -> tuple[Control, ...]:
        """Has these networks there, and no others; returns the controls with the hashes of their networks.

        Each call of the network asks this; ``found`` is called only where other ones are wanted than are there.
        Raises ControlMissing, ControlBroken, WrongFamily, or ModelBroken for a file that goes away meanwhile.
        """
        names = [one.network for one in wanted]
        if all(names) and set(names) == self.present.keys():
            return wanted
        library = found()
        files = [found_control(library, one) for one in wanted]
        for file in files:
            check_control(file, self._model)
        used = [replace(one, network=library.sha256_of(file)) for one, file in zip(wanted, files, strict=True)]
        self._encoders = {
            one.network: library.encoder_of(file)
            for one, file in zip(used, files, strict=True)
            if file.kind == IP_ADAPTER
        }
        for network in self.present.keys() - {one.network for one in used}:
            self._offloading.remove(_part(network))
            del self.present[network]
        for one, file in zip(used, files, strict=True):
            if one.network not in self.present:
                network = read_network(file, self._family.network(), self._plan)
                self._values[one.network] = sum(weight.numel() for weight in network.parameters())
                self._offloading.add(_part(one.network), network)
                share_layers(network, self._family.network())
                self.present[one.network] = network
        return tuple(
            one if Path(one.name).is_absolute() else replace(one, name=file.name)
            for one, file in zip(used, files, strict=True)
        )

    def guide(self, control: Control, picture: Pixels) -> AnyGuide:
        """Returns a control that `use` has put in, with what its network looks at. Raises ModelBroken."""
        network = self.present[control.network]
        if isinstance(network, ImagePrompt):
            seen = self._seen_by_clip(control, picture, network.is_projected)
            return PictureGuide(control, lambda: self.present[control.network], *seen)
        is_adapter = isinstance(network, T2IAdapter)
        latents = self._family.maps[_key(picture)] if sees_latents(network) else None
        return Guide(control, lambda: self.present[control.network], is_adapter, picture, latents)

    def encode(self, shown: Iterable[tuple[Control, Pixels]]) -> None:
        """Has the autoencoder that is in use look at the maps of controls whose networks see its latents.

        Raises NotANumberPicture or torch.OutOfMemoryError.
        """
        known = self._family.maps
        seen = {_key(picture): picture for one, picture in shown if sees_latents(self.present[one.network])}
        for old in [key for key in known if key not in seen][: max(0, len(known) - MOST_CONTROLS)]:
            del known[old]  # those of another pass may stay
        for key, picture in seen.items():
            if key in known:
                continue
            latents = self._family.encode_map(to_model_range(picture).to(self._plan.device))
            if not latents.isfinite().all():
                raise NotANumberPicture(tr("the autoencoder"))
            known[key] = latents

    def _seen_by_clip(
        self, control: Control, picture: Pixels, is_projected: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns what CLIP makes of a picture, and of none, on the model's device; it is read for that only."""
        path = self._encoders[control.network]
        key = control.sha256, path, is_projected
        if key not in self._seen:
            encoder, device = read_image_encoder(path, self._plan.dtype), self._plan.device
            made = attempt(lambda: seen_by_clip(encoder.to(device), picture, is_projected))
            if made is RAN_OUT:
                made = seen_by_clip(encoder.to("cpu", torch.float32), picture, is_projected)
            self._seen = dict([*self._seen.items()][1 - MOST_CONTROLS :]) | {key: made}
        seen, unseen = (one.to(self._plan.device, self._plan.dtype) for one in self._seen[key])
        return seen, unseen

    def values(self) -> int:
        """Returns the number of their weights, without those that they share with the model."""
        return sum(self._values[network] for network in self.present)


def _key(picture: Pixels) -> tuple[tuple[int, ...], bytes]:
    return picture.shape, sha256(picture.tobytes()).digest()


def _part(network: str) -> str:
    return f"control {network}"
