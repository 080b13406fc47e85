from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.serve.automatic_answers import samplers, schedulers
from app.serve.automatic_controls import controls_of
from app.serve.door import Door
from app.serve.fields import Fields
from app.serve.received import Received
from core.errors import InvalidRequest
from core.recipes.parameters import from_parameters
from core.request.sampler_names import sampler_key
from core.request.samplers import SAMPLERS
from tests.app.serve.conftest import SMALL, Caller, opened, picture

PREFIX = "/sdapi/v1/"
# as webuiapi 0.9 sends it, with all that it leaves at its default
CLIENTS: dict[str, object] = {
    "enable_hr": False, "hr_scale": 2, "hr_upscaler": "Latent", "hr_second_pass_steps": 0, "hr_resize_x": 0,
    "hr_resize_y": 0, "hr_checkpoint_name": None, "hr_sampler_name": None, "hr_scheduler": None, "hr_prompt": "",
    "hr_negative_prompt": "", "denoising_strength": 0.7, "firstphase_width": 0, "firstphase_height": 0,
    "styles": [], "subseed": -1, "subseed_strength": 0.0, "seed_resize_from_h": 0, "seed_resize_from_w": 0,
    "batch_size": 1, "n_iter": 1, "cfg_scale": 7.0, "restore_faces": False, "tiling": False,
    "do_not_save_samples": False, "do_not_save_grid": False, "negative_prompt": "", "eta": 1.0, "s_churn": 0,
    "s_tmax": 0, "s_tmin": 0, "s_noise": 1, "override_settings": {}, "override_settings_restore_afterwards": True,
    "sampler_name": "Euler a", "scheduler": "automatic", "sampler_index": "Euler a", "script_name": None,
    "script_args": [], "send_images": True, "save_images": False, "alwayson_scripts": {},
}  # fmt: skip
SOURCE = base64.b64encode(picture()).decode()


def made(ask: Caller, path: str = "txt2img", /, **fields: object) -> tuple[list[Image.Image], dict[str, Any]]:
    answer = ask.post(PREFIX + path, {"prompt": "a house", "width": 64, "height": 64, **SMALL, **fields})
    assert answer.status_code == 200, answer.text
    return [opened(text) for text in answer.json()["images"]], json.loads(answer.json()["info"])


def mask_of(*, is_inverted: bool = False) -> str:
    pixels = np.zeros((64, 64), np.uint8)
    pixels[16:32, 16:32] = 255
    content = BytesIO()
    Image.fromarray(255 - pixels if is_inverted else pixels).save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def test_pictures_and_info_are_as_clients_expect_them(ask: Caller) -> None:
    images, info = made(ask, "txt2img", **CLIENTS | {"batch_size": 2})
    assert [image.size for image in images] == [(64, 64)] * 2
    assert (info["seed"], info["all_seeds"], info["sampler_name"]) == (7, [7, 8], "Euler a")
    assert info["infotexts"] == [image.info["parameters"] for image in images]
    assert from_parameters(info["infotexts"][1]).request.seed == 8
    assert info["emulsion_notes"] == []


def test_the_same_fields_give_the_picture_that_their_recipe_tells(ask: Caller) -> None:
    first, info = made(ask, subseed=3, subseed_strength=0.2, tiling=True)
    again, _ = made(ask, subseed=3, subseed_strength=0.2, tiling=True)
    assert np.array_equal(np.asarray(first[0]), np.asarray(again[0]))
    recipe = from_parameters(info["infotexts"][0]).request
    assert (recipe.seamless, recipe.variation and recipe.variation.strength) == ("xy", 0.2)
    assert (info["subseed"], info["subseed_strength"]) == (3, 0.2)


def test_a_second_pass_is_made(ask: Caller) -> None:
    images, info = made(ask, enable_hr=True, hr_scale=1.5, denoising_strength=0.6, hr_upscaler="None", steps=3)
    assert images[0].size == (96, 96)
    assert "Hires upscaler: Lanczos" in info["infotexts"][0]


def test_a_second_pass_has_words_and_guidance_of_its_own(ask: Caller) -> None:
    hires = {"enable_hr": True, "hr_scale": 1.5, "denoising_strength": 0.6, "hr_upscaler": "None", "steps": 3}
    plain, _ = made(ask, **hires)
    for own in ({"hr_prompt": "a boat"}, {"hr_negative_prompt": "the sky"}, {"hr_cfg": 9.0}):
        images, info = made(ask, **hires, **own)
        assert not np.array_equal(np.asarray(images[0]), np.asarray(plain[0]))
        told = from_parameters(info["infotexts"][0]).request.hires
        assert told is not None
        assert (told.prompt or told.negative_prompt or told.guidance_scale) == next(iter(own.values()))


@pytest.mark.parametrize("is_close", [True, False])
@pytest.mark.parametrize("is_inverted", [True, False])
def test_a_mask_changes_what_is_white(ask: Caller, is_close: bool, is_inverted: bool) -> None:
    asked = {"mask": mask_of(is_inverted=is_inverted), "inpainting_mask_invert": int(is_inverted), "mask_blur": 0}
    asked |= {"inpainting_fill": 1, "inpaint_full_res": is_close, "denoising_strength": 1.0}
    images, _ = made(ask, "img2img", init_images=[SOURCE], **asked)
    before = np.asarray(Image.open(BytesIO(picture())).convert("RGB"))
    changed = (before != np.asarray(images[0])).any(axis=2)
    assert changed[16:32, 16:32].any()
    changed[16:32, 16:32] = False
    assert not changed.any()


