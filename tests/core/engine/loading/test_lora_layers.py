"""LoRAs change the picture, and nothing of them is left when they are gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from core.checkpoints.cache import CheckpointCache
from core.engine import context as context_module
from core.engine.engine import Engine
from core.engine.loading import lora_layers
from core.errors import LoraBroken, LoraMissing, WrongFamily
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.pictures.pixels import Pixels
from core.request.json_codec import request_from_json, request_to_json
from core.request.request import GenerationRequest, Lora, Size, Source
from core.runs.branch import Branch
from core.runs.events import ImageReady, LoraDiffers, LoraInPart, Started, Stepped
from core.runs.operations import EncodePicture, Generate, GenerateBranch, PredictOnce, result_of
from tests import tiny, tiny_loras

REQUEST = GenerationRequest("abc", "d", "tiny", Size(64, 64), "ddim", steps=3, guidance_scale=3.0, seed=5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, and LoRAs for the first of them in a folder of its own."""
    models = tmp_path_factory.mktemp("lora") / "models"
    loras = models / "loras"
    tiny.stable_diffusion(models / "tiny")
    tiny.stable_diffusion_xl(models / "tiny-xl")
    tiny.z_image(models / "tiny-z")
    unet, encoder = tiny.unet(), tiny.text_encoder(514)
    tiny.lora(loras / "peft.safetensors", unet, "unet")
    tiny.lora(loras / "kohya.safetensors", unet, "lora_unet", kohya=True)
    tiny.lora(loras / "other.safetensors", unet, "unet", seed=8)
    tiny.lora(loras / "words.safetensors", encoder, "lora_te_text_model", kohya=True)
    tiny.lora(loras / "sd15.safetensors", tiny.unet(cross_attention_dim=768), "unet")
    tiny_loras.of_all_kinds(loras / "kinds.safetensors", unet, encoder)
    transformer = tiny.z_image_transformer()
    tiny.lora(loras / "z-peft.safetensors", transformer, "transformer")
    tiny.lora(loras / "z-comfy.safetensors", transformer, "diffusion_model")
    tiny.lora(loras / "z-kohya.safetensors", transformer, "lora_unet", kohya=True)
    wide = tiny.unet(cross_attention_dim=2048)
    tiny.lora(loras / "xl.safetensors", wide, "lora_unet", kohya=True)
    safetensors.torch.save_file(
        {
            "unet.elsewhere.to_q.lora_A.weight": torch.zeros(2, 8),
            "unet.elsewhere.to_q.lora_B.weight": torch.zeros(8, 2),
        },
        loras / "elsewhere.safetensors",
    )
    safetensors.torch.save_file({"unet.conv_in.weight": torch.zeros(2, 8)}, loras / "no-lora.safetensors")
    return models


@pytest.fixture
def engine(folder: Path) -> Engine:
    return Engine(Catalogue((folder,)), "cpu", "float32")


def run(engine: Engine, *loras: Lora, model: str = "tiny") -> ImageReady:
    *_, last = engine.run(Generate(replace(REQUEST, loras=loras, model=model)))
    assert isinstance(last, ImageReady)
    return last


def pixels(engine: Engine, *loras: Lora) -> Pixels:
    return run(engine, *loras).image.pixels


@pytest.mark.parametrize("name", ["peft", "kohya", "words"])
def test_a_lora_changes_the_picture_and_removing_it_gives_back_the_identical_one(
    engine: Engine, name: str
) -> None:
    before = pixels(engine)
    assert not np.array_equal(pixels(engine, Lora(name)), before)
    assert np.array_equal(pixels(engine), before)


def test_the_names_of_kohya_and_peft_mean_the_same(engine: Engine) -> None:
    assert np.array_equal(pixels(engine, Lora("kohya", 0.5)), pixels(engine, Lora("peft", 0.5)))


def test_several_are_added_up_each_with_its_weight(engine: Engine) -> None:
    first, second = Lora("peft", 0.7), Lora("other", -0.4)
    both = pixels(engine, first, second)
    assert not np.array_equal(both, pixels(engine, first))
    assert not np.array_equal(both, pixels(engine, second))
    fresh = pixels(engine, Lora("other", 1.0))
    assert np.array_equal(pixels(engine, first, second), both)
    assert np.array_equal(pixels(engine, Lora("other", 1.0)), fresh)


def test_another_weight_loads_nothing_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[object] = []
    load = lora_layers.load_file

    def counting(path: Any) -> Any:
        loads.append(path)
        return load(path)

    monkeypatch.setattr(lora_layers, "load_file", counting)
    models: list[object] = []
    load_model = context_module.load

    def counting_models(*arguments: Any) -> Any:
        models.append(arguments)
        return load_model(*arguments)

    monkeypatch.setattr(context_module, "load", counting_models)
    one = pixels(engine, Lora("peft", 1.0))
    half = pixels(engine, Lora("peft", 0.5))
    assert not np.array_equal(one, half)
    assert np.array_equal(pixels(engine, Lora("peft", 1.0)), one)
    assert (len(loads), len(models)) == (1, 1)


