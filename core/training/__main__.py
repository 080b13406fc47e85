"""`python -m core.training`: makes the starter model, whole or step by step, on a CPU or with CUDA.

Every step goes on from where it was stopped; the run's folder holds all it needs.
"""

import argparse
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from core.engine.sampling.schedulers import build
from core.models.reading import read_model
from core.paths import resources
from core.request.request import STARTER_MODEL
from core.request.samplers import SAMPLERS
from core.training.autoencoder import train_autoencoder
from core.training.decoder import train_decoder
from core.training.diffusion import train_diffusion
from core.training.export import export, finished_pipeline, trained_pipeline
from core.training.judgement import judged, ready_judge, table
from core.training.latents import encode_postcards
from core.training.networks import generated
from core.training.obedience import fixed_prompts
from core.training.parallel import Team, run_together
from core.training.pixels import save_grid
from core.training.postcards import draw_postcards, drawn_ahead
from core.training.reconstruction import reconstruct
from core.training.settings import SIZES, Run, Settings
from core.training.tokenizer import learn_tokenizer
from core.training.upscaler import export_upscaler, measured, train_upscaler
from core.training.words import SHOWCASE_PROMPTS
from core.upscalers.library import OF_STARTER


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    folder: Path = options.folder or Path("training-runs") / options.size
    run = Run(_settings(options), folder, options.seconds, options.grid_seconds, options.workers)
    _, command = _COMMANDS[options.command]
    command(run, options)


def _draw(run: Run, options: argparse.Namespace) -> None:
    draw_postcards(run.folder, run.settings.pictures, run.settings.size_px, options.processes)
    _learn_tokenizer(run)


def _learn_tokenizer(run: Run) -> None:
    learn_tokenizer(run.folder / "tokenizer", run.settings.vocabulary, run.settings.diffusion.text_length)


def _train_diffusion(run: Run, options: argparse.Namespace) -> None:
    _together(encode_postcards, run, options)
    _together(train_diffusion, run, options)


def _together(task: Callable[[Run, Team], None], run: Run, options: argparse.Namespace) -> None:
    # One GPU is one process' work; the other processes draw and make batches.
    run_together(partial(task, run), options.processes if options.device == "cpu" else 1, options.device)


def _train_upscaler(run: Run, options: argparse.Namespace) -> None:
    model = finished_pipeline(options.model or resources() / STARTER_MODEL)
    train_upscaler(run, Team(0, 1, torch.device(options.device)), model)
    target: Path = options.target or run.folder / f"{OF_STARTER}.safetensors"
    export_upscaler(run, target)
    print(measured(run, model, target))


def _export(run: Run, options: argparse.Namespace) -> None:
    export(run.settings, run.folder, options.target or run.folder / "model")


def _reconstruct(run: Run, _options: argparse.Namespace) -> None:
    print(reconstruct(run.settings, run.folder, run.settings.unseen))


def _judge(run: Run, options: argparse.Namespace) -> None:
    judge = ready_judge(run.settings, run.folder, options.processes)
    prompts = fixed_prompts()[: options.prompts]
    target: Path = options.target or run.folder / "judged"
    target.mkdir(parents=True, exist_ok=True)
    pipeline = _pipeline(run, options)
    how = (options.guidance, options.seeds, options.steps)
    print(table(judged(pipeline, judge, run.settings, prompts, *how, target)))


def _show(run: Run, options: argparse.Namespace) -> None:
    seeds = range(len(SHOWCASE_PROMPTS))
    pictures = generated(_pipeline(run, options), SHOWCASE_PROMPTS, seeds, options.guidance[0], options.steps)
    save_grid(options.target or run.folder / "postcards.png", pictures, 4)


def _make_all(run: Run, options: argparse.Namespace) -> None:
    _learn_tokenizer(run)
    with drawn_ahead(run.folder, run.settings.pictures, run.settings.size_px, options.processes):
        _together(train_autoencoder, run, options)
    _train_diffusion(run, options)
    _together(train_decoder, run, options)
    _export(run, options)


