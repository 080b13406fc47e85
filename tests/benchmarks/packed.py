"""Measures a large model in packed weights: the plan against the memory that a run takes, and seconds per step.

    python -m tests.benchmarks.packed FOLDER [--form int8|fp8] [--size 512] [--steps 2]
    python -m tests.benchmarks.packed FOLDER --starts 2 [--steps 0]

FOLDER gets Z-Image of full size with random weights, once: 10.3 GB. Each run is a process of its own. With several
starts the encoded prompt is kept on the disk, so that those after the first do without the text encoder.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from transformers import Qwen3Config, Qwen3Model

from core.checkpoints.cache import CheckpointCache
from core.engine.engine import Engine
from core.engine.loading.kept import encoder_files
from core.models.catalogue import Catalogue
from core.prompt.encodings import Encodings
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, PreviewMode, Started, Stepped
from core.runs.operations import Generate, ReportMemory, result_of
from tests import tiny

GROUP = 256
CODES_AT_ONCE = 2**24
NOTES = {
    "int8": {"format": "int8_tensorwise", "convrot": True, "convrot_groupsize": GROUP},
    "fp8": {"format": "float8_e4m3fn"},
}
TYPES = {"int8": "I8", "fp8": "F8_E4M3"}
NAME = "z-image"


def z_image(folder: Path, form: str) -> None:
    """Saves a diffusers folder: transformer of 6,155 M, Qwen3 of 4,022 M and autoencoder of 84 M parameters."""
    with torch.device("meta"):
        transformer = ZImageTransformer2DModel()
        encoder = Qwen3Model(
            Qwen3Config(
                vocab_size=151936,
                hidden_size=2560,
                intermediate_size=9728,
                num_hidden_layers=36,
                num_attention_heads=32,
                num_key_value_heads=8,
                head_dim=128,
            )
        )
    tiny.z_image(folder)
    for part, name in ((transformer, "transformer"), (encoder, "text_encoder")):
        for file in (folder / name).glob("*.safetensors"):
            file.unlink()
        stem = "model" if name == "text_encoder" else "diffusion_pytorch_model"
        write(folder / name / f"{stem}.safetensors", part, form)
    transformer.save_config(folder / "transformer")
    encoder.config.save_pretrained(folder / "text_encoder")
    torch.manual_seed(0)
    config: dict[str, Any] = {
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 2,
        "latent_channels": 16,
        "scaling_factor": 0.3611,
        "shift_factor": 0.1159,
        "use_quant_conv": False,
        "use_post_quant_conv": False,
    }
    vae: Any = AutoencoderKL(**config)
    vae.to(torch.bfloat16).save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(folder / "scheduler")


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor of the file to be written, with a function for its bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int


def write(path: Path, part: torch.nn.Module, form: str) -> None:
    """Writes random weights, one tensor after the other; the same codes come again and again."""
    note = json.dumps(NOTES[form]).encode()
    stored = list(tensors_of(part, form, len(note)))
    at, header = 0, {}
    for one in stored:
        header[one.name] = {"dtype": one.dtype, "shape": one.shape, "data_offsets": [at, at + one.bytes]}
        at += one.bytes
    rng = torch.Generator().manual_seed(0)
    drawn = torch.randn(CODES_AT_ONCE, generator=rng)
    codes = (drawn * 32).clamp(-127, 127).to(torch.int8) if form == "int8" else drawn.to(torch.float8_e4m3fn)
    random = {TYPES[form]: codes, "BF16": (drawn * 0.02).to(torch.bfloat16)}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for one in stored:
            if one.dtype == "U8":
                file.write(note)
            elif one.dtype == "F32":
                file.write(torch.full(one.shape, 0.02 / (32 if form == "int8" else 1)).numpy().tobytes())
            elif len(one.shape) == 1:
                value = 1.0 if one.name.endswith("weight") else 0.0
                file.write(torch.full(one.shape, value).to(torch.bfloat16).view(torch.int16).numpy().tobytes())
            else:
                content, left = memoryview(cast("Any", random[one.dtype].view(torch.uint8).numpy())), one.bytes
                while left:
                    left -= file.write(content[:left])


def tensors_of(part: torch.nn.Module, form: str, note_bytes: int) -> Iterator[Stored]:
    for name, layer in part.named_modules():
        for kind, value in layer.named_parameters(recurse=False):
            full, shape = f"{name}.{kind}".removeprefix("."), tuple(value.shape)
            is_packed = isinstance(layer, torch.nn.Linear | torch.nn.Embedding) and kind == "weight"
            if not is_packed or shape[1] % GROUP:
                yield Stored(full, "BF16", shape, 2 * value.numel())
                continue
            yield Stored(full, TYPES[form], shape, value.numel())
            yield Stored(f"{full}_scale", "F32", (shape[0], 1), 4 * shape[0])
            yield Stored(f"{full.removesuffix('weight')}comfy_quant", "U8", (note_bytes,), note_bytes)


def run(folder: Path, size: int, steps: int, *, keeps: bool) -> dict[str, Any]:
    """Makes a picture, or with 0 steps goes to its first one; returns seconds, and bytes planned and taken.

    With ``keeps`` encoded prompts are kept; then the encoder has been hashed before, as by an earlier run.
    """
    memory = CheckpointCache(folder / "hashes.json")
    catalogue = Catalogue((folder,), memory)
    encodings = Encodings(folder / "encodings") if keeps else None
    for file in encoder_files(catalogue.find(NAME)) if keeps else ():
        memory.sha256_of(file)
    before = peak()
    engine = Engine(catalogue, device="cpu", encodings=encodings)
    request = GenerationRequest("a house", "", NAME, Size(size, size), "euler", max(steps, 1), 1.0, 7)
    times = [("began", time.perf_counter(), time.process_time())]
    plan = None
    for event in engine.run(Generate(request, PreviewMode.linear)):
        match event:
            case Started():
                times.append(("loaded, prompt read", time.perf_counter(), time.process_time()))
                plan = result_of(engine, ReportMemory()).plan
                if not steps:
                    break
            case Stepped():
                times.append(("step", time.perf_counter(), time.process_time()))
            case ImageReady():
                times.append(("picture ready", time.perf_counter(), time.process_time()))
            case _:
                pass
    assert plan is not None
    engine.close()
    pairs = list(pairwise(times))
    return {
        "seconds": [(name, round(at - before[1], 1)) for before, (name, at, _) in pairs],
        "processor seconds": [(name, round(spent - before[2], 1)) for before, (name, _, spent) in pairs],
        "placement": plan.placement.name,
        "weights": plan.weights,
        "planned": plan.needed,
        "taken": peak() - before,
        "dtype": str(engine.plan.dtype),
    }


def peak() -> int:
    """Returns the most memory that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.packed", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--form", choices=tuple(TYPES), default="int8")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--starts", type=int, default=1)
    parser.add_argument("--here", action="store_true", help="run in this process")
    arguments = parser.parse_args()
    place = arguments.folder / arguments.form
    if arguments.here:
        print(json.dumps(run(place, arguments.size, arguments.steps, keeps=arguments.starts > 1)))
        return
    if not (place / NAME / "vae" / "config.json").exists():
        z_image(place / NAME, arguments.form)
    options = ["--form", arguments.form, "--size", str(arguments.size), "--steps", str(arguments.steps)]
    options += ["--starts", str(arguments.starts), "--here"]
    command = [sys.executable, "-m", __spec__.name, str(arguments.folder), *options]
    shutil.rmtree(place / "encodings", ignore_errors=True)
    for _ in range(arguments.starts):
        answer = json.loads(
            subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
        )
        print(json.dumps(answer, indent=1))
        if arguments.steps:
            print(f"the plan differs by {answer['planned'] / answer['taken'] - 1:+.1%} from what was taken")


if __name__ == "__main__":
    main()
