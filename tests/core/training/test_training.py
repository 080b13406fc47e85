"""Training in the tiny setting: it can be stopped and resumed, and ends in a folder the stock pipeline loads."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from PIL import Image
from safetensors.torch import load_file

from core.engine.upscaling.reading import read_network
from core.training.__main__ import main
from core.training.attributes import CATEGORIES
from core.training.autoencoder import train_autoencoder
from core.training.checkpoint import load_checkpoint
from core.training.decoder import train_decoder
from core.training.diffusion import train_diffusion
from core.training.latents import encode, finished_autoencoder, standardise, trained_autoencoder
from core.training.networks import decoded
from core.training.parallel import Team
from core.training.postcards import FIRST_UNSEEN, draw_postcards, postcards, unseen_postcards
from core.training.reconstruction import reconstruct
from core.training.regulariser import VectorQuantised
from core.training.settings import TINY, Run
from core.training.shards import latents
from core.training.upscaler import pairs
from core.training.words import EXAMPLE_PROMPTS

ALONE = Team(0, 1, torch.device("cpu"))
ROOT = Path(__file__).parents[3]
SAMPLES = 60
"""Enough for a process to be killed long before its end."""

WITHOUT_QT = """
import gc, runpy, sys
gc.disable()  # a third of the time that the imports take
sys.modules.update({"PySide6": None, "app": None})
runpy.run_module("core.training", run_name="__main__", alter_sys=True)
"""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of a whole tiny run, made by the command line."""
    folder = tmp_path_factory.mktemp("run")
    main(["all", *options(folder)])
    return folder


def options(folder: Path) -> list[str]:
    return ["--size", "tiny", "--folder", str(folder), "--processes", "1"]