def test_one_for_the_text_encoder_reads_the_prompt_anew(engine: Engine) -> None:
    weak, strong = (pixels(engine, Lora("words", weight)) for weight in (0.2, 1.0))
    assert not np.array_equal(weak, strong)


@pytest.mark.parametrize(("name", "made_for"), [("sd15", "Stable Diffusion 1.x"), ("xl", "Stable Diffusion XL")])
def test_the_wrong_family_is_refused_with_both_names(engine: Engine, name: str, made_for: str) -> None:
    before = pixels(engine)
    with pytest.raises(WrongFamily) as refused:
        run(engine, Lora("peft"), Lora(name))
    assert refused.value.made_for == made_for
    assert refused.value.model == "tiny"
    assert np.array_equal(pixels(engine), before)


def test_one_that_changes_no_layer_is_refused(engine: Engine) -> None:
    before = pixels(engine)
    with pytest.raises(LoraBroken, match="layers"):
        run(engine, Lora("elsewhere"))
    assert np.array_equal(pixels(engine), before)


def test_what_is_no_lora_is_refused(engine: Engine) -> None:
    with pytest.raises(LoraBroken, match="not a LoRA"):
        run(engine, Lora("no-lora"))


def test_one_that_is_not_there_is_named_with_those_that_are(engine: Engine) -> None:
    with pytest.raises(LoraMissing) as missing:
        run(engine, Lora("gone"))
    assert "peft" in missing.value.known


def test_the_picture_and_its_film_record_names_weights_and_hashes(engine: Engine, folder: Path) -> None:
    ready = run(engine, Lora(str(folder / "loras" / "peft.safetensors"), 0.5))
    (lora,) = ready.image.request.loras
    assert (lora.key, lora.weight, len(lora.hash)) == ("peft", 0.5, 12)
    assert ready.film.request.loras == ready.image.request.loras


def test_a_branch_goes_on_with_the_lora_of_its_request(engine: Engine) -> None:
    whole = run(engine, Lora("peft", 0.5))
    pixels(engine)
    *_, resumed = engine.run(GenerateBranch(Branch(whole.film, 2, whole.film.request)))
    assert isinstance(resumed, ImageReady)
    assert np.array_equal(resumed.image.pixels, whole.image.pixels)
    without = Branch(whole.film, 1, replace(whole.film.request, loras=()))
    assert without.changes() == "LoRA"
    *_, changed = engine.run(GenerateBranch(without))
    assert isinstance(changed, ImageReady)
    assert not np.array_equal(changed.image.pixels, whole.image.pixels)


@pytest.mark.parametrize("names", [("words", "peft"), ("kinds",)])
def test_loras_work_where_parts_are_moved_about(folder: Path, engine: Engine, names: tuple[str, ...]) -> None:
    loras = [Lora(name, 0.5) for name in names]
    before, expected = pixels(engine), pixels(engine, *loras)
    for placement in list(Placement)[1:]:
        moved = Engine(Catalogue((folder,)), "cpu", "float32", placement)
        assert np.array_equal(pixels(moved, *loras), expected)
        assert np.array_equal(pixels(moved), before)


def test_layers_that_do_not_act_are_told_before_the_first_step(engine: Engine) -> None:
    events = list(engine.run(Generate(replace(REQUEST, loras=(Lora("kinds"),)))))
    kinds = [type(event) for event in events]
    assert kinds.count(LoraInPart) == 1
    assert kinds.index(LoraInPart) < kinds.index(Started)
    told = events[kinds.index(LoraInPart)]
    assert isinstance(told, LoraInPart)
    assert (told.name, told.usage.left_out) == ("kinds", (("of OFT", 1),))


