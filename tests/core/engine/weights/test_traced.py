"""Weights are read one by one, into the form of the network; those of large convolutions at their first call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from safetensors.torch import load_file, save_file

from core.engine.engine import Engine
from core.engine.loading.lora_additions import AdaptedLayer, Product
from core.engine.networks import processor_layers
from core.engine.networks.processor_blocks import use_processor_layers
from core.engine.networks.processor_layers import ProcessorConv2d
from core.engine.weights.single_file import WeightFile
from core.engine.weights.traced import Traced
from core.errors import ModelBroken
from core.files.safetensors_header import read_safetensors_header
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, ImageReady
from core.runs.operations import Generate
from tests import tiny

REQUEST = GenerationRequest("abc", model="tiny", size=Size(32, 24), steps=2, seed=7)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    tiny.autoencoder().save_pretrained(tmp_path)
    return tmp_path / "diffusion_pytorch_model.safetensors"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convolutions of tiny networks wait as large ones do."""
    monkeypatch.setattr(processor_layers, "_LARGE_BYTES", 0)


def built(file: Path, dtype: torch.dtype = torch.float32, *, defers: bool) -> Any:
    source = WeightFile.of(read_safetensors_header(file))
    module, _ = source.build(AutoencoderKL, tiny.autoencoder().config, dtype, "its network", "", defers)
    use_processor_layers(module)
    return module


def waiting(module: Any) -> set[str]:
    """Names of the convolutions whose place holders are still there."""
    convolutions = {name: part for name, part in module.named_modules() if isinstance(part, torch.nn.Conv2d)}
    return {name for name, part in convolutions.items() if not part.weight.is_mkldnn and part.weight.isnan().all()}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@torch.inference_mode()
def test_convolutions_of_the_encoder_wait_until_it_is_called_and_give_equal_numbers(
    file: Path, dtype: torch.dtype
) -> None:
    lazy, eager = (built(file, dtype, defers=defers) for defers in (True, False))
    everything = {name for name in waiting(lazy) if name.startswith("encoder.")}
    assert "encoder.conv_in" in everything
    x = torch.randn(1, 4, 8, 8).to(dtype)
    assert torch.equal(lazy.decode(x).sample, eager.decode(x).sample)
    assert {name for name in waiting(lazy) if name.startswith("encoder.")} == everything
    pixels = torch.randn(1, 3, 32, 32).to(dtype)
    assert torch.equal(lazy.encode(pixels).latent_dist.mean, eager.encode(pixels).latent_dist.mean)
    assert not waiting(lazy)


@pytest.mark.usefixtures("small")
def test_weights_that_wait_are_read_for_another_dtype_but_not_where_nothing_moves(file: Path) -> None:
    lazy = built(file, defers=True)
    before = waiting(lazy)
    torch.nn.Module.to(lazy, "cpu", torch.float32)
    assert waiting(lazy) == before
    lazy.to(torch.bfloat16)
    for name, value in load_file(file).items():
        assert torch.equal(lazy.state_dict()[name], value.bfloat16()), name


@pytest.mark.usefixtures("small")
@torch.inference_mode()
def test_a_lora_acts_on_a_convolution_that_waits(file: Path) -> None:
    results = []
    for defers in (True, False):
        layer = AdaptedLayer(built(file, defers=defers).encoder.conv_in)
        assert isinstance(layer.base_layer, ProcessorConv2d)
        factors = {"down": torch.ones(1, 3, 3, 3), "up": torch.ones(layer.base_layer.out_channels, 1, 1, 1)}
        layer.add(0, Product(layer.base_layer, factors, (1.0, 1), slice(None)))
        layer.weigh([0.5])
        results.append(layer(torch.ones(1, 3, 8, 8)))
    assert torch.equal(*results)


def _cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _replace(path: Path) -> None:
    weights = {name: value + 1 for name, value in load_file(path).items()}
    save_file(weights, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


CHANGES = [(_cut_off, "cut off|changed since"), (_replace, "changed since"), (Path.unlink, "cannot be read")]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("change", "words"), CHANGES)
@torch.inference_mode()
def test_a_file_that_has_changed_before_its_weights_are_needed_is_told(
    file: Path, change: Callable[[Path], None], words: str
) -> None:
    lazy = built(file, defers=True)
    change(file)
    for _ in range(2):  # the layer stays as it is
        with pytest.raises(ModelBroken, match=words):
            lazy.encode(torch.randn(1, 3, 32, 32))
    assert lazy.decode(torch.randn(1, 4, 8, 8)).sample.isfinite().all()


@pytest.mark.usefixtures("small")
@torch.inference_mode()
def test_too_little_memory_while_they_are_read_leaves_them_waiting(file: Path) -> None:
    layer = built(file, defers=True).encoder.conv_in
    read = layer._read

    def fail() -> None:
        raise MemoryError

    layer._read = fail
    with pytest.raises(MemoryError):
        layer(torch.ones(1, 3, 8, 8))
    layer._read = read
    assert layer(torch.ones(1, 3, 8, 8)).isfinite().all()


def pixels(events: list[Event]) -> Any:
    return next(event.image.pixels for event in events if isinstance(event, ImageReady))


def test_a_run_with_weights_that_wait_makes_the_same_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.stable_diffusion(tmp_path / "tiny")
    pictures = []
    for least in (2**40, 0):
        monkeypatch.setattr(processor_layers, "_LARGE_BYTES", least)
        engine = Engine(Catalogue((tmp_path,)), device="cpu", dtype="float32")
        pictures.append(pixels(list(engine.run(Generate(REQUEST)))))
    assert np.array_equal(*pictures)


@pytest.mark.usefixtures("small")
def test_a_model_that_changes_within_a_run_ends_it_and_the_next_run_reads_it_anew(tmp_path: Path) -> None:
    tiny.stable_diffusion(tmp_path / "tiny")
    engine = Engine(Catalogue((tmp_path,)), device="cpu", dtype="float32")
    run = engine.run(Generate(REQUEST))
    while type(next(run)).__name__ != "Started":
        pass
    _replace(tmp_path / "tiny" / "unet" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(ModelBroken, match="start the run again"):
        list(run)
    assert pixels(list(engine.run(Generate(REQUEST)))).shape == (24, 32, 3)


def test_what_is_made_of_tensors_is_computed_of_their_content(tmp_path: Path) -> None:
    whole = torch.arange(24.0).reshape(6, 4)
    save_file({"a": whole, "b": torch.tensor(2.0)}, tmp_path / "a.safetensors")
    header = read_safetensors_header(tmp_path / "a.safetensors")
    a, b = Traced.of(header, "a"), Traced.of(header, "b")
    made: Any = (a.chunk(3)[1].T.contiguous().float() * b).to(torch.float16).contiguous()
    assert made.device.type == "meta"
    assert made.sources == {"a", "b"}
    assert torch.equal(made.content(), (whole[2:4].T * 2).half())


def test_a_part_of_a_tensor_does_not_keep_the_whole(file: Path) -> None:
    for value in built(file, defers=False).state_dict().values():
        assert value.untyped_storage().nbytes() == value.nbytes
