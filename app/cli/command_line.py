"""The command line: which commands there are, and how errors become one line and an exit code."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from app.cli.command import Command
from app.cli.commands import doctor, draw, engine, film, gallery, generate, grid, info, models, serve, upscale
from app.cli.parser_words import translate_parser
from app.messages.errors import message
from core.errors import (
    AutoencoderMissing,
    CompilerMissing,
    ControlMissing,
    DeviceMissing,
    EmulsionError,
    InvalidRequest,
    LoraMissing,
    ModelBroken,
    ModelMissing,
    UnreadablePicture,
    UpscalerMissing,
    WildcardMissing,
    WildcardUnusable,
    WrongAutoencoder,
    WrongFamily,
    WrongPart,
)
from core.language.words import tr
from core.version import VERSION

log = logging.getLogger(__name__)

FAILURE = 1
BAD_INPUT = 2
INTERRUPTED = 130

COMMANDS: MappingProxyType[str, Command] = MappingProxyType(
    {
        "generate": generate.COMMAND,
        "grid": grid.COMMAND,
        "draw": draw.COMMAND,
        "film": film.COMMAND,
        "gallery": gallery.COMMAND,
        "models": models.COMMAND,
        "upscale": upscale.COMMAND,
        "info": info.COMMAND,
        "doctor": doctor.COMMAND,
        "engine": engine.COMMAND,
        "serve": serve.COMMAND,
    }
)

_BAD_INPUTS = (
    InvalidRequest,
    LoraMissing,
    AutoencoderMissing,
    WrongAutoencoder,
    WrongFamily,
    WrongPart,
    ModelBroken,
    ModelMissing,
    CompilerMissing,
    ControlMissing,
    DeviceMissing,
    UnreadablePicture,
    UpscalerMissing,
    WildcardMissing,
    WildcardUnusable,
)


def run_command(arguments: Sequence[str], log_file: Path | None) -> int:
    """Carries out a command line and returns the exit code: 0, 1 failure, 2 bad input, 130 Ctrl+C."""
    try:
        parser = _parser()
        chosen, unknown = parser.parse_known_args(arguments)
        if unknown:  # told by the command, whose help has its options
            parser.prog = " ".join(("emulsion", chosen.command, *filter(None, (getattr(chosen, "action", None),))))
            parser.error(tr("not known here: %s") % " ".join(unknown))
    except SystemExit as end:  # argparse has printed the help, the version or what is wrong
        return end.code if isinstance(end.code, int) else BAD_INPUT
    try:
        return COMMANDS[chosen.command].run(chosen)
    except _BAD_INPUTS as error:
        return _answer(error, BAD_INPUT, log_file)
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:  # whoever reads the results has left
        return FAILURE
    except EmulsionError as error:
        log.info("the command %s failed: %s", chosen.command, error)
        return _answer(error, FAILURE, log_file)
    except Exception as error:
        if _is_interrupt(error):
            return _stopped()
        log.exception("the command %s failed", chosen.command)
        return _answer(error, FAILURE, log_file)


class _Parser(argparse.ArgumentParser):
    """Answers mistakes with one line."""

    def error(self, message: str) -> NoReturn:
        told = tr("{problem}; {program} --help explains", problem=message, program=self.prog)
        self.exit(BAD_INPUT, f"{self.prog}: {told}\n")


def _parser() -> argparse.ArgumentParser:
    translate_parser()
    parser = _Parser(
        prog="emulsion",
        description=tr(
            "Makes pictures from words with a local model, and shows how they develop. Without a command "
            "it opens its window."
        ),
        epilog=tr(
            'Example: emulsion generate "a red house by the sea at sunset" --seed 7 -o house.png. '
            "emulsion COMMAND --help explains a command."
        ),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Emulsion {VERSION}", help=tr("show the version"))
    commands = parser.add_subparsers(dest="command", metavar=tr("COMMAND"), required=True)
    for name, command in COMMANDS.items():
        command.add_to(commands, name)
    return parser


def _answer(error: BaseException, code: int, log_file: Path | None) -> int:
    sys.stderr.write(f"emulsion: {message(error, log_file)}\n")
    return code


def _stopped() -> int:
    sys.stderr.write("emulsion: " + tr("stopped") + "\n")
    return INTERRUPTED


def _is_interrupt(error: BaseException) -> bool:
    """Returns whether Ctrl+C caused an error: libraries that are being imported wrap it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, KeyboardInterrupt):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
