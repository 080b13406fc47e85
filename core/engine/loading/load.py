"""Loads a model as it was planned: reads its parts, places them, and puts all around them that a run needs."""

from collections.abc import Callable
from dataclasses import replace

import torch

from core.engine import families
from core.engine.devices.device import DevicePlan, memory_now
from core.engine.devices.offloading import Offloading
from core.engine.devices.out_of_memory import OutOfMemoryLadder
from core.engine.loading.autoencoders import Autoencoders, found_for, read_weights
from core.engine.loading.control_nets import ControlNets
from core.engine.loading.embeddings import PromptEmbeddings
from core.engine.loading.kept import encoder_files, is_worth_keeping, kept_encodings
from core.engine.loading.loaded_model import LoadedModel
from core.engine.loading.lora_layers import LoraLayers
from core.engine.loading.tiny_autoencoder import TinyAutoencoder
from core.engine.networks.seamless import Seamless
from core.engine.weights.components import load_parts
from core.families import FAMILIES
from core.files.json_file import read_json
from core.files.stamps import stamps_of_model
from core.models.catalogue import Catalogue, Model
from core.models.memory_plan import MemoryPlan, Placement
from core.prompt.encodings import Encodings
from core.request.request import Autoencoder


def load(
    model: Model,
    plan: DevicePlan,
    memory: MemoryPlan,
    catalogue: Catalogue,
    free_unused: Callable[[], None],
    autoencoder: Autoencoder | None,
    encodings: Encodings | None = None,
) -> LoadedModel:
    """Loads and places it; ``free_unused`` is for its `OutOfMemoryLadder`.

    ``autoencoder`` is for a file that has none of its own. Text encoders whose ``encodings`` are kept on the disk
    are read when a text is new.

    Raises ModelBroken, AutoencoderMissing, WrongAutoencoder or torch.OutOfMemoryError.
    """
    stamps = stamps_of_model(
        model.folder, *model.places
    )  # before it is read: what changes meanwhile is read again
    at_once = memory.placement is Placement.on_device
    encodings = encodings if encodings is not None and is_worth_keeping(model, encodings) else None
    hashed = catalogue.memory.sha256_if_known
    is_named = encodings is not None and all(map(hashed, encoder_files(model)))  # else all texts are new
    absent = FAMILIES[model.family].text_encoders if is_named else ()
    where, own = replace(plan, is_offloaded=not at_once), None
    if not model.has_autoencoder:
        assert autoencoder is not None
        file, own = found_for(model, autoencoder, catalogue.autoencoders)
        vae = read_weights(file, read_json(model.folder / "vae" / "config.json"), replace(where, weight_bits=None))
        family = families.load(model, where, vae, absent)
    else:
        family = families.load(model, where, absent=absent)
    parts = family.parts()

    def reload(name: str) -> torch.nn.Module:
        return load_parts(model, {name: type(parts[name])}, replace(plan, is_offloaded=True)).networks[name]

    free = lambda: memory_now(plan).free  # noqa: E731
    absent = [name for name in absent if name in parts]  # the T5 of Stable Diffusion 3 may be missing
    offloading = Offloading(parts, memory, plan.device, reload, free, plan.acceleration, absent)
    family.bring_encoders = offloading.bring
    if encodings is not None:
        family.kept = kept_encodings(model, plan, encodings, catalogue.memory, family.encoding_kind)
    if memory.tiled_decode:
        family.autoencoder().enable_tiling()
    return LoadedModel(
        model=model,
        family=family,
        stamps=stamps,
        plan=plan,
        offloading=offloading,
        ladder=OutOfMemoryLadder(plan.device, offloading, free_unused),
        loras=LoraLayers(model, parts, offloading.bring),
        autoencoders=Autoencoders(model, family, offloading, replace(plan, weight_bits=None), own),
        controls=ControlNets(model, family, offloading, plan),
        embeddings=PromptEmbeddings(model, family, catalogue),
        tiny=TinyAutoencoder(model, replace(plan, weight_bits=None)),
        seamless=(Seamless(), Seamless(lambda: family.autoencoder().use_tiling)),
        catalogue=catalogue,
    )
