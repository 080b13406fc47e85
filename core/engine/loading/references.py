"""The pictures beside a prompt, encoded once for a model and kept while a request names them."""

from dataclasses import replace
from pathlib import Path

import torch

from core.engine.families import Family
from core.engine.sampling.tensors import to_model_range
from core.errors import NotANumberPicture
from core.language.words import tr
from core.pictures.reference import read_reference
from core.pictures.source import found
from core.request.request import MOST_REFERENCES, GenerationRequest


def encoded_references(
    family: Family, request: GenerationRequest, device: torch.device, sources: Path | None = None
) -> GenerationRequest:
    """Has the family know a request's references and their latents; returns the request with their hashes.

    One that is no longer where it was is taken from its copy in ``sources``.

    Raises UnreadablePicture, NotANumberPicture or torch.OutOfMemoryError.
    """
    known, told = family.references, list(request.references)
    for number, reference in enumerate(request.references):
        if reference.sha256 in known:
            continue
        if sources is not None and not Path(reference.path).is_file():
            reference = found(reference, (sources,))
        pixels, told[number] = read_reference(reference)
        latent = family.encode(to_model_range(pixels).to(device), None)
        if not latent.isfinite().all():
            raise NotANumberPicture(tr("the autoencoder"))
        sha256 = told[number].sha256
        known[sha256], family.pictures[sha256] = latent, pixels
    used = {reference.sha256 for reference in told}
    for sha256 in [sha256 for sha256 in known if sha256 not in used][: max(0, len(known) - MOST_REFERENCES)]:
        del known[sha256], family.pictures[sha256]
    return replace(request, references=tuple(told))
