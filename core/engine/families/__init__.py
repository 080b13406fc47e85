"""The model families: the arithmetic that is special to each kind of checkpoint, one file each.

Each is the twin of a light file in `core.families`, which names it.
"""

from collections.abc import Collection
from importlib import import_module
from typing import Any, cast

from core.engine.devices.device import DevicePlan
from core.engine.families.loaded import Family, LoadedParts, Twin
from core.engine.weights.components import identity_of, load_parts
from core.families import FAMILIES
from core.film.latent_rgb import LatentRgb
from core.models.catalogue import Model

__all__ = ["Family", "load"]


def load(model: Model, plan: DevicePlan, autoencoder: Any = None, absent: Collection[str] = ()) -> Family:
    """Loads a diffusers folder or a single file onto the planned device. Raises ModelBroken.

    ``autoencoder`` is for a file that has none of its own; for ``absent`` see `load_parts`.
    """
    family = FAMILIES[model.family]
    twin = cast("Twin", import_module(family.engine))
    read = load_parts(model, twin.KINDS, plan, absent)
    networks = {"vae": autoencoder, **read.networks}
    encoders = {name: networks[name] for name in family.text_encoders if name not in model.without}
    parts = LoadedParts(encoders, networks[family.network], family.network, networks["vae"], read.left_out)
    return Family(
        identity_of(model),
        twin.load(model, parts),
        parts,
        model,
        LatentRgb.read(model.folder),
        upcast_from=plan.dtype if family.upcasts_autoencoder else None,
    )
