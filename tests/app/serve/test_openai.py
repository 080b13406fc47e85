from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

from app.serve.door import NOTES, Door
from app.serve.models import Served
from app.serve.openai import edit
from app.serve.received import Received
from app.serve.server import application
from core.models.model import Model
from core.pictures.dimensions import read_size
from core.request.size import Size
from tests.app.serve.conftest import SMALL, Caller, opened, picture

GENERATE, EDIT = "/v1/images/generations", "/v1/images/edits"


def events_in(answer: httpx2.Response) -> list[dict[str, Any]]:
    """Returns the data of server-sent events, each under the name that its data has, too."""
    found: list[dict[str, Any]] = []
    for block in answer.text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def edited(ask: Caller, files: list[tuple[str, bytes]], **fields: object) -> httpx2.Response:
    parts = [(name, (f"{name}.png", content, "image/png")) for name, content in files]
    return ask("POST", EDIT, files=parts, data={**{name: str(value) for name, value in SMALL.items()}, **fields})


def test_pictures_come_as_asked_and_lie_in_the_gallery_with_their_recipes(ask: Caller, real_door: Door) -> None:
    pictures = real_door.served.settings.pictures
    before = {*pictures.rglob("*.png")}
    answer = ask.post(GENERATE, {"prompt": "a house", "model": "tiny", "n": 2, "size": "64x48", **SMALL})
    assert answer.status_code == 200, answer.text
    first, second = (opened(entry["b64_json"]) for entry in answer.json()["data"])
    assert first.size == second.size == (64, 48)
    assert "Seed: 7" in first.info["parameters"]
    assert "Seed: 8" in second.info["parameters"]
    saved = {*pictures.rglob("*.png")} - before
    assert len(saved) == 2
    assert all(path.with_name(f"{path.stem}.film.safetensors").exists() for path in saved)
    assert [*real_door.folder.iterdir()] == []


def test_a_model_and_a_size_that_are_left_out_are_the_usual_ones(ask: Caller) -> None:
    answer = ask.post(GENERATE, {"prompt": "a house", "size": "auto", **SMALL})
    assert answer.json()["size"] == "64x64"