def test_memory_that_runs_out_while_one_is_put_in_is_made(
    engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = pixels(Engine(Catalogue((folder,)), "cpu", "float32"), Lora("peft"))
    load, failures = lora_layers.load_file, [torch.OutOfMemoryError()]

    def short_of_memory(path: Any) -> Any:
        if failures:
            raise failures.pop()
        return load(path)

    monkeypatch.setattr(lora_layers, "load_file", short_of_memory)
    assert np.array_equal(pixels(engine, Lora("peft")), expected)
    assert not failures


def test_stable_diffusion_xl_takes_loras_too(engine: Engine, folder: Path) -> None:
    unet = tiny.UNet2DConditionModel.from_pretrained(folder / "tiny-xl" / "unet")
    tiny.lora(folder / "loras" / "for-xl.safetensors", unet, "unet")
    before = run(engine, model="tiny-xl").image.pixels
    assert not np.array_equal(run(engine, Lora("for-xl"), model="tiny-xl").image.pixels, before)
    assert np.array_equal(run(engine, model="tiny-xl").image.pixels, before)


@pytest.mark.parametrize("name", ["z-peft", "z-comfy", "z-kohya"])
def test_z_image_takes_loras_in_all_its_names(engine: Engine, name: str) -> None:
    before = pixels_of_z(engine)
    changed = pixels_of_z(engine, Lora(name))
    assert not np.array_equal(changed, before)
    assert np.array_equal(pixels_of_z(engine, Lora("z-peft")), changed)
    assert np.array_equal(pixels_of_z(engine), before)


def test_z_image_refuses_those_of_others_with_both_names(engine: Engine) -> None:
    before = pixels_of_z(engine)
    with pytest.raises(WrongFamily) as refused:
        pixels_of_z(engine, Lora("z-peft"), Lora("sd15"))
    assert (refused.value.made_for, refused.value.family) == ("Stable Diffusion 1.x", "Z-Image")
    with pytest.raises(WrongFamily) as refused:
        run(engine, Lora("z-peft"))
    assert refused.value.made_for == "Z-Image"
    with pytest.raises(LoraBroken, match="layers"):
        pixels_of_z(engine, Lora("elsewhere"))
    assert np.array_equal(pixels_of_z(engine), before)


def test_one_that_is_switched_off_is_left_out(engine: Engine) -> None:
    ready = run(engine, Lora("peft", is_on=False), Lora("other", 0.5))
    assert [lora.name for lora in ready.image.request.loras] == ["other"]
    assert np.array_equal(ready.image.pixels, pixels(engine, Lora("other", 0.5)))


def test_a_file_that_is_not_the_one_of_the_recipe_is_told_before_the_first_step(engine: Engine) -> None:
    known = run(engine, Lora("peft")).image.request.loras[0].hash
    first, *_ = engine.run(Generate(replace(REQUEST, loras=(Lora("peft", hash="0123456789ab"),))))
    assert isinstance(first, LoraDiffers)
    assert (first.name, first.asked, first.found) == ("peft", "0123456789ab", known)
    events = list(engine.run(Generate(replace(REQUEST, loras=(Lora("peft", hash=known),)))))
    assert not any(isinstance(event, LoraDiffers) for event in events)


def test_a_file_that_was_trained_anew_is_read_again(engine: Engine, folder: Path) -> None:
    path = folder / "loras" / "again.safetensors"
    tiny.lora(path, tiny.unet(), "unet", seed=1)
    before = run(engine, Lora("again")).image
    tiny.lora(path, tiny.unet(), "unet", seed=2)
    after = run(engine, Lora("again")).image
    assert not np.array_equal(before.pixels, after.pixels)
    assert before.request.loras[0].hash != after.request.loras[0].hash


def test_a_lora_that_was_given_by_its_full_path_is_found_by_name_the_next_time(
    folder: Path, tmp_path: Path
) -> None:
    path = tiny.lora(tmp_path / "far" / "away.safetensors", tiny.unet(), "unet")
    memory = tmp_path / "known.json"
    made = run(Engine(Catalogue((folder,), CheckpointCache(memory)), "cpu", "float32"), Lora(str(path)))
    recipe = request_from_json(request_to_json(made.image.request))
    assert [lora.name for lora in recipe.loras] == ["away"]
    again = Engine(Catalogue((folder,), CheckpointCache(memory)), "cpu", "float32")
    assert np.array_equal(run(again, *recipe.loras).image.pixels, made.image.pixels)


def pixels_of_z(engine: Engine, *loras: Lora) -> Pixels:
    request = replace(REQUEST, model="tiny-z", size=Size(256, 256), sampler="euler", steps=2, loras=loras)
    *_, last = engine.run(Generate(request))
    assert isinstance(last, ImageReady)
    return last.image.pixels


def test_a_look_at_the_noise_meanwhile_leaves_a_run_its_own_loras(engine: Engine, tmp_path: Path) -> None:
    whole = pixels(engine, Lora("peft"))
    Image.new("RGB", (64, 64), "teal").save(tmp_path / "a.png")
    other = replace(REQUEST, source=Source(str(tmp_path / "a.png"), 0.5), loras=(Lora("other"),))
    trip = result_of(engine, EncodePicture(other)).trip
    events = engine.run(Generate(replace(REQUEST, loras=(Lora("peft"),))))
    event = next(event for event in events if isinstance(event, Stepped))
    result_of(engine, PredictOnce(other, trip, event.frame.denoised, 500))
    *_, last = events
    assert isinstance(last, ImageReady)
    assert np.array_equal(last.image.pixels, whole)
