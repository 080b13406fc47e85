"""The autoencoders of one loaded model: its own, and others in its place; the network stays where it is.

Runs and looks at older films take turns, each with the autoencoder of its own request, so the last other one is
kept in the computer's memory beside the model's own.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers

from core.autoencoders.file import AutoencoderFile, AutoencoderLibrary, prefix_in
from core.engine.decoding.preview_budget import latent_rgb_of
from core.engine.devices.device import DevicePlan
from core.engine.devices.offloading import Offloading
from core.engine.families import Family
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.weights.components import load_component
from core.engine.weights.single_file import WeightFile
from core.files.weights_header import read_header
from core.film.latent_rgb import LatentRgb
from core.language.words import tr
from core.models.catalogue import Model
from core.models.compatibility import check_autoencoder
from core.request.request import Autoencoder

PART = "vae"
_HALF_SAFE = re.compile(r"fp16[-_ .]?fix", re.IGNORECASE)
"""In a lone file only its name tells that it does not overflow in float16, as madebyollin's sdxl-vae-fp16-fix."""


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """An autoencoder in use; ``told`` is the recipe's entry for it, None for the model's own."""

    told: Autoencoder | None
    path: Path | None
    module: Any
    latent_rgb: LatentRgb


class Autoencoders:
    """Exchanges the autoencoder of a family. Not to be used from two threads."""

    def __init__(
        self,
        model: Model,
        family: Family,
        offloading: Offloading,
        plan: DevicePlan,
        own: Autoencoder | None = None,
    ) -> None:
        """``plan`` tells the dtype; the placing moves it to its device. ``own``: the one of a file without one."""
        self._model = model
        self._family = family
        self._offloading = offloading
        self._plan = replace(plan, is_offloaded=True)
        self._own = _Loaded(own, None, family.autoencoder(), family.latent_rgb)
        self._other: _Loaded | None = None
        self._present = self._own

    def use(self, wanted: Autoencoder | None, library: AutoencoderLibrary) -> Autoencoder | None:
        """Makes the family decode and encode by this one; returns it with its file's name and SHA-256.

        Raises:
            AutoencoderMissing, ModelBroken: it is not there, or cannot be used; the one before stays.
            WrongAutoencoder: it is for models with other latents; the same.
        """
        if wanted == self._present.told:
            return wanted
        if wanted is None:
            self._take(self._own)
        elif self._other is not None and wanted == self._other.told:
            self._take(self._other)
        else:
            self._take(self._load(wanted, library))
        return self._present.told

    def _load(self, wanted: Autoencoder, library: AutoencoderLibrary) -> _Loaded:
        file, told = found_for(self._model, wanted, library)
        if told == self._own.told:
            return self._own
        if self._other is not None and told == self._other.told:
            return self._other
        self._other = None  # freed before the next one is there
        module = read_weights(file, self._own.module.config, self._plan)
        self._other = _Loaded(told, file.path, module, latent_rgb_of(autoencoder_of(module)))
        return self._other

    def _take(self, chosen: _Loaded) -> None:
        module = chosen.module
        module.use_tiling = self._present.module.use_tiling
        self._family.set_autoencoder(module, chosen.latent_rgb)
        self._offloading.exchange(PART, module)
        self._present = chosen


def found_for(
    model: Model, wanted: Autoencoder, library: AutoencoderLibrary
) -> tuple[AutoencoderFile, Autoencoder]:
    """Returns the autoencoder for a model, and the recipe's entry for it, with its SHA-256.

    Raises AutoencoderMissing, ModelBroken or WrongAutoencoder.
    """
    file = library.find(wanted)
    check_autoencoder(file, model)
    name = wanted.name if Path(wanted.name).is_absolute() else file.name
    return file, Autoencoder(name, library.sha256_of(file))


def read_weights(file: AutoencoderFile, own_config: Any, plan: DevicePlan) -> Any:
    """Returns the network of a file or folder; a lone file gets the configuration of the model's own one.

    Raises ModelBroken.
    """
    kind = getattr(diffusers, file.space.kind)
    if file.path.is_dir():
        return load_component(kind, file.path, plan)
    config = {key: value for key, value in own_config.items() if not key.startswith("_")}
    if _HALF_SAFE.search(file.name):
        config["force_upcast"] = False
    header = read_header(file.path)
    prefix = prefix_in(header.tensors)
    module, _ = WeightFile.of(header).build(kind, config, plan.dtype, tr("its network"), prefix, plan.defers)
    return module.to(plan.loads_on)
