"""Batches: the same with workers and without, from postcards that may still be being drawn."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
import torch

from core.training.batches import LatentBatches, PictureBatches, plan, supplied
from core.training.checkpoint import Progress
from core.training.postcards import draw_postcards
from core.training.settings import TINY
from core.training.shards import ROWS, Shards, latents
from core.training.tokenizer import learn_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    draw_postcards(folder, TINY.pictures, TINY.size_px, 1)
    learn_tokenizer(folder / "tokenizer", TINY.vocabulary, TINY.diffusion.text_length, captions=50)
    latents(folder).write(0, np.random.default_rng(0).random((TINY.pictures, 4, 16, 16)).astype(np.float16))
    return folder


def test_plan_counts_the_samples_of_every_step() -> None:
    steps = islice(plan(Progress(3, 10), lambda samples: 5 if samples < 20 else 1), 4)
    assert [(step.step, step.samples) for step in steps] == [(3, 10), (4, 15), (5, 20), (6, 21)]


def test_workers_supply_the_same_batches_in_the_same_order(folder: Path) -> None:
    batches = LatentBatches(TINY, folder, rank=0)
    alone, helped = (
        list(islice(supplied(batches, plan(Progress(), lambda _: 4), workers), 5)) for workers in (0, 2)
    )
    for one, other in zip(alone, helped, strict=True):
        assert torch.equal(one.latents, other.latents)
        assert torch.equal(one.tokens, other.tokens)
        assert one.noise_seed == other.noise_seed


def test_each_process_gets_other_batches(folder: Path) -> None:
    first, second = (PictureBatches(TINY, folder, rank)(Progress()) for rank in (0, 1))
    assert not torch.equal(first.pictures, second.pictures)


def test_last_pictures_are_whole_and_as_many_pixels_as_the_crops(folder: Path) -> None:
    batches = PictureBatches(TINY, folder, rank=0)
    early, late = (batches(Progress(9, samples)).pictures for samples in (0, TINY.autoencoder.samples))
    assert early.shape == (4, 3, 16, 16)
    assert late.shape == (1, 3, 32, 32)
    assert batches.size(TINY.autoencoder.samples) == 1


def test_early_batches_need_few_postcards_and_later_ones_all(tmp_path: Path) -> None:
    batches = PictureBatches(replace(TINY, pictures=20_000), tmp_path, rank=0)
    total = TINY.autoencoder.samples
    assert [batches.available(samples) for samples in (0, total // 4, total // 2, total)] == [
        2 * ROWS,
        ROWS + 10_000,
        20_000,
        20_000,
    ]


def test_reader_waits_for_a_file_that_is_still_being_made(tmp_path: Path) -> None:
    shards = Shards(tmp_path, "numbers")
    writer = Timer(0.3, shards.write, (ROWS, np.arange(5)))
    writer.start()
    assert shards[ROWS + 2] == 2
    writer.join()


def test_first_rows_run_over_several_files(tmp_path: Path) -> None:
    shards = Shards(tmp_path, "numbers")
    shards.write(0, np.arange(ROWS))
    shards.write(ROWS, np.arange(ROWS, 2 * ROWS))
    assert shards.first(ROWS + 3).tolist() == list(range(ROWS + 3))
