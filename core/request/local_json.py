"""The JSON of a request in the user's own files, which, unlike a recipe, tells where files lie here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.request.json_codec import request_from_json, request_to_json
from core.request.json_values import list_of, object_of, text_of
from core.request.request import GenerationRequest


def request_from_settings(value: object) -> GenerationRequest | None:
    """Reads what `request_to_settings` made. Raises ValueError."""
    if value is None:
        return None
    content = object_of(value, "request")
    request = request_from_json(content)
    if request.source is not None:
        path = text_of(content.get("source_path", ""), "source_path")
        request = replace(request, source=replace(request.source, path=path))
    if request.mask is not None:
        path = text_of(content.get("mask_path", ""), "mask_path")
        request = replace(request, mask=replace(request.mask, path=path))
    paths = [text_of(path, "reference_paths") for path in list_of(content.get("reference_paths", []), "paths")]
    if len(paths) == len(request.references):
        references = (replace(one, path=path) for one, path in zip(request.references, paths, strict=True))
        request = replace(request, references=tuple(references))
    places = [object_of(place, "control_places") for place in list_of(content.get("control_places", []), "places")]
    if len(places) == len(request.controls):
        told = [
            {name: text_of(place.get(name, ""), name) for name in ("name", "path", "edits")} for place in places
        ]
        controls = (
            replace(
                one,
                name=more["name"],
                path=more["path"],
                edits=one.edits and replace(one.edits, path=more["edits"]),
            )
            for one, more in zip(request.controls, told, strict=True)
        )
        request = replace(request, controls=tuple(controls))
    names = [text_of(name, "lora_places") for name in list_of(content.get("lora_places", []), "lora_places")]
    if len(names) == len(request.loras):
        loras = (replace(lora, name=name) for lora, name in zip(request.loras, names, strict=True))
        request = replace(request, loras=tuple(loras))
    name = text_of(content.get("autoencoder_place", ""), "autoencoder_place")
    if request.autoencoder is not None and name:
        request = replace(request, autoencoder=replace(request.autoencoder, name=name))
    return request


def request_to_settings(request: GenerationRequest | None) -> dict[str, Any] | None:
    """Returns the JSON of a request; unlike a recipe, the user's own settings know where its files lie."""
    if request is None:
        return None
    content = request_to_json(request)
    if request.source is not None:
        content["source_path"] = request.source.path
    if request.mask is not None:
        content["mask_path"] = request.mask.path
    if request.references:
        content["reference_paths"] = [reference.path for reference in request.references]
    if request.controls:
        content["control_places"] = [
            {"name": one.name, "path": one.path, **({"edits": one.edits.path} if one.edits else {})}
            for one in request.controls
        ]
    if request.loras:
        content["lora_places"] = [lora.name for lora in request.loras]
    if request.autoencoder is not None:
        content["autoencoder_place"] = request.autoencoder.name
    return content
