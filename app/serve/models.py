"""The models of the catalogue by the names that clients use, never by paths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import ModelBroken, ModelMissing
from core.models.catalogue import Catalogue
from core.models.model import Model
from core.models.own_defaults import defaults_of
from core.request.json_values import plain_name, without_ending
from core.request.request import GenerationRequest
from core.settings.settings import Settings

_HASH = re.compile(r"\s*\[[0-9a-f]{1,64}\]$")
_SHORT = 10


@dataclass(slots=True)
class Served:
    """All that requests are made with.

    Attributes:
        model: key of the one for requests that name none; clients of AUTOMATIC1111's dialect change it.
    """

    catalogue: Catalogue
    settings: Settings
    model: str

    def find(self, name: str) -> Model:
        """Returns a model by its key, name, file or title, "" for the usual one.

        Raises ModelMissing or ModelBroken.
        """
        found, wanted = self.catalogue.find_all(), _HASH.sub("", name or self.model)
        for model in found.models:
            if wanted in (model.key, model.name, filename(model), without_ending(filename(model))):
                return model
        for refused in found.refused:
            if wanted in (refused.path.name, refused.path.stem):
                raise ModelBroken(refused.path, refused.reason)
        raise ModelMissing(plain_name(name), tuple(plain_name(model.key) for model in found.models))

    def own(self, model: Model) -> GenerationRequest:
        """Returns the settings that the model works well with, or the user's own for it, without its example."""
        return defaults_of(model, self.settings.model_defaults.get(model.key))

    def title(self, model: Model) -> str:
        """Returns a model's name with the beginning of its hash, as AUTOMATIC1111's program has it."""
        sha256 = self.catalogue.sha256_if_known(model)
        return f"{filename(model)} [{sha256[:_SHORT]}]" if sha256 else filename(model)


def filename(model: Model) -> str:
    return (model.file or model.folder).name
