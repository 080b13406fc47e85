"""Recognises a model in a file of weights by the names and shapes of its tensors; says why if it is none.

The families of `core.families` recognise their own files; `core.file_kinds` knows by name what other files are.
"""

from core.checkpoints.lora_keys import is_addition, lora_layers, refusal, title
from core.checkpoints.packing import unpacked_header
from core.errors import ModelBroken, NotAModel
from core.families import FAMILIES
from core.families.spec import CheckpointKind
from core.file_kinds.table import content_of
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr


def recognise(header: SafetensorsHeader) -> CheckpointKind:
    """Returns the kind of model in a file. Raises ModelBroken with what it is instead, or that it is unknown."""
    plain, reason = header, None
    try:
        plain = unpacked_header(header)
    except ModelBroken as error:  # of a kind that is loaded this is the reason, of others there are better ones
        reason = error
    for family in FAMILIES.values():
        kind = family.single_file.recognise(plain) if family.single_file is not None else None
        if kind is not None and reason is not None:
            raise reason
        if kind is not None:
            _check_variant(plain)
            return kind
    layers = lora_layers(header.tensors)
    if reason := refusal(layers):
        raise NotAModel(header.path, reason)
    if is_addition(layers):
        raise NotAModel(
            header.path,
            tr(
                "it is {title}, an addition to a model: {where_loras_go}",
                title=title(layers),
                where_loras_go=_WHERE_LORAS_GO,
            ),
        )
    main = content_of(plain).main
    if main is None:
        raise ModelBroken(
            header.path,
            tr("it is unknown: none of the model families that Emulsion loads names its tensors like this"),
        )
    if main.kind.key == "unet":
        raise NotAModel(
            header.path, tr("it is {name} alone, a part of a model: choose the folder above", name=main.kind.name)
        )
    if main.kind.use == "network":
        raise ModelBroken(
            header.path, tr("it is a {name} model, a family that Emulsion cannot load yet", name=main.name)
        )
    raise NotAModel(header.path, tr("it is {name}, {beside}", name=main.name, beside=_BESIDE[main.kind.use]))


def _check_variant(header: SafetensorsHeader) -> None:
    """Raises ModelBroken for a variant that works otherwise than its family, and NotAModel for a ControlNet."""
    content = content_of(header)
    if (main := content.main) is None:
        return
    if main.kind.use == "ControlNet":
        raise NotAModel(header.path, tr("it is {name}, {beside}", name=main.name, beside=_BESIDE[main.kind.use]))
    for mark in main.marks_in(content.names, ""):
        if not mark.is_usable:
            raise ModelBroken(
                header.path,
                tr(
                    "it is {name} {mark_name}, a variant that Emulsion cannot use yet",
                    name=main.name,
                    mark_name=mark.name,
                ),
            )


_WHERE_LORAS_GO = tr("add it below the model in Create, or drop it on the window")
_BESIDE = {
    "ControlNet": tr("not a complete model"),
    "upscaler": tr("which enlarges pictures: it is not a model"),
    "autoencoder": tr("an addition to a model: add it in Create, below the model"),
    "tiny autoencoder": tr("not a model: put it into the folder “vae_approx” beside your models"),
    "text encoder": tr("a text encoder: a network that fits finds it in your model folders"),
    "embedding": tr("not a model: put it into the folder “embeddings” beside your models"),
    "part": tr("a part of a model"),
    "addition": tr("an addition to a model that Emulsion cannot use yet"),
}
"""The rest of the sentence about a file that is no model, by its use."""