def _pipeline(run: Run, options: argparse.Namespace) -> StableDiffusionPipeline:
    made = finished_pipeline(options.model) if options.model else trained_pipeline(run.settings, run.folder)
    made.scheduler = build(options.sampler, made.scheduler.config, options.steps).scheduler
    return made.to(torch.device(options.device))


_COMMANDS: dict[str, tuple[str, Callable[[Run, argparse.Namespace], None]]] = {
    "draw": ("draw the postcards and learn the tokenizer from their captions", _draw),
    "autoencoder": ("train the autoencoder on the drawn postcards", partial(_together, train_autoencoder)),
    "diffusion": ("encode the postcards, then train text encoder and U-Net together", _train_diffusion),
    "decoder": (
        "train the decoder once more, on latents as the U-Net gives them",
        partial(_together, train_decoder),
    ),
    "upscaler": ("train the upscaler on drawings, for a finished model", _train_upscaler),
    "export": ("write the model as a diffusers folder in float16", _export),
    "reconstruct": ("measure the autoencoder on 500 unseen postcards", _reconstruct),
    "judge": ("paint 200 fixed prompts and measure how far the pictures obey them", _judge),
    "showcase": ("paint the README's sixteen pictures", _show),
    "all": ("everything from nothing to the folder: draw, train all three, export", _make_all),
}


def _settings(options: argparse.Namespace) -> Settings:
    settings = SIZES[options.size]
    if options.pictures is not None:
        settings = replace(settings, pictures=options.pictures)
    settings = replace(settings, autoencoder=replace(settings.autoencoder, regulariser=options.regulariser))
    if options.samples is None:
        return settings
    match options.command:
        case "autoencoder":
            return replace(settings, autoencoder=replace(settings.autoencoder, samples=options.samples))
        case "decoder":
            return replace(settings, decoder=replace(settings.decoder, samples=options.samples))
        case "upscaler":
            return replace(settings, upscaler=replace(settings.upscaler, samples=options.samples))
        case _:
            return replace(settings, diffusion=replace(settings.diffusion, samples=options.samples))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (purpose, _) in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        _add_options(command)
    return parser


def _add_options(command: argparse.ArgumentParser) -> None:
    good = read_model(resources() / STARTER_MODEL, STARTER_MODEL).defaults
    guidance = f"guidance scales to paint at (default: {good.guidance_scale:g}, as in the program)"
    processes = "processes that draw, and on a CPU train together (default: %(default)s)"
    workers = "processes that make batches ahead for each training process (default: none; for a GPU, some)"
    target = "where export writes the model (default: FOLDER/model) and judge its figures (FOLDER/judged)"
    samples = "samples to train on in all, also over several calls (of 'all': the diffusion's)"
    add = command.add_argument
    add("--size", choices=sorted(SIZES), default="starter", help="which settings (default: %(default)s)")
    add("--folder", type=Path, help="the run's folder (default: training-runs/SIZE)")
    add("--target", type=Path, help=target)
    add("--regulariser", choices=("kl", "vq"), default="kl", help="of the autoencoder (default: %(default)s)")
    add("--pictures", type=int, help="how many postcards there are to train on")
    add("--samples", type=int, help=samples)
    add("--seconds", type=float, help="stop each training after so many seconds; a later call goes on")
    add("--grid-seconds", type=float, default=300.0, help="pause between sample grids (default: %(default)s)")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="where to train (default: %(default)s)")
    add("--processes", type=int, default=os.cpu_count() or 1, help=processes)
    add("--model", type=Path, help="a finished model to judge or show (default: the run's last checkpoint)")
    add("--workers", type=int, default=0, help=workers)
    add("--guidance", type=float, nargs="+", default=[good.guidance_scale], help=guidance)
    add("--sampler", choices=SAMPLERS, default=good.sampler, help="to paint with (default: %(default)s)")
    add("--steps", type=int, default=good.steps, help="steps to paint in (default: %(default)s)")
    add("--seeds", type=int, default=4, help="pictures to judge of each prompt (default: %(default)s)")
    add("--prompts", type=int, default=200, help="how many of the fixed prompts to judge (default: all)")


if __name__ == "__main__":
    main()
