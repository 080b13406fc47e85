"""Describes a model by its configuration files, the name of its place, and what else is known of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.autoencoders.latent_space import pixels_each
from core.checkpoints.schedule import model_traits, sampler_of
from core.families import optional_parts
from core.families.marks import network_config
from core.families.spec import CheckpointKind
from core.families.variants import VARIANT
from core.files.json_file import whole_number
from core.language.words import tr
from core.models.downloadable import listed
from core.models.folders import family_in, key_of
from core.models.lending import schedule_for
from core.models.model import Model
from core.request.request import GenerationRequest, Limits, Size
from core.request.traits import Said

SMALLEST_PX = 64
"""Side from which AUTOMATIC1111, too, lets people make pictures; models make little sense of so few places."""


def read_model(
    folder: Path, key: str, said: Said = MappingProxyType({}), kind: CheckpointKind | None = None
) -> Model:
    """Describes a diffusers folder from its configuration files. Raises ModelBroken.

    ``said`` is what else is known of its training; ``kind`` that of the single file with the weights.
    """
    family = family_in(folder)
    parts = (family.network, "vae", family.text_encoders[0])
    network, vae, text_encoder = (folder / part / "config.json" for part in parts)
    config, factor = network_config(network, vae, has_flags=kind is None), pixels_each(vae)
    config |= kind.built if kind is not None else {}
    if chosen := said.get("user", {}).get(VARIANT):
        config[VARIANT] = chosen
    variant = family.variant_of(key, config)
    if kind is not None and variant is not None:
        kind = replace(kind, built={**kind.built, **variant.built})
    schedule, teller = schedule_for(folder, key, config, kind)
    side = whole_number(network, "sample_size", 0) * factor or family.native_px
    known = listed().get(key, {})
    told: dict[str, Mapping[str, Any]] = {**said}
    for place, values in family.told_variant(key, {**config, VARIANT: None}).items():
        told[place] = {**told.get(place, {}), **values}
    if "size" in known:
        told["list"] = {"size": known["size"]}
    traits = model_traits(told, schedule, side, family, kind, teller=teller)
    size = Size.parse(traits["size"].value)
    native_px = max(size.width, size.height)
    good = family.defaults_of(key, config)
    size_step = factor * family.latents.patch
    places = config.get("pos_embed_max_size")  # of the table of places that some transformers have
    largest = min(4 * native_px, places * size_step) if isinstance(places, int) else 4 * native_px
    references = family.references if variant is None or variant.references is None else variant.references
    limits = Limits(
        size_step=size_step,
        smallest=int(known.get("smallest", max(size_step, min(SMALLEST_PX, native_px // 4)))),
        largest=int(known.get("largest", largest)),
        samplers=family.samplers,
        optional_settings=(*family.optional_settings, *(("references",) if references else ())),
        references=references,
    )
    return Model(
        key=key,
        name=str(known.get("name", key_of(folder))),
        about=tr(str(known["about"])) if "about" in known else "",
        folder=folder,
        family=family.key,
        defaults=GenerationRequest(
            prompt=str(known.get("example", "")),
            model=key,
            size=Size(limits.snap(size.width), limits.snap(size.height)),
            sampler=str(known.get("sampler", sampler_of(schedule, good.sampler))),
            steps=int(known.get("steps", good.steps)),
            guidance_scale=float(known.get("guidance_scale", good.guidance_scale)),
            skip_layers=good.skip_layers,
            clip_skip=traits["clip_skip"].value if "clip_skip" in traits else 1,
        ),
        limits=limits,
        max_tokens=family.tokenizer.max_tokens or whole_number(text_encoder, "max_position_embeddings", 77),
        capabilities=family.capabilities_of(key, config),
        is_listed=bool(known),
        kind=kind,
        without=tuple(part for part in optional_parts(family) if not (folder / part).is_dir()),
        traits=traits,
        own_schedule=schedule,
    )
