"""Sentences about the parts of prompts that are not read as they were meant, where no field can mark them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from core.embeddings.file import read_bundled
from core.errors import LoraMissing, ModelBroken
from core.language.words import tr
from core.models.catalogue import Catalogue
from core.models.compatibility import fitting_embeddings, kind_of
from core.models.model import Model
from core.prompt.tokens import TokenCounter
from core.prompt.unread import unread
from core.prompt.vocabulary import read_vocabulary
from core.request.request import GenerationRequest
from core.request.settings.loras import with_tags


def prompt_notes(request: GenerationRequest, model: Model, catalogue: Catalogue) -> Iterator[str]:
    """Yields them; ``catalogue`` has the embeddings at hand, and the LoRAs, which may bring some."""
    files = [*catalogue.embeddings.look()]
    for lora in with_tags(request).active_loras:
        with suppress(LoraMissing, ModelBroken):  # the engine says what is wrong with it
            files += read_bundled(catalogue.loras.find(lora))
    counter, embeddings = None, fitting_embeddings(files, model.family, kind_of(model))
    with suppress(ModelBroken):  # the engine says what is wrong with it
        counter = TokenCounter.for_model(model).knowing(embeddings)
    yield from unread("prompt", request.prompt, model.family, counter, embeddings=embeddings)
    with suppress(ModelBroken):  # the model works without a list of its words
        if (words := read_vocabulary(model.folder)) is not None and (untaught := words.untaught(request.prompt)):
            yield untaught
    if request.negative_prompt and not model.capabilities.has_negative_prompt:
        yield tr("the negative prompt is not for this model: its guidance is built in")
    elif request.negative_prompt and not request.has_guidance:
        yield tr("the negative prompt has no effect: guidance is off")
    else:
        negative, family = request.negative_prompt, model.family
        yield from unread(
            tr("negative prompt"), negative, family, counter, is_negative=True, embeddings=embeddings
        )
