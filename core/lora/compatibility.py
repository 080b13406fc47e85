"""Whether a LoRA was made for a model: by the widths of the text that their networks read, and by their names."""

from __future__ import annotations

from core.errors import ModelBroken, WrongFamily
from core.lora.file import LoraFile, name_of_width, read_lora
from core.lora.library import LoraLibrary
from core.models.catalogue import Model, read_json
from core.models.families import MODEL_FAMILIES
from core.request.request import GenerationRequest


def kind_of(model: Model) -> str:
    """The kind of model as `LoraFile.made_for` names it."""
    family = MODEL_FAMILIES[model.family]
    try:
        width = read_json(model.folder / family.network / "config.json").get("cross_attention_dim")
    except ModelBroken:
        return family.name  # loading it will tell
    return name_of_width(width) if isinstance(width, int) else family.name


def fits(file: LoraFile, kind: str) -> bool:
    """Whether it may be used with a model of this kind. What it was made for may be unknown: then it is tried."""
    return file.made_for in ("", kind)


def check_loras(request: GenerationRequest, model: Model, library: LoraLibrary) -> None:
    """What their headers tell, before anything is loaded. Raises LoraMissing, LoraBroken or WrongFamily."""
    kind = kind_of(model)
    for lora in request.active_loras:
        file = read_lora(library.find(lora))
        if not fits(file, kind):
            raise WrongFamily(file.path, file.made_for, model.key, kind)
