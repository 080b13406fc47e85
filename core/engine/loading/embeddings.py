"""The textual inversion embeddings that prompts name, put into a loaded model's text encoders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import torch

from core.embeddings.file import EmbeddingFile, read_bundled, read_embedding
from core.embeddings.library import EmbeddingLibrary
from core.engine.families import Family
from core.engine.networks.clip_text import ClipEncoder
from core.engine.weights.guard import loading
from core.engine.weights.raw import read_tensor
from core.errors import ModelBroken
from core.files.safetensors_header import read_safetensors_header
from core.files.stamps import Stamp, stamp_of
from core.language.words import tr
from core.models.catalogue import Catalogue, Model
from core.models.compatibility import kind_of
from core.prompt.chunks import MARKS, NamedVectors, by_first_token, spellings
from core.prompt.timeline import timeline
from core.request.request import Embedding, GenerationRequest
from core.request.settings.emphasis import PLAIN
from core.runs.events import EmbeddingDiffers, EmbeddingMisfit, EmbeddingPickled

Told = EmbeddingDiffers | EmbeddingMisfit | EmbeddingPickled


class PromptEmbeddings:
    """The embeddings of one loaded model."""

    def __init__(self, model: Model, family: Family, catalogue: Catalogue) -> None:
        """``catalogue`` finds their files, and those of LoRAs."""
        self._catalogue = catalogue
        self._model = model
        self._family = family
        self._present: tuple[tuple[EmbeddingFile, Stamp], ...] = ()

    def use(self, request: GenerationRequest) -> tuple[tuple[Embedding, ...], tuple[Told, ...]]:
        """Lets the embeddings act that the request's prompts name, and no others.

        Files of its LoRAs may bring some. Returns them with hashes, and what is to be told: those for another
        kind of model, whose names are plain words then, and those that a recipe has otherwise. Raises ModelBroken,
        LoraMissing or InvalidRequest.
        """
        encoders = self._family.encoders
        has_some = "embeddings" in self._model.limits.optional_settings
        if not has_some or not encoders or request.emphasis == PLAIN:
            return (), ()
        told: list[Told] = []
        fitting: list[EmbeddingFile] = []
        passes = (request, request.in_second_pass)
        said = "\n".join(text for one in passes for text in (one.prompt, one.negative_prompt)).casefold()
        library = self._catalogue.embeddings
        loras = [self._catalogue.loras.find(lora) for lora in request.active_loras]
        for file in _named(said, library, loras):
            if self._fits(file, encoders):
                fitting.append(file)
            else:
                told.append(EmbeddingMisfit(file.name, file.path, file.made_for, kind_of(self._model)))
        known = {file.name for file in fitting}
        told += (
            EmbeddingPickled(path.stem, path)
            for path in library.pickled()
            if path.stem not in known and _is_named(path.stem, said)
        )
        self._put(fitting, encoders)
        moments = (moment for one in passes for moment in timeline(one).requests)
        texts = {text for moment in moments for text in self._family.texts(moment)}
        names = {
            slot.embedding[0]
            for text in texts
            for chunk in encoders[0].chunks(text.text, text.emphasis)
            for slot in chunk
            if slot.embedding is not None
        }
        used = tuple(Embedding(file.name, library.hash_of(file.path)) for file in fitting if file.name in names)
        found = {one.name: one.hash for one in used}
        for asked in request.embeddings:
            if asked.hash and asked.name.casefold() in said and found.get(asked.name) != asked.hash:
                told.append(EmbeddingDiffers(asked.name, asked.hash, found.get(asked.name, "")))
        return used, tuple(told)

    def _fits(self, file: EmbeddingFile, encoders: Sequence[ClipEncoder]) -> bool:
        room = encoders[0].encoder.config.max_position_embeddings - MARKS
        widths = tuple(encoder.encoder.config.hidden_size for encoder in encoders)
        return file.widths == widths and file.vectors <= room

    def _put(self, files: Sequence[EmbeddingFile], encoders: Sequence[ClipEncoder]) -> None:
        wanted = tuple((file, stamp_of(file.path)) for file in files)
        if wanted == self._present:
            return
        vectors = {file.name: _vectors(file) for file in files}
        for number, encoder in enumerate(encoders):
            encoder.vectors = {name: sets[number] for name, sets in vectors.items()}
            encoder.embeddings = by_first_token(
                NamedVectors(file.name, tuple(encoder.tokens_of(spelling)), file.vectors)
                for file in files
                for spelling in spellings(file.name)
            )
        self._present = wanted
        self._family.forget_prompts()

    @property
    def sizes(self) -> Mapping[str, int]:
        """Returns the number of vectors of those that act, by name."""
        encoders = self._family.encoders
        return {name: len(vectors) for name, vectors in encoders[0].vectors.items()} if encoders else {}


def _is_named(name: str, said: str) -> bool:
    """Returns True for a name that stands in a text as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", said) is not None


def _named(said: str, library: EmbeddingLibrary, loras: Sequence[Path]) -> Iterator[EmbeddingFile]:
    """Yields the embeddings whose names occur in a text; those of LoRAs count before others."""
    bundled = {file.name: file for path in reversed(loras) for file in read_bundled(path)}
    yield from (file for file in bundled.values() if file.name.casefold() in said)
    for path in library.files():
        if path.stem.casefold() in said and path.stem not in bundled:
            with suppress(ModelBroken):  # another program keeps other files there, too: a word like any other
                yield read_embedding(path)


def _vectors(file: EmbeddingFile) -> tuple[torch.Tensor, ...]:
    """Returns float32 (vectors, width) for each text encoder. Raises ModelBroken."""
    with loading(file.path, tr("its vectors")):
        header = read_safetensors_header(file.path)
        tensors = {name: read_tensor(header, name) for name in file.tensors}
    sets = tuple(tensors[name].float().reshape(file.vectors, -1) for name in file.tensors)
    if not all(vectors.isfinite().all() for vectors in sets):
        raise ModelBroken(file.path, tr("its vectors are not numbers"))
    return sets
