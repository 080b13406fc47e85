"""The dialect of OpenAI's image API: ``/v1/images/generations``, ``/v1/images/edits`` and ``/v1/models``."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from app.serve.fields import Fields, refused, unfit
from app.serve.models import Served
from app.serve.received import Received, opened, see_through
from app.serve.refusal import Refusal
from core.errors import InvalidRequest, SaveFailed
from core.language.words import tr
from core.models.model import Model
from core.pictures.metadata import encode_for
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.request.mask import Mask
from core.request.request import GenerationRequest, Reference, Size, Source
from core.request.settings import validate

MOST_PICTURES, MOST_PARTIALS = range(1, 11), range(4)
SUFFIXES: Mapping[str, str] = MappingProxyType({"png": ".png", "jpeg": ".jpg", "webp": ".webp"})
STRENGTH = 0.6
"""The part of a picture without a mask that is drawn anew, where the client does not say it."""

_WITHOUT_EFFECT = ("user", "safety_identifier", "moderation")
"""Fields that say nothing about the picture."""

_TOLD = ("quality", "style", "output_compression", "input_fidelity", "complexity")
"""Fields that act at OpenAI's only: the answer tells that they did not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in this dialect.

    Attributes:
        kind: the beginning of the names of its events.
        format: a key of `SUFFIXES`.
        by_url: the answer has addresses in the place of pictures.
        partials: how many previews a stream has, None for no stream.
        notes: sentences about fields without effect.
    """

    request: GenerationRequest
    kind: str
    format: str
    by_url: bool
    partials: int | None
    notes: tuple[str, ...]


def generation(content: Mapping[str, Any], served: Served) -> Asked:
    """Reads a request for new pictures. Raises Refusal, InvalidRequest, ModelMissing or ModelBroken."""
    fields = Fields(content)
    model = served.find(fields.text("model"))
    return _asked(fields, _request(fields, model, served), model, "image_generation")


def edit(content: Mapping[str, Any], files: list[tuple[str, bytes]], received: Received, served: Served) -> Asked:
    """Reads a request for changed pictures. Raises as `generation` does, and SaveFailed."""
    fields = Fields(content)
    model = served.find(fields.text("model"))
    request = _request(fields, model, served)
    pictures = [received.keep("image", content) for name, content in files if name in ("image", "image[]")]
    masks = [received.keep("mask", content) for name, content in files if name == "mask"]
    if unknown := {name for name, _ in files} - {"image", "image[]", "mask"}:
        raise unfit("file", ", ".join(sorted(unknown)), tr("image or mask"))
    if not pictures or len(masks) > 1:
        raise refused("image", tr("An edit needs a picture, and at most one mask."))
    first = opened("image", pictures[0])
    size = Size(*first.size)
    mask = _mask(masks[0], first, received) if masks else None
    if mask is None and model.limits.references:
        request = replace(request, references=tuple(Reference(str(path)) for path in pictures))
        if fields.text("size", "auto") == "auto":
            limits = model.limits.with_references(request.references)
            request = replace(request, size=Size(limits.snap(size.width), limits.snap(size.height)))
        return _asked(fields, request, model, "image_edit")
    if len(pictures) > 1:
        sentence = tr("{model} changes one picture at a time.", model=model.name)
        raise refused("image", sentence)
    if mask is None and (holes := see_through(first)) is not None:
        mask = received.keep_mask(holes)
    given = fields.text("size", "auto")
    strength = fields.number("strength", 1.0 if mask else STRENGTH)
    if mask is not None:
        if given not in ("auto", str(size)):
            raise unfit("size", given, tr("auto or {size}, since a picture with a mask keeps its size", size=size))
        request = replace(request, size=served.own(model).size, mask=Mask(str(mask)))
    elif given == "auto":
        request = replace(request, size=Size(model.limits.snap(size.width), model.limits.snap(size.height)))
    return _asked(fields, replace(request, source=Source(str(pictures[0]), strength)), model, "image_edit")


def _request(fields: Fields, model: Model, served: Served) -> GenerationRequest:
    own = served.own(model)
    prompt = fields.text("prompt")
    if not prompt.strip():
        raise refused("prompt", tr("A prompt is missing."))
    size, count = fields.text("size", "auto"), fields.whole("n", 1)
    if count not in MOST_PICTURES:
        raise unfit("n", count, tr("{least} to {most}", least=MOST_PICTURES[0], most=MOST_PICTURES[-1]))
    return replace(
        own,
        model=model.key,
        prompt=prompt,
        negative_prompt=fields.text("negative_prompt", own.negative_prompt),
        size=own.size if size == "auto" else Size.parse(size),
        sampler=fields.text("sampler", own.sampler),
        steps=fields.whole("steps", own.steps),
        guidance_scale=fields.number("guidance_scale", own.guidance_scale),
        seed=fields.whole("seed", None),
        count=count,
    )


def _asked(fields: Fields, request: GenerationRequest, model: Model, kind: str) -> Asked:
    kept = fields.one_of("background", ("auto", "opaque", "transparent"), "auto")
    if kept == "transparent":
        raise Refusal(400, tr("A transparent background cannot be made."), "unsupported_value", "background")
    format_ = fields.one_of("output_format", tuple(SUFFIXES), "png")
    by_url = fields.one_of("response_format", ("b64_json", "url"), "b64_json") == "url"
    is_stream, partials = fields.flag("stream"), fields.whole("partial_images", 0)
    if partials not in MOST_PARTIALS:
        raise unfit("partial_images", partials, tr("{least} to {most}", least=0, most=MOST_PARTIALS[-1]))
    if is_stream and by_url:
        raise Refusal(400, tr("A stream has no addresses; leave response_format out."), field="response_format")
    for name in _WITHOUT_EFFECT:
        fields.any(name)
    notes = [
        tr("{field} has no effect here", field=name)
        for name in _TOLD
        if fields.any(name) not in (None, "auto", "standard", "vivid")
    ]
    if left := fields.left:
        name = sorted(left)[0][:60]
        raise Refusal(400, tr("Unknown parameter: {name}.", name=name), "unknown_parameter", name)
    try:
        validate(request, model.limits)
    except InvalidRequest as error:
        if error.field in ("width", "height"):
            raise InvalidRequest("size", str(request.size), error.allowed) from error
        raise
    return Asked(request, kind, format_, by_url, partials if is_stream else None, tuple(notes))


def _mask(path: Path, picture: Image.Image, received: Received) -> Path:
    """Returns the path of our mask for one of OpenAI's, whose transparent parts are to be changed."""
    mask = opened("mask", path)
    if mask.size != picture.size:
        found, size = Size(*mask.size), Size(*picture.size)
        raise unfit("mask", str(found), tr("a picture of {size} pixels, as the one it is a mask of", size=size))
    if (holes := see_through(mask)) is None:
        sentence = tr("The mask has no transparent part: nothing would be changed.")
        raise refused("mask", sentence)
    return received.keep_mask(holes)


