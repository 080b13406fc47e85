"""The model that an operation needs, also one that makes no pictures of its own."""

from __future__ import annotations

from typing import Any

from core.request.request import GenerationRequest
from core.runs.operations import Decode, EncodePicture, Operation, PredictOnce, RecordAttention, RenderFrame


def needed_by(operation: Operation[Any]) -> GenerationRequest | None:
    """Returns settings that name the model of an operation, None where it needs none."""
    match operation:
        case Decode(film=film) | RenderFrame(film=film) | RecordAttention(film=film):
            return film.request
        case EncodePicture(request=request) | PredictOnce(request=request):
            return request
        case _:
            return operation.made
