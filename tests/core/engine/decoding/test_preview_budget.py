"""Previews: the right colours for any autoencoder, within the time that they may cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.engine.decoding.preview_budget import DecodeTimes, PreviewBudget, fit_latent_rgb, latent_rgb_of
from core.engine.networks.kl_autoencoder import KLAutoencoder
from core.film.latent_rgb import FILE_NAME, LatentRgb
from core.request.request import Size
from core.runs.events import PreviewMode
from tests import tiny

KEY = ("m", Size(64, 64), False)


class ColouredLatents(torch.nn.Module):
    """An autoencoder whose latents are known mixtures of colours: what the fit must find."""

    MIX = torch.tensor([[0.5, 0.2, 0.0], [0.0, 0.7, 0.1], [0.3, 0.0, 0.6], [0.0, 0.0, 0.0]])

    def __init__(self) -> None:
        super().__init__()
        self.config = tiny.autoencoder().config
        self.device, self.dtype = torch.device("cpu"), torch.float32

    def encode(self, pictures: torch.Tensor) -> ColouredLatents:
        small = torch.nn.functional.avg_pool2d(pictures, 4)
        self.latents = torch.einsum("kc,bchw->bkhw", self.MIX, small)
        return self

    @property
    def latent_dist(self) -> ColouredLatents:
        return self

    @property
    def mean(self) -> torch.Tensor:
        return self.latents

    @property
    def std(self) -> torch.Tensor:
        return torch.zeros_like(self.latents)

    def parameters(self, recurse: bool = True) -> Iterator[torch.nn.Parameter]:
        yield torch.nn.Parameter(torch.zeros(1))


def test_the_fit_finds_the_colours_of_an_unknown_autoencoder() -> None:
    found = fit_latent_rgb(KLAutoencoder(ColouredLatents()))
    for colour in ([1.0, -1.0, -1.0], [-0.5, 0.5, 0.5], [0.0, 0.0, 0.0]):
        latent = (ColouredLatents.MIX @ torch.tensor(colour) * 0.5).numpy().reshape(4, 1, 1)
        expected = (np.array(colour) + 1) * 127.5
        assert np.abs(found.picture(latent)[0, 0] - expected).max() < 8


def test_known_autoencoders_come_from_the_table() -> None:
    vae = tiny.autoencoder()
    vae.register_to_config(scaling_factor=0.18215)
    assert latent_rgb_of(KLAutoencoder(vae)).matrix[0, 0] == np.float32(0.3444)


def test_a_latent_becomes_a_small_picture() -> None:
    rgb = LatentRgb(np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    latent = np.zeros((3, 2, 5), np.float32)
    latent[0], latent[1] = 1.0, -1.0
    picture = rgb.picture(latent)
    assert picture.shape == (2, 5, 3)
    assert picture[0, 0].tolist() == [255, 0, 128]


def test_joined_places_are_put_side_by_side_first() -> None:
    rgb = LatentRgb(np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    apart = torch.linspace(-1, 1, 3 * 4 * 6).reshape(3, 4, 6)
    joined = torch.nn.functional.pixel_unshuffle(apart, 2)
    assert joined.shape == (12, 2, 3)
    assert np.array_equal(rgb.picture(joined.numpy()), rgb.picture(apart.numpy()))
    with pytest.raises(ValueError, match="does not fit latents of 5"):
        rgb.joined(5)


@pytest.mark.parametrize("content", ["", "{}", '{"matrix": [[1, 2]], "bias": [0, 0, 0]}', "[1]"])
def test_a_damaged_map_beside_a_model_is_left_out(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content, "utf-8")
    assert LatentRgb.read(tmp_path) is None


def test_a_map_beside_a_model_is_read(tmp_path: Path) -> None:
    content = {"matrix": [[1, 0, 0], [0, 1, 0]], "bias": [0, 0, 0.5]}
    (tmp_path / FILE_NAME).write_text(json.dumps(content), "utf-8")
    found = LatentRgb.read(tmp_path)
    assert found is not None
    assert found.matrix.shape == (2, 3)


def decodes(mode: PreviewMode, times: DecodeTimes, calls: int, decode_seconds: float) -> int:
    budget = PreviewBudget(mode, times, KEY)
    count = 0
    for _ in range(calls):
        budget.add_call(1.0)
        if budget.allows_decode:
            budget.add_decode(decode_seconds, is_preview=True)
            count += 1
    return count


def test_automatic_previews_stay_within_five_percent() -> None:
    assert decodes(PreviewMode.automatic, {KEY: 1.0}, calls=100, decode_seconds=1.0) == 5
    assert decodes(PreviewMode.automatic, {KEY: 0.01}, calls=20, decode_seconds=0.01) == 20
    assert decodes(PreviewMode.automatic, {}, calls=30, decode_seconds=1.0) == 0  # not measured yet: be careful


def test_the_other_modes_do_as_they_are_told() -> None:
    assert decodes(PreviewMode.linear, {KEY: 0.0}, calls=9, decode_seconds=0.0) == 0
    assert decodes(PreviewMode.every_step, {}, calls=9, decode_seconds=50.0) == 9


def test_what_a_run_measures_the_next_one_knows() -> None:
    times: DecodeTimes = {}
    PreviewBudget(PreviewMode.linear, times, KEY).add_decode(0.25, is_preview=False)
    assert times == {KEY: 0.25}
