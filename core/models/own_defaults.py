"""The user's own defaults for a model, in the place of its maker's."""

from dataclasses import replace

from core.models.catalogue import Model
from core.request.request import GenerationRequest
from core.request.setting import DEFAULT
from core.request.settings import SETTINGS, fitted

MAKERS = tuple(setting.name for setting in SETTINGS if setting.is_of_model)
"""Settings that each model brings."""

USERS = ("negative_prompt", "clip_skip", "emphasis")
"""Settings that a model brings only where they say something; otherwise the user's stay when another is chosen."""


def kept(request: GenerationRequest) -> GenerationRequest:
    """Returns the part of a request that can be a model's defaults."""
    return replace(DEFAULT, model=request.model, **{name: getattr(request, name) for name in (*MAKERS, *USERS)})


def defaults_of(model: Model, own: GenerationRequest | None) -> GenerationRequest:
    """Returns the model's example with the user's ``own`` defaults, as far as it allows them, or its maker's."""
    if own is None:
        return model.defaults
    own = fitted(own, model.limits, model.defaults)
    return replace(model.defaults, **{name: getattr(own, name) for name in (*MAKERS, *USERS)})
