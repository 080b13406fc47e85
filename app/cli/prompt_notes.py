"""Sentences about what of a command line's prompts is not read as it was meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from core.embeddings.library import EmbeddingLibrary
from core.errors import ModelBroken
from core.language.words import tr
from core.models.catalogue import Model
from core.models.compatibility import fitting_embeddings, kind_of
from core.prompt.tokens import TokenCounter
from core.prompt.unread import unread
from core.prompt.vocabulary import read_vocabulary
from core.request.request import GenerationRequest


def prompt_notes(request: GenerationRequest, model: Model, library: EmbeddingLibrary) -> Iterator[str]:
    """Yields them; ``library`` has the embeddings at hand."""
    counter, embeddings = None, fitting_embeddings(library.look(), model.family, kind_of(model))
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
