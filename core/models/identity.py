"""Tells what a file of weights is: its kind, family, variant and packing, by its header and its name alone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.autoencoders.latent_space import LatentSpace
from core.checkpoints.detection import recognise
from core.checkpoints.lora_keys import is_addition, lora_layers, refusal, title
from core.checkpoints.packing_name import packing_name
from core.control.file import read_control
from core.embeddings.file import read_embedding
from core.errors import ControlBroken, ModelBroken
from core.families import FAMILIES, in_words
from core.file_kinds.kind import FoundKind
from core.file_kinds.table import Content, content_of
from core.files.safetensors_header import SafetensorsHeader
from core.files.weights_header import read_header
from core.language.words import tr
from core.lora.file import read_lora


@dataclass(frozen=True, slots=True)
class Identity:
    """The facts about a file, as users know them.

    Attributes:
        kind: ``"whole checkpoint"``, ``"diffusers folder"``, ``"LoRA"``, or a `core.file_kinds.kind.Use`;
            "unknown" for no known kind.
        name: ``"FLUX.2 klein 4B"``, ``"Qwen3 4B"``, ``"a LoRA (DoRA)"``.
        family: the name of the family that loads it, "" where none does.
        variant: ``"Turbo"``, ``"dev Fill"``; "" without one.
        undecided: variants of which one holds, and neither tensors nor name tell it.
        packing: as `core.checkpoints.packing_name` has it.
        parts: text encoders and autoencoder that a network's file brings.
        made_for: the kind of model that a LoRA or an embedding was made for, "" where it is not told.
        problem: why it cannot be used as it is; "" where it can, or where it belongs to another file.
    """

    path: Path
    kind: str
    name: str
    family: str = ""
    variant: str = ""
    undecided: tuple[str, ...] = ()
    packing: str = ""
    parts: tuple[str, ...] = ()
    made_for: str = ""
    problem: str = ""


def identify(path: Path) -> Identity:
    """Reads the header of a file. Raises ModelBroken where it cannot be read at all, with the reason."""
    return identity_of(read_header(path))


def identity_of(header: SafetensorsHeader) -> Identity:
    """Tells what a file with this header is."""
    path, packing = header.path, packing_name(header)
    family, problem = _recognised(header)
    layers = () if family else lora_layers(header.tensors)
    content = content_of(header)
    is_control = content.main is not None and content.main.kind.use == "ControlNet"
    if not is_control and (is_addition(layers) or refusal(layers)):
        return _of_addition(path, title(layers), refusal(layers), packing)
    if content.main is not None:
        return _of_kind(header, content, content.main, packing, family, problem)
    with suppress(ModelBroken):
        return Identity(path, "embedding", _EMBEDDING, packing=packing, made_for=read_embedding(path).made_for)
    return Identity(path, "unknown", "", packing=packing, problem=problem)


def _recognised(header: SafetensorsHeader) -> tuple[str, str]:
    """Returns the family that loads a file, or the reason why none does."""
    try:
        return FAMILIES[recognise(header).family].name, ""
    except ModelBroken as error:
        return "", error.reason


def _of_addition(path: Path, name: str, problem: str, packing: str) -> Identity:
    made_for = ""
    with suppress(ModelBroken):
        made_for = read_lora(path).made_for
    if problem:
        name = problem.removeprefix("it is ").removesuffix(", not supported yet")
    return Identity(path, "LoRA", name, packing=packing, made_for=made_for, problem=problem)


_EMBEDDING = tr("a textual inversion")


def _of_kind(
    header: SafetensorsHeader, content: Content, main: FoundKind, packing: str, family: str, problem: str
) -> Identity:
    marks = tuple(dict.fromkeys(mark.name for mark in main.marks_in(content.names, header.path.stem)))
    is_network = main.kind.use == "network"
    return Identity(
        header.path,
        "whole checkpoint" if content.is_whole else main.kind.use,
        main.name,
        family=family,
        variant=", ".join(marks),
        undecided=() if set(marks) & set(main.kind.asks) else main.kind.asks,
        packing=packing,
        parts=tuple(part.name for part in content.parts) if is_network else (),
        made_for=_made_for(header, main),
        problem=problem if is_network else "",
    )


def _made_for(header: SafetensorsHeader, main: FoundKind) -> str:
    """Returns the families that work with an encoder or an autoencoder, and the kind that an embedding is for."""
    if main.kind.use == "embedding":
        with suppress(ModelBroken):
            return read_embedding(header.path).made_for
    if main.kind.key == "kl" and main.width is not None:
        return LatentSpace(main.width, factor=8).name
    if main.kind.use == "ControlNet":
        with suppress(ControlBroken):
            return read_control(header.path).made_for
    taken = {
        family.name: {key for role in family.roles.values() for key in role.kinds} for family in FAMILIES.values()
    }
    return in_words([name for name, keys in taken.items() if main.kind.key in keys])