def encoded(image: GeneratedImage, format_: str) -> bytes:
    """Returns the file of a picture with its recipe, or without where the format has no room for it."""
    path, now = Path(f"picture{SUFFIXES[format_]}"), datetime.now().astimezone()
    try:
        return encode_for(path, image, now)
    except SaveFailed:
        return encode_for(path, image, now, has_recipe=False)


def event(asked: Asked, name: str, content: bytes, size: Size, **more: object) -> dict[str, Any]:
    """Returns the data of an event of a stream, such as ``image_generation.completed``."""
    return {
        "type": f"{asked.kind}.{name}",
        "b64_json": base64.b64encode(content).decode(),
        "created_at": int(time.time()),
        "size": str(size),
        "quality": "auto",
        "background": "opaque",
        "output_format": asked.format,
        **more,
    }


def in_full_size(pixels: Pixels, size: Size) -> Pixels:
    """Returns a preview in the size of its picture."""
    if pixels.shape[:2] == (size.height, size.width):
        return pixels
    preview = Image.fromarray(pixels)
    return np.asarray(preview.resize((size.width, size.height), Image.Resampling.BILINEAR))


NO_USAGE: Mapping[str, Any] = MappingProxyType(
    {
        "input_tokens": 0,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "output_tokens": 0,
        "total_tokens": 0,
    }
)
"""Nothing is counted, and nothing costs anything."""


def model_entry(model: Model) -> dict[str, Any]:
    """Returns a model as OpenAI lists it."""
    return {"id": model.key, "object": "model", "created": 0, "owned_by": "local"}