def links(run: Path, folder: Path, *names: str) -> Path:
    """A run's folder that shares parts of another."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).symlink_to(run / name)
    return folder


def losses(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text(encoding="utf-8").splitlines()


def test_drawn_shards_are_kept(run: Path) -> None:
    before = postcards(run, TINY.size_px).first(TINY.pictures)
    stamps = [path.stat().st_mtime_ns for path in sorted((run / "postcards").iterdir())]
    draw_postcards(run, TINY.pictures, TINY.size_px, 1)
    assert [path.stat().st_mtime_ns for path in sorted((run / "postcards").iterdir())] == stamps
    assert before.shape == (TINY.pictures, TINY.size_px, TINY.size_px, 3)


def test_unseen_postcards_are_not_among_the_trained() -> None:
    assert TINY.pictures < FIRST_UNSEEN
    assert unseen_postcards(2, 32).shape == (2, 32, 32, 3)


def test_stopped_autoencoder_training_goes_on_with_the_same_losses(run: Path, tmp_path: Path) -> None:
    folder = links(run, tmp_path / "stopped", "postcards")
    train_autoencoder(Run(TINY, folder, seconds=0.0), ALONE)
    while load_checkpoint(folder / "autoencoder.safetensors")[1].samples < TINY.autoencoder.samples:
        train_autoencoder(Run(TINY, folder, seconds=0.3), ALONE)
    assert losses(folder, "autoencoder.csv") == losses(run, "autoencoder.csv")
    assert load_checkpoint(folder / "autoencoder.safetensors")[1].samples == TINY.autoencoder.samples


def test_stopped_diffusion_training_goes_on_with_the_same_losses(run: Path, tmp_path: Path) -> None:
    stopped = links(run, tmp_path / "stopped", "postcards", "tokenizer", "latents", "autoencoder.safetensors")
    train_diffusion(Run(TINY, stopped, seconds=0.0, grid_seconds=None), ALONE)
    while load_checkpoint(stopped / "diffusion.safetensors")[1].samples < TINY.diffusion.samples:
        train_diffusion(Run(TINY, stopped, seconds=0.3, grid_seconds=None), ALONE)
    assert losses(stopped, "diffusion.csv") == losses(run, "diffusion.csv")
    first, second = (load_file(folder / "diffusion.safetensors") for folder in (run, stopped))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_standardised_latents_have_unit_deviation_and_decode_to_the_same_picture(run: Path) -> None:
    pictures = postcards(run, TINY.size_px).first(TINY.pictures)
    network = trained_autoencoder(TINY, run)
    with torch.no_grad():
        before = decoded(network, encode(network, pictures[:4]))
        standardise(network, pictures)
        encoded = encode(network, pictures)
        after = decoded(network, encoded[:4])
    assert torch.allclose(encoded.mean(dim=(0, 2, 3)), torch.zeros(4), atol=1e-4)
    assert torch.allclose(encoded.std(dim=(0, 2, 3)), torch.ones(4), atol=1e-3)
    assert torch.allclose(before, after, atol=1e-4)


def test_cached_latents_belong_to_their_pictures(run: Path) -> None:
    cached = latents(run).first(TINY.pictures)
    pictures = postcards(run, TINY.size_px).first(TINY.pictures)
    network = trained_autoencoder(TINY, run)
    standardise(network, pictures[:500])
    assert np.allclose(cached[5:9], encode(network, pictures[5:9]).numpy(), atol=5e-3)


def test_whole_run_ends_in_a_folder_that_the_stock_pipeline_loads(run: Path) -> None:
    model = run / "model"
    pipeline: Any = StableDiffusionPipeline.from_pretrained(model, use_safetensors=True)
    pipeline.set_progress_bar_config(disable=True)
    made = pipeline("a red house", num_inference_steps=2, output_type="np", generator=torch.manual_seed(0)).images
    assert made.shape == (1, TINY.size_px, TINY.size_px, 3)
    assert pipeline.scheduler.config.prediction_type == "v_prediction"
    assert pipeline.scheduler.config.rescale_betas_zero_snr
    assert pipeline.vae.config.scaling_factor == 1.0
    preview = json.loads((model / "latent_rgb.json").read_text(encoding="utf-8"))
    assert np.shape(preview["matrix"]) == (TINY.autoencoder.latent_channels, 3)
    assert np.shape(preview["bias"]) == (3,)
    words = json.loads((model / "words.json").read_text(encoding="utf-8"))
    assert set(EXAMPLE_PROMPTS) < set(words["prompts"])
    assert "red" in words["words"]["colour"]
    assert (run / "diffusion.csv").exists()
    assert list((run / "samples").glob("*.png"))


def test_a_model_is_judged(run: Path) -> None:
    main(["judge", *options(run), "--model", str(run / "model"), "--prompts", "2", "--seeds", "2"])
    judged = json.loads((run / "judged" / "judge.json").read_text(encoding="utf-8"))
    assert judged["prompts"] == judged["seeds"] == 2
    assert set(judged["verdicts"][0]["categories"]) <= set(CATEGORIES)
    assert (run / "judged" / "guidance-2.png").exists()


def test_a_model_paints_the_showcase(run: Path, tmp_path: Path) -> None:
    target = tmp_path / "shown.png"
    main(["showcase", *options(run), "--model", str(run / "model"), "--target", str(target)])
    with Image.open(target) as shown:
        assert shown.size == (4 * TINY.size_px, 4 * TINY.size_px)


def test_vector_quantised_autoencoder_gives_the_decoder_nothing_but_codes(run: Path, tmp_path: Path) -> None:
    folder = links(run, tmp_path, "postcards")
    settings = replace(TINY, autoencoder=replace(TINY.autoencoder, regulariser="vq", codes=16))
    train_autoencoder(Run(settings, folder), ALONE)
    found = reconstruct(settings, folder, TINY.unseen)
    assert found.samples == TINY.autoencoder.samples
    assert found.psnr > 8
    assert found.codes_used is not None
    assert found.perplexity is not None
    assert 1 <= found.perplexity <= 16 * found.codes_used + 1e-3
    autoencoder = VectorQuantised(settings.autoencoder, TINY.size_px)
    pictures = torch.rand(2, 3, TINY.size_px, TINY.size_px) * 2 - 1
    codes = autoencoder.encoded(pictures).permute(0, 2, 3, 1).reshape(-1, autoencoder.channels)
    book = next(
        value for name, value in autoencoder.network.named_parameters() if name == "quantize.embedding.weight"
    )
    assert torch.cdist(codes, book).min(dim=1).values.max() < 1e-3


def test_gradient_passes_the_codebook_to_the_encoder() -> None:
    autoencoder = VectorQuantised(TINY.autoencoder, TINY.size_px)
    latents, penalty = autoencoder.learnt_from(torch.rand(1, 3, 32, 32), torch.Generator())
    (autoencoder.decoded(latents).square().mean() + penalty).backward()
    gradients = {name: value.grad for name, value in autoencoder.network.named_parameters()}
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients.values())


def test_reconstruction_is_measured_and_shown(run: Path, tmp_path: Path) -> None:
    folder = links(run, tmp_path, "autoencoder.safetensors")
    found = reconstruct(TINY, folder, TINY.unseen)
    assert (found.regulariser, found.pictures, found.codes_used) == ("kl", TINY.unseen, None)
    assert json.loads((folder / "reconstruction.json").read_text(encoding="utf-8"))["psnr"] == found.psnr
    assert (folder / "reconstruction.png").exists()


def test_second_training_of_the_decoder_changes_pictures_but_no_latents(run: Path, tmp_path: Path) -> None:
    pictures = postcards(run, TINY.size_px).first(4)
    before = finished_autoencoder(TINY, links(run, tmp_path, "postcards", "autoencoder.safetensors"))
    after = finished_autoencoder(TINY, run)
    with torch.no_grad():
        assert torch.equal(encode(before, pictures), encode(after, pictures))
        assert not torch.equal(decoded(before, encode(before, pictures)), decoded(after, encode(after, pictures)))


def test_upscaler_is_trained_for_a_finished_model(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, target = tmp_path / "upscaler", tmp_path / "up.safetensors"
    main(["upscaler", *options(folder), "--model", str(run / "model"), "--target", str(target)])
    assert "dB by Lanczos, on 20 unseen pictures" in capsys.readouterr().out
    network, kind = read_network(target, "", None)
    assert (kind.architecture, kind.scale) == ("Compact", 4)
    small, large = (shards.first(TINY.upscaler.pictures) for shards in pairs(folder, TINY.size_px))
    assert large.shape[1:] == (4 * TINY.size_px, 4 * TINY.size_px, 3)
    assert network(torch.zeros(1, 3, 5, 4)).shape == (1, 3, 20, 16)
    drawn = np.stack(
        [
            np.asarray(Image.fromarray(one).resize((TINY.size_px, TINY.size_px), Image.Resampling.BOX))
            for one in large
        ]
    )
    own, other = (np.abs(small.astype(float) - shifted).mean() for shifted in (drawn, np.roll(drawn, 1, axis=0)))
    assert own < other, "each small picture belongs to its drawing"


def test_stopped_training_of_the_decoder_goes_on_with_the_same_losses(run: Path, tmp_path: Path) -> None:
    parts = ("postcards", "tokenizer", "latents", "autoencoder.safetensors", "diffusion.safetensors")
    stopped = links(run, tmp_path, *parts)
    train_decoder(Run(TINY, stopped, seconds=0.0), ALONE)
    train_decoder(Run(TINY, stopped), ALONE)
    assert losses(stopped, "decoder.csv") == losses(run, "decoder.csv")


@pytest.fixture(scope="module")
def killed(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of a training in a process where Qt cannot be imported, killed after its third step."""
    folder = links(run, tmp_path_factory.mktemp("killed"), "postcards")
    command = [sys.executable, "-c", WITHOUT_QT, "autoencoder", *options(folder), "--samples", str(SAMPLES)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        while not (folder / "autoencoder.csv").exists() or len(losses(folder, "autoencoder.csv")) < 4:
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
    return folder


def test_training_needs_neither_qt_nor_the_desktop_program(killed: Path) -> None:
    assert len(losses(killed, "autoencoder.csv")) >= 4


def test_killed_training_goes_on_with_the_same_losses(run: Path, killed: Path, tmp_path: Path) -> None:
    settings = replace(TINY, autoencoder=replace(TINY.autoencoder, samples=SAMPLES))
    whole = links(run, tmp_path, "postcards")
    train_autoencoder(Run(settings, whole), ALONE)
    assert len(losses(killed, "autoencoder.csv")) < len(losses(whole, "autoencoder.csv"))
    train_autoencoder(Run(settings, killed), ALONE)
    assert losses(killed, "autoencoder.csv") == losses(whole, "autoencoder.csv")