@pytest.mark.parametrize(("format_", "kind"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_the_format_is_the_one_that_was_asked_for(ask: Caller, format_: str, kind: str) -> None:
    answer = ask.post(GENERATE, {"prompt": "a house", "output_format": format_, **SMALL})
    assert opened(answer.json()["data"][0]["b64_json"]).format == kind


def test_an_address_of_a_picture_needs_no_token_and_a_wrong_one_has_none(ask: Caller, real_door: Door) -> None:
    answer = ask.post(GENERATE, {"prompt": "a house", "response_format": "url", **SMALL})
    url = httpx2.URL(answer.json()["data"][0]["url"])
    anyone = Caller(real_door, headers={})
    assert Image.open(BytesIO(anyone("GET", url.path).content)).size == (64, 64)
    assert anyone("GET", "/pictures/other.png").status_code == 404


def test_a_stream_tells_previews_and_then_the_picture(ask: Caller) -> None:
    asked = {"prompt": "a house", "stream": True, "partial_images": 2, "size": "64x48", "steps": 4, "seed": 7}
    *partial, whole = events_in(ask.post(GENERATE, asked))
    assert [one["type"] for one in partial] == ["image_generation.partial_image"] * 2
    assert [one["partial_image_index"] for one in partial] == [0, 1]
    assert whole["type"] == "image_generation.completed"
    assert {opened(one["b64_json"]).size for one in (*partial, whole)} == {(64, 48)}
    plain = ask.post(GENERATE, {name: asked[name] for name in ("prompt", "size", "steps", "seed")})
    pixels = [np.asarray(opened(text)) for text in (whole["b64_json"], plain.json()["data"][0]["b64_json"])]
    assert np.array_equal(pixels[0], pixels[1])


def test_the_pictures_of_a_client_that_leaves_before_its_stream_begins_are_removed(real_door: Door) -> None:
    files, fields = [("image", ("a.png", picture()))], {"prompt": "a tree", "stream": "true"}
    asked = httpx2.Request("POST", "http://localhost/", data=fields, files=files)
    content, kept = asked.read(), list[Path]()
    headers = [(name.lower(), value) for name, value in asked.headers.raw]
    path = {"path": EDIT, "raw_path": b"", "query_string": b"", "root_path": ""}
    scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "POST", "headers": headers, **path}

    come = iter([{"type": "http.request", "body": content}])

    async def receive() -> dict[str, Any]:
        return next(come, {"type": "http.disconnect"})

    async def send(_message: object) -> None:
        kept.extend(real_door.folder.iterdir())
        await asyncio.Event().wait()  # nobody reads

    asyncio.run(application(real_door)(scope, receive, send))
    assert kept
    assert not list(real_door.folder.iterdir())


def test_a_mask_changes_what_is_transparent_in_it_and_nothing_else(ask: Caller) -> None:
    answer = edited(ask, [("image[]", picture()), ("mask", picture(hole=True))], prompt="a tree")
    assert answer.status_code == 200, answer.text
    before = np.asarray(Image.open(BytesIO(picture())).convert("RGB"))
    after = np.asarray(opened(answer.json()["data"][0]["b64_json"]))
    changed = (before != after).any(axis=2)
    assert changed[16:32, 16:32].any()
    assert not changed[48:].any()


def test_without_a_mask_the_picture_is_drawn_anew_as_far_as_asked(ask: Caller, real_door: Door) -> None:
    answer = edited(ask, [("image", picture())], prompt="a tree", strength="1.0")
    assert answer.json()["size"] == "64x64"
    assert "Denoising strength: 1" in opened(answer.json()["data"][0]["b64_json"]).info["parameters"]
    assert [*real_door.folder.iterdir()] == []


def test_a_model_that_edits_by_instruction_looks_at_all_pictures(real_door: Door, tmp_path: Path) -> None:
    class Editing(Served):
        def find(self, name: str) -> Model:
            model = super().find(name)
            limits = replace(
                model.limits, references=4, optional_settings=(*model.limits.optional_settings, "references")
            )
            return replace(model, limits=limits)

    served = Editing(real_door.served.catalogue, real_door.served.settings, "tiny")
    files = [("image[]", picture(72)), ("image[]", picture(48))]
    asked = edit({"prompt": "make it winter"}, files, Received(tmp_path), served)
    assert [read_size(Path(one.path)) for one in asked.request.references] == [Size(72, 72), Size(48, 48)]
    assert (asked.request.source, str(asked.request.size)) == (None, "72x72")


@pytest.mark.parametrize(
    ("field", "value", "status", "code"),
    [
        ("size", "4096x4096", 400, "invalid_value"),
        ("size", "large", 400, "invalid_value"),
        ("model", "gpt-image-2", 404, "model_not_found"),
        ("model", "/etc/passwd", 404, "model_not_found"),
        ("n", 11, 400, "invalid_value"),
        ("n", "two", 400, "invalid_value"),
        ("seed", 1e300, 400, "invalid_value"),
        ("output_format", "gif", 400, "invalid_value"),
        ("background", "transparent", 400, "unsupported_value"),
        ("partial_images", 4, 400, "invalid_value"),
        ("prompt", "x" * 10_000_000, 400, "invalid_value"),
        ("prompt", "\ud800", 400, "invalid_value"),
        ("prompt", "", 400, "invalid_value"),
        ("frames", 3, 400, "unknown_parameter"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_field(
    ask: Caller, field: str, value: object, status: int, code: str
) -> None:
    content = json.dumps({"prompt": "a house", **SMALL, field: value})
    answer = ask("POST", GENERATE, content=content, headers={"Content-Type": "application/json"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, field)
    assert error["message"].endswith(".")
    assert len(error["message"]) < 300


@pytest.mark.parametrize(
    "files",
    [
        [],
        [("image", b"no picture")],
        [("image", picture()), ("mask", picture(48, hole=True))],
        [("image", picture()), ("mask", picture())],
        [("image", picture()), ("image", picture())],
        [("image", picture()), ("other", picture())],
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(
    ask: Caller, real_door: Door, files: list[tuple[str, bytes]]
) -> None:
    answer = edited(ask, files, prompt="a tree") if files else ask("POST", EDIT, data={"prompt": "a tree"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith(".")
    assert [*real_door.folder.iterdir()] == []


def test_a_field_without_effect_is_told(ask: Caller) -> None:
    answer = ask.post(GENERATE, {"prompt": "a house", "quality": "high", "user": "me", **SMALL})
    assert json.loads(answer.headers[NOTES]) == ["quality has no effect here"]
    answer = ask.post(GENERATE, {"prompt": "a house", "quality": "auto", **SMALL})
    assert NOTES not in answer.headers


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_prompt_that_is_not_read_as_it_was_meant_is_told(ask: Caller, is_stream: bool) -> None:
    asked = {
        "prompt": "a house [by]",
        "negative_prompt": "fog",
        "guidance_scale": 1.0,
        "stream": is_stream,
        **SMALL,
    }
    (note,) = json.loads(ask.post(GENERATE, asked).headers[NOTES])
    assert note.startswith("the negative prompt has no effect")


def test_models_are_listed_and_found(ask: Caller) -> None:
    keys = [model["id"] for model in ask("GET", "/v1/models").json()["data"]]
    assert keys == ["starter-model", "tiny"]
    assert ask("GET", "/v1/models/tiny").json()["id"] == "tiny"
    assert ask("GET", "/v1/models/none").status_code == 404
