"""Textual inversion embeddings: their vectors reach the text encoders, however a prompt names them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.engine.engine import Engine
from core.errors import EmulsionError
from core.models.catalogue import Catalogue
from core.models.reading import read_model
from core.pictures.pixels import Pixels
from core.prompt.tokens import TokenCounter
from core.recipes.parameters import from_parameters, to_parameters
from core.request.json_codec import request_from_json, request_to_json
from core.request.request import Embedding, GenerationRequest, Size
from core.runs.branch import Branch
from core.runs.events import (
    EmbeddingDiffers,
    EmbeddingMisfit,
    EmbeddingPickled,
    Event,
    ImageReady,
    LoraInPart,
    Stepped,
)
from core.runs.operations import Generate, GenerateBranch
from tests import tiny

REQUEST = GenerationRequest("abc", "d", "tiny", Size(64, 64), "ddim", steps=2, guidance_scale=3.0, seed=5)
SECOND = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, and embeddings; ``letters`` holds the vectors that the tokens of "xy" have themselves."""
    models = tmp_path_factory.mktemp("embeddings") / "models"
    tiny.stable_diffusion(models / "tiny")
    tiny.stable_diffusion_xl(models / "tiny-xl", second=SECOND)
    tiny.z_image(models / "tiny-z")
    (models / "embeddings").mkdir()
    generator = torch.Generator().manual_seed(2)
    for name, vectors in (("soft", 2), ("Soft-Light", 3), ("long", 20)):
        save_file(
            {"emb_params": torch.randn((vectors, tiny.WIDTH), generator=generator)},
            models / "embeddings" / f"{name}.safetensors",
        )
    both = {"clip_l": torch.randn((2, tiny.WIDTH)), "clip_g": torch.randn((2, SECOND))}
    save_file(both, models / "embeddings" / "pair.safetensors")
    table = own_vectors(models / "tiny" / "text_encoder")
    save_file({"*": table}, models / "embeddings" / "letters.safetensors")
    return models


def own_vectors(encoder: Path) -> torch.Tensor:
    """Returns the vectors of the tokens of "xy" in a tiny text encoder."""
    weights = load_file(encoder / "model.safetensors")
    table = next(value for name, value in weights.items() if name.endswith("token_embedding.weight"))
    words = tiny.tokenizer(encoder.parent / "words")
    return table[words("xy", add_special_tokens=False)["input_ids"]].clone()


@pytest.fixture
def engine(folder: Path) -> Engine:
    return Engine(Catalogue((folder,)), "cpu", "float32")


def events(engine: Engine, prompt: str, **changes: object) -> list[Event]:
    return list(engine.run(Generate(replace(REQUEST, prompt=prompt, **changes))))  # pyright: ignore[reportArgumentType]


def run(engine: Engine, prompt: str, **changes: object) -> ImageReady:
    *_, last = events(engine, prompt, **changes)
    assert isinstance(last, ImageReady)
    return last


def pixels(engine: Engine, prompt: str, **changes: object) -> Pixels:
    return run(engine, prompt, **changes).image.pixels


def test_vectors_take_the_place_of_the_tokens_of_the_name(engine: Engine) -> None:
    """The vectors that "xy" has anyway give the picture of "xy"."""
    assert np.array_equal(pixels(engine, "a letters b"), pixels(engine, "a xy b"))
    assert np.array_equal(pixels(engine, "(letters:1.5) b"), pixels(engine, "(xy:1.5) b"))


@pytest.mark.parametrize("spelling", ["embedding:soft", "<embed:soft>", "SOFT"])
def test_other_programs_spellings_mean_the_same(engine: Engine, spelling: str) -> None:
    assert np.array_equal(pixels(engine, f"a {spelling} b"), pixels(engine, "a soft b"))


def test_the_longest_name_counts(engine: Engine) -> None:
    assert run(engine, "a soft-light b").film.request.embeddings[0].name == "Soft-Light"
    assert [one.name for one in run(engine, "soft-light, soft").film.request.embeddings] == ["soft", "Soft-Light"]


def test_a_prompt_that_names_none_gives_the_same_picture_afterwards(engine: Engine) -> None:
    before = pixels(engine, "abc")
    assert not np.array_equal(pixels(engine, "abc soft"), before)
    assert np.array_equal(pixels(engine, "abc"), before)


def test_the_negative_prompt_names_them_too(engine: Engine) -> None:
    used = run(engine, "abc", negative_prompt="soft")
    assert [one.name for one in used.film.request.embeddings] == ["soft"]
    assert not np.array_equal(used.image.pixels, pixels(engine, "abc", negative_prompt="sort"))


def test_two_encoders_take_a_set_each(engine: Engine) -> None:
    used = run(engine, "a pair", model="tiny-xl")
    assert [one.name for one in used.film.request.embeddings] == ["pair"]
    assert not np.array_equal(used.image.pixels, pixels(engine, "a pain", model="tiny-xl"))


@pytest.mark.parametrize(("prompt", "model"), [("a pair", "tiny"), ("a soft b", "tiny-xl"), ("a long b", "tiny")])
def test_one_for_another_kind_is_not_used_and_told_with_both_kinds(
    engine: Engine, prompt: str, model: str
) -> None:
    seen = events(engine, prompt, model=model)
    (told,) = [event for event in seen if isinstance(event, EmbeddingMisfit)]
    assert told.made_for.startswith("a network for prompts")
    assert told.family
    last = seen[-1]
    assert isinstance(last, ImageReady)
    assert last.film.request.embeddings == ()


