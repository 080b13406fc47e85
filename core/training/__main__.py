"""`python -m core.training`: makes the starter model, whole or step by step, on a CPU or with CUDA.

Every step goes on from where it was stopped; the run's folder holds all it needs.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from core.engine.sampling.schedulers import build
from core.models.catalogue import read_model
from core.paths import resources
from core.request.request import STARTER_MODEL
from core.request.samplers import SAMPLERS
from core.training.autoencoder import AutoencoderTraining
from core.training.decoder import DecoderTraining
from core.training.diffusion import DiffusionTraining
from core.training.export import export, finished_pipeline, trained_pipeline
from core.training.judgement import judged, ready_judge, table
from core.training.latents import Encoding
from core.training.obedience import STEPS, fixed_prompts
from core.training.parallel import run_together
from core.training.postcards import draw_postcards, drawn_ahead
from core.training.reconstruction import reconstruct
from core.training.settings import SIZES, Settings
from core.training.showcase import show
from core.training.tokenizer import learn_tokenizer

_COMMANDS = {
    "draw": "draw the postcards and learn the tokenizer from their captions",
    "autoencoder": "train the autoencoder on the drawn postcards",
    "diffusion": "encode the postcards, then train text encoder and U-Net together",
    "decoder": "train the decoder once more, on latents as the U-Net gives them",
    "export": "write the model as a diffusers folder in float16",
    "reconstruct": "measure the autoencoder on 500 unseen postcards",
    "judge": "paint 200 fixed prompts and measure how far the pictures obey them",
    "showcase": "paint the README's sixteen pictures",
    "all": "everything from nothing to the folder: draw, train all three, export",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = _settings(options)
    folder: Path = options.folder or Path("training-runs") / options.size
    target: Path = options.target or folder / "model"
    match options.command:
        case "draw":
            _draw(settings, folder, options.processes)
        case "autoencoder":
            _train_autoencoder(settings, folder, options)
        case "diffusion":
            _train_diffusion(settings, folder, options)
        case "decoder":
            _train_decoder(settings, folder, options)
        case "export":
            export(settings, folder, target)
        case "reconstruct":
            print(reconstruct(settings, folder, settings.unseen))
        case "judge":
            _judge(settings, folder, options)
        case "showcase":
            show(
                _pipeline(settings, folder, options),
                options.guidance[0],
                options.target or folder / "postcards.png",
            )
        case _:
            _make_all(settings, folder, target, options)


def _draw(settings: Settings, folder: Path, processes: int) -> None:
    draw_postcards(folder, settings.pictures, settings.size_px, processes)
    learn_tokenizer(folder / "tokenizer", settings.vocabulary, settings.diffusion.text_length)


def _make_all(settings: Settings, folder: Path, target: Path, options: argparse.Namespace) -> None:
    learn_tokenizer(folder / "tokenizer", settings.vocabulary, settings.diffusion.text_length)
    with drawn_ahead(folder, settings.pictures, settings.size_px, options.processes):
        _train_autoencoder(settings, folder, options)
    _train_diffusion(settings, folder, options)
    _train_decoder(settings, folder, options)
    export(settings, folder, target)


def _train_autoencoder(settings: Settings, folder: Path, options: argparse.Namespace) -> None:
    task = AutoencoderTraining(settings, folder, options.seconds, options.workers)
    run_together(task, _team_size(options), options.device)


def _train_diffusion(settings: Settings, folder: Path, options: argparse.Namespace) -> None:
    run_together(Encoding(settings, folder), _team_size(options), options.device)
    task = DiffusionTraining(settings, folder, options.seconds, options.grid_seconds, options.workers)
    run_together(task, _team_size(options), options.device)


def _train_decoder(settings: Settings, folder: Path, options: argparse.Namespace) -> None:
    task = DecoderTraining(settings, folder, options.seconds, options.workers)
    run_together(task, _team_size(options), options.device)


def _team_size(options: argparse.Namespace) -> int:
    """One GPU is one process' work; the other processes draw and make batches."""
    return options.processes if options.device == "cpu" else 1


def _judge(settings: Settings, folder: Path, options: argparse.Namespace) -> None:
    judge = ready_judge(settings, folder, options.processes)
    pipeline = _pipeline(settings, folder, options)
    prompts = fixed_prompts()[: options.prompts]
    target: Path = options.target or folder / "judged"
    target.mkdir(parents=True, exist_ok=True)
    print(table(judged(pipeline, judge, settings, prompts, options.guidance, options.seeds, target)))


def _pipeline(settings: Settings, folder: Path, options: argparse.Namespace) -> StableDiffusionPipeline:
    pipeline = finished_pipeline(options.model) if options.model else trained_pipeline(settings, folder)
    pipeline.scheduler = build(
        options.sampler, pipeline.scheduler.config, STEPS, torch.device(options.device)
    ).scheduler
    return pipeline.to(options.device)


def _settings(options: argparse.Namespace) -> Settings:
    settings = SIZES[options.size]
    if options.pictures is not None:
        settings = replace(settings, pictures=options.pictures)
    settings = replace(settings, autoencoder=replace(settings.autoencoder, regulariser=options.regulariser))
    if options.samples is None:
        return settings
    if options.command == "autoencoder":
        return replace(settings, autoencoder=replace(settings.autoencoder, samples=options.samples))
    if options.command == "decoder":
        return replace(settings, decoder=replace(settings.decoder, samples=options.samples))
    return replace(settings, diffusion=replace(settings.diffusion, samples=options.samples))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        _add_options(command)
    return parser


def _add_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--size", choices=sorted(SIZES), default="starter", help="which settings (default: %(default)s)")
    add("--folder", type=Path, help="the run's folder (default: training-runs/SIZE)")
    add(
        "--target",
        type=Path,
        help="where export writes the model (default: FOLDER/model) and judge its figures (FOLDER/judged)",
    )
    add("--regulariser", choices=("kl", "vq"), default="kl", help="of the autoencoder (default: %(default)s)")
    add("--pictures", type=int, help="how many postcards there are to train on")
    add(
        "--samples",
        type=int,
        help="samples to train on in all, also over several calls (of 'all': the diffusion's)",
    )
    add("--seconds", type=float, help="stop each training after so many seconds; a later call goes on")
    add("--grid-seconds", type=float, default=300.0, help="pause between sample grids (default: %(default)s)")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="where to train (default: %(default)s)")
    add(
        "--processes",
        type=int,
        default=os.cpu_count() or 1,
        help="processes that draw, and on a CPU train together (default: %(default)s)",
    )
    add(
        "--model",
        type=Path,
        help="a finished model to judge or show (default: the run's last checkpoint)",
    )
    add(
        "--workers",
        type=int,
        default=0,
        help="processes that make batches ahead for each training process (default: none; for a GPU, some)",
    )
    good = read_model(resources() / STARTER_MODEL, STARTER_MODEL).defaults
    add(
        "--guidance",
        type=float,
        nargs="+",
        default=[good.guidance_scale],
        help=f"guidance scales to paint at (default: {good.guidance_scale:g}, as in the program)",
    )
    add(
        "--sampler",
        choices=SAMPLERS,
        default=good.sampler,
        help="the sampler to paint with (default: %(default)s)",
    )
    add("--seeds", type=int, default=4, help="pictures to judge of each prompt (default: %(default)s)")
    add("--prompts", type=int, default=200, help="how many of the fixed prompts to judge (default: all)")


if __name__ == "__main__":
    main()
