"""The families of models, each known by one light file here and loaded by its twin in `core.engine.families`.

A family is added by these two files, and one line in `FAMILIES`.
"""

from collections.abc import Mapping, Sequence

from core.families import (
    chroma,
    flux1,
    flux2_klein,
    krea2,
    qwen_image,
    stable_diffusion,
    stable_diffusion_3,
    stable_diffusion_xl,
    z_image,
)
from core.families.spec import FamilySpec
from core.language.words import tr

FAMILIES: Mapping[str, FamilySpec] = {
    family.key: family
    for family in (
        stable_diffusion.SPEC,
        stable_diffusion_xl.SPEC,
        stable_diffusion_3.SPEC,
        z_image.SPEC,
        flux1.SPEC,
        chroma.SPEC,
        flux2_klein.SPEC,
        qwen_image.SPEC,
        krea2.SPEC,
    )
}


def family_of_pipeline(pipeline: object) -> FamilySpec | None:
    """Returns the family with this class of diffusers, or None."""
    return next((family for family in FAMILIES.values() if pipeline in family.pipelines), None)


def family_names() -> str:
    """Returns the names of all families as a sentence names them: ``"A, B and C"``."""
    return in_words([family.name for family in FAMILIES.values()])


def in_words(names: Sequence[str]) -> str:
    """Returns names as a sentence has them: ``"A"``, ``"A and B"``, ``"A, B and C"``."""
    if len(names) < 2:
        return "".join(names)
    return tr("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])


def is_network(part: str) -> bool:
    """Returns True for the folder of a denoising network."""
    return any(part == family.network for family in FAMILIES.values())


def optional_parts(family: FamilySpec) -> tuple[str, ...]:
    """Returns the folders of the parts that models of a family work without."""
    return tuple(part for part, role in family.roles.items() if role.is_optional)


def part_name(part: str) -> str:
    """Returns the name of a part of a model, given that of its folder, as a sentence has it."""
    return _PART_NAMES.get(part, part)


_PART_NAMES = {
    "text_encoder": tr("text encoder"),
    "text_encoder_2": tr("second text encoder"),
    "text_encoder_3": tr("third text encoder (T5)"),
    "unet": "U-Net",
    "transformer": "transformer",
    "vae": tr("autoencoder (VAE)"),
}


def is_encoder(part: str) -> bool:
    """Returns True for the folder of a text encoder."""
    return any(part in family.text_encoders for family in FAMILIES.values())