@pytest.mark.parametrize(("prompt", "is_told"), [("a Bad_Hands, b", True), ("bad_handsome", False), ("a", False)])
def test_one_that_is_pickled_is_told_when_it_is_named(
    engine: Engine, folder: Path, prompt: str, is_told: bool
) -> None:
    path = folder / "embeddings" / "bad_hands.pt"
    path.write_bytes(b"PK")
    (folder / "embeddings" / "soft.pt").write_bytes(b"PK")
    try:
        told = [event for event in events(engine, f"{prompt} soft") if isinstance(event, EmbeddingPickled)]
        assert told == [EmbeddingPickled("bad_hands", path)] * is_told
    finally:
        path.unlink()


def test_families_without_such_encoders_read_the_name(engine: Engine) -> None:
    assert run(engine, "soft", model="tiny-z", sampler="euler", size=Size(256, 256)).film.request.embeddings == ()


def test_the_recipe_has_name_and_hash_in_both_forms(engine: Engine, folder: Path) -> None:
    recipe = run(engine, "a soft b").image.recipe
    digest = hashlib.sha256((folder / "embeddings" / "soft.safetensors").read_bytes()).hexdigest()
    assert recipe.request.embeddings == (Embedding("soft", digest[:12]),)
    assert f'TI hashes: "soft: {digest[:12]}"' in to_parameters(recipe)
    assert from_parameters(to_parameters(recipe)).request.embeddings == recipe.request.embeddings
    assert request_from_json(request_to_json(recipe.request)) == recipe.request


def test_another_file_than_in_the_recipe_is_told(engine: Engine) -> None:
    for name, found in (("soft", 12), ("absent", 0)):
        asked = (Embedding(name, "0123456789ab"),)
        seen = events(engine, f"a {name} b", embeddings=asked)
        (told,) = [event for event in seen if isinstance(event, EmbeddingDiffers)]
        assert (told.name, told.asked, len(told.found)) == (name, "0123456789ab", found)
    assert not [e for e in events(engine, "abc", embeddings=asked) if isinstance(e, EmbeddingDiffers)]


def test_a_changed_file_is_read_again(engine: Engine, folder: Path) -> None:
    path = folder / "embeddings" / "fresh.safetensors"
    save_file({"a": torch.zeros((1, tiny.WIDTH))}, path)
    before = pixels(engine, "fresh")
    save_file({"a": torch.ones((2, tiny.WIDTH))}, path)
    assert not np.array_equal(pixels(engine, "fresh"), before)
    save_file({"a": torch.full((2, tiny.WIDTH), torch.nan)}, path)
    with pytest.raises(EmulsionError, match="not numbers"):
        run(engine, "fresh")


def test_a_run_is_resumed_exactly_and_its_words_have_the_vectors(engine: Engine) -> None:
    *_, last = steps = list(engine.run(Generate(replace(REQUEST, prompt="a soft b"), attention=True)))
    assert isinstance(last, ImageReady)
    record = next(event.attention for event in reversed(steps) if isinstance(event, Stepped))
    assert record is not None
    assert [(word.text, word.first_token, word.end_token) for word in record.words] == [
        ("a", 1, 2),
        ("soft", 2, 4),
        ("b", 4, 5),
    ]
    *_, again = engine.run(GenerateBranch(Branch(last.film, 1, last.film.request)))
    assert isinstance(again, ImageReady)
    assert np.array_equal(again.image.pixels, last.image.pixels)


def test_tokens_are_counted_as_vectors(folder: Path) -> None:
    counter = TokenCounter.for_model(read_model(folder / "tiny", "tiny"))
    assert counter.count("a soft b").tokens == 6
    known = counter.knowing({"soft": 2, "Soft-Light": 9})
    assert [known.count(text).tokens for text in ("a soft b", "a soft-light b", "embedding:soft")] == [4, 11, 2]
    assert known.count("soft-light " * 2).limit == 28
    assert counter.count("a soft b").tokens == 6


@pytest.fixture
def bundle(folder: Path) -> Path:
    """A LoRA whose file brings two embeddings."""
    path = folder / "loras" / "ink.safetensors"
    tiny.lora(path, tiny.unet(), "unet")
    generator = torch.Generator().manual_seed(9)
    more = {
        f"bundle_emb.{name}.string_to_param.*": torch.randn((2, tiny.WIDTH), generator=generator)
        for name in ("inky", "blot")
    }
    save_file(load_file(path) | more, path)
    return path


def test_a_lora_s_file_may_bring_embeddings(engine: Engine, bundle: Path) -> None:
    used = run(engine, "a inky b <lora:ink:0.5>")
    assert [one.name for one in used.film.request.embeddings] == ["inky"]
    assert not np.array_equal(used.image.pixels, pixels(engine, "a inka b <lora:ink:0.5>"))
    assert not np.array_equal(used.image.pixels, pixels(engine, "a blot b <lora:ink:0.5>"))
    assert run(engine, "a inky b").film.request.embeddings == ()
    *_, again = engine.run(GenerateBranch(Branch(used.film, 1, used.film.request)))
    assert isinstance(again, ImageReady)
    assert np.array_equal(again.image.pixels, used.image.pixels)


def test_the_embeddings_of_a_lora_s_file_are_not_left_out(engine: Engine, bundle: Path) -> None:
    assert not [event for event in events(engine, "a <lora:ink:0.5>") if isinstance(event, LoraInPart)]