def test_a_picture_of_another_shape_is_stretched_or_cut(ask: Caller) -> None:
    wide = BytesIO()
    Image.open(BytesIO(picture())).resize((128, 64)).save(wide, "PNG")
    text = base64.b64encode(wide.getvalue()).decode()
    stretched, cut = (
        np.asarray(made(ask, "img2img", init_images=[text], resize_mode=mode, denoising_strength=0.6)[0][0])
        for mode in (0, 1)
    )
    assert stretched.shape == cut.shape == (64, 64, 3)
    assert not np.array_equal(stretched, cut)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("restore_faces", True),
        ("styles", ["ink"]),
        ("script_name", "X/Y/Z plot"),
        ("s_churn", 4),
        ("refiner_checkpoint", "other"),
        ("override_settings", {"sd_model_checkpoint": "none"}),
        ("override_settings", {"eta_noise_seed_delta": 31337}),
        ("override_settings", {"unheard_of": 1}),
        ("alwayson_scripts", {"ADetailer": {"args": [True]}}),
        ("alwayson_scripts", {"controlnet": {"args": [{"model": "none", "module": "depth", "image": SOURCE}]}}),
        ("alwayson_scripts", {"controlnet": {"args": [{"model": "none", "image": "http://localhost/x"}]}}),
        ("sampler_name", "none"),
        ("width", 63),
        ("steps", 0),
        ("batch_size", 0),
        ("batch_size", 101),
    ],
)
def test_what_would_change_the_picture_unseen_is_refused(ask: Caller, field: str, value: object) -> None:
    answer = ask.post(PREFIX + "txt2img", {"prompt": "a house", **SMALL, field: value})
    assert answer.status_code in (404, 422)
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"init_images": []},
        {"init_images": ["http://localhost/picture.png"]},
        {"init_images": ["AAAA"]},
        {"init_images": [SOURCE], "resize_mode": 2},
        {"init_images": [SOURCE], "mask": "AAAA"},
        {"init_images": [SOURCE], "mask": mask_of(), "inpainting_fill": 4},
        {"init_images": [SOURCE], "latent_mask": SOURCE},
    ],
)
def test_a_picture_to_begin_with_that_cannot_be_used_is_refused(
    ask: Caller, real_door: Door, fields: dict[str, object]
) -> None:
    answer = ask.post(PREFIX + "img2img", {"prompt": "a house", "width": 64, "height": 64, **SMALL, **fields})
    assert answer.status_code == 422
    assert [*real_door.folder.iterdir()] == []


def test_units_of_controlnet_are_read_as_its_extension_takes_them(tmp_path: Path) -> None:
    on: dict[str, object] = {"model": "canny [abc123]", "module": "canny", "image": {"image": SOURCE}}
    on |= {"threshold_b": 150, "weight": 0.5, "guidance_end": 0.6, "pixel_perfect": True}
    on |= {"control_mode": "Balanced", "resize_mode": "Crop and Resize"}
    scripts = Fields({"ControlNet": {"args": [on, {"enabled": False}]}, "seed": {"args": []}})
    (control,) = controls_of(scripts, Received(tmp_path))
    assert (control.name, control.preprocessor, control.values) == ("canny", "canny", (100, 150))
    assert (control.weight, control.start, control.end) == (0.5, 0.0, 0.6)
    with Image.open(control.path) as kept:
        assert kept.size == (64, 64)
    for name, value in (("control_mode", 1), ("resize_mode", 0), ("mask", SOURCE)):
        with pytest.raises(InvalidRequest):
            controls_of(Fields({"controlnet": {"args": [on | {name: value}]}}), Received(tmp_path))


def test_unknown_fields_are_told(ask: Caller) -> None:
    _, info = made(ask, unheard_of=1, eta=0.5)
    assert info["emulsion_notes"] == ["eta has no effect here", "unheard_of is not known here"]


def test_every_sampler_can_be_asked_for_by_the_names_of_the_lists() -> None:
    names = [(one["name"], schedule["name"]) for one in samplers() for schedule in schedulers()]
    assert {sampler_key(*pair) for pair in names} - {None} == set(SAMPLERS)


def test_another_model_can_be_made_the_usual_one(ask: Caller, real_door: Door) -> None:
    titles = [model["title"] for model in ask("GET", PREFIX + "sd-models").json()]
    assert ask("GET", PREFIX + "options").json()["sd_model_checkpoint"] == titles[1]
    try:
        assert ask.post(PREFIX + "options", {"sd_model_checkpoint": titles[0]}).status_code == 200
        assert ask("GET", PREFIX + "options").json()["sd_model_checkpoint"] == titles[0]
        assert ask.post(PREFIX + "options", {"CLIP_stop_at_last_layers": 2}).status_code == 422
    finally:
        real_door.served.model = "tiny"


@pytest.mark.parametrize(
    "name", ["upscalers", "latent-upscale-modes", "loras", "sd-vae", "prompt-styles", "scripts", "cmd-flags"]
)
def test_lists_are_there(ask: Caller, name: str) -> None:
    assert ask("GET", PREFIX + name).status_code == 200


def test_the_recipe_of_a_picture_is_read(ask: Caller) -> None:
    answer = ask.post(PREFIX + "txt2img", {"prompt": "a house", **SMALL})
    told = ask.post(PREFIX + "png-info", {"image": answer.json()["images"][0]}).json()
    assert told["info"].startswith("a house\n")
    assert told["parameters"]["Seed"] == "7"
    assert ask.post(PREFIX + "png-info", {"image": SOURCE}).json()["info"] == ""
    assert ask.post(PREFIX + "png-info", {"image": "AAAA"}).status_code == 422
