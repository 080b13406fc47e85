from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.messages.errors import PHASES, Message, message
from core import errors
from core.errors import (
    AlreadyRunning,
    AutoencoderMissing,
    CompilerMissing,
    ControlBroken,
    ControlMissing,
    DeviceLost,
    DeviceMissing,
    EmulsionError,
    EngineEnded,
    FileError,
    FilmBroken,
    GridInUse,
    InvalidRequest,
    LibraryInUse,
    LoraBroken,
    LoraMissing,
    ModelBroken,
    ModelMissing,
    NotAModel,
    NotANumberPicture,
    NotFound,
    OutOfMemory,
    PartsMissing,
    QueueUnreadable,
    SaveFailed,
    SettingsUnreadable,
    StylesUnreadable,
    UnforeseenFailure,
    UnreadablePicture,
    UpscalerBroken,
    UpscalerMissing,
    WildcardMissing,
    WildcardUnusable,
    WireBroken,
    WrongAutoencoder,
    WrongFamily,
    WrongPart,
)
from core.runs.events import Phase

PLACE = Path("somewhere")
EXAMPLES: dict[type[EmulsionError], EmulsionError] = {
    InvalidRequest: InvalidRequest("steps", 0, "a whole number from 1 to 500"),
    AlreadyRunning: AlreadyRunning(1234),
    EngineEnded: EngineEnded("signal 9"),
    WireBroken: WireBroken("it ends in the middle of a message"),
    GridInUse: GridInUse(PLACE),
    LibraryInUse: LibraryInUse(PLACE),
    LoraBroken: LoraBroken(PLACE, "none of its layers is one of tiny"),
    LoraMissing: LoraMissing("ink", ("snow",)),
    WildcardMissing: WildcardMissing("color", ("colour",)),
    WildcardUnusable: WildcardUnusable("loop", "it contains itself: loop > loop"),
    ControlMissing: ControlMissing("canny", ("depth",)),
    ControlBroken: ControlBroken(Path("canny.safetensors"), "it is damaged"),
    UpscalerMissing: UpscalerMissing("4x-Sharp", ("postcards-x4",)),
    UpscalerBroken: UpscalerBroken(Path("up.pth"), "it is damaged"),
    AutoencoderMissing: AutoencoderMissing("ft-mse", ("kl-f8",)),
    WrongAutoencoder: WrongAutoencoder(Path("/vae/xl"), "Stable Diffusion XL", "mine", "Stable Diffusion 1.x"),
    WrongPart: WrongPart(PLACE, "T5 XXL", "tiny", "text encoder", "Qwen3 4B"),
    WrongFamily: WrongFamily(PLACE, "Stable Diffusion XL", "tiny", "Stable Diffusion 1.x"),
    ModelMissing: ModelMissing("nope", ("starter-model",)),
    ModelBroken: ModelBroken(PLACE, "this file is missing"),
    PartsMissing: PartsMissing(PLACE, "missing: Qwen3 4B (text encoder)", {"text_encoder": "Qwen3 4B"}, "z_image"),
    NotAModel: NotAModel(PLACE, "it is a text encoder, a part of a model"),
    OutOfMemory: OutOfMemory("cuda", 2**31, 2**30),
    DeviceLost: DeviceLost("NVIDIA GeForce RTX 4070"),
    DeviceMissing: DeviceMissing("mps", ("cpu",)),
    CompilerMissing: CompilerMissing("no compiler was found (g++)"),
    NotANumberPicture: NotANumberPicture("the network"),
    SaveFailed: SaveFailed(PLACE, "No space left on device"),
    UnreadablePicture: UnreadablePicture(PLACE, "it carries no recipe"),
    StylesUnreadable: StylesUnreadable(PLACE, "it has no columns name and prompt"),
    SettingsUnreadable: SettingsUnreadable(PLACE, "it is damaged"),
    QueueUnreadable: QueueUnreadable(PLACE, "it is damaged"),
    FilmBroken: FilmBroken(PLACE, "it is cut off"),
    UnforeseenFailure: UnforeseenFailure(),
}


def test_every_error_of_the_engine_has_its_words() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, EmulsionError)}
    assert kinds - {EmulsionError, FileError, NotFound} == EXAMPLES.keys()
    for error in EXAMPLES.values():
        assert "unexpected" not in message(error).title


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            EXAMPLES[InvalidRequest],
            "0 is not a possible number of steps: it must be a whole number from 1 to 500.",
        ),
        (EXAMPLES[ModelMissing], "There is no model called “nope”. Models found: starter-model."),
        (EXAMPLES[NotAModel], "somewhere cannot be used as a model: it is a text encoder, a part of a model."),
        (EXAMPLES[SaveFailed], "somewhere could not be written: no space left on device. "),
        (EXAMPLES[LoraMissing], "There is no LoRA called “ink”. LoRAs found: “snow”."),
        (EXAMPLES[WrongPart], "is T5 XXL; tiny needs Qwen3 4B as its text encoder"),
        (ControlMissing("ink", folders=(Path("a"), Path("b"))), "Put its file into a or b."),
        (LoraMissing("ink", folders=(Path("a"),)), "Put its file into a."),
        (UpscalerMissing("ink", folders=(Path("a"),)), "Put its file into a."),
        (WildcardMissing("ink", folders=(Path("a"),)), "Put its file into a."),
        (AutoencoderMissing("ink", folders=(Path("a"),)), "Put its file into a. Or choose the model's own."),
        (EXAMPLES[WrongFamily], "was made for Stable Diffusion XL, but the model tiny is Stable Diffusion 1.x"),
        (EXAMPLES[OutOfMemory], "2.1 GB needed, 1.1 GB free"),
        (EXAMPLES[NotANumberPicture], "The network produced values that are not numbers"),
        (EXAMPLES[AlreadyRunning], "already running (process 1234), but its window does not answer."),
        (ImportError("libEGL.so.1: cannot open shared object file"), "cannot be loaded: libEGL.so.1: cannot open"),
        (MemoryError(), "The computer has run out of memory."),
    ],
)
def test_messages_tell_what_happened_and_what_to_do(error: Exception, words: str) -> None:
    assert words in str(message(error))


@pytest.mark.parametrize("error", [*EXAMPLES.values(), RuntimeError("a\nb"), KeyError()])
def test_messages_are_whole_sentences_on_one_line(error: Exception) -> None:
    told = message(error, PLACE)
    assert told.title and not told.title.endswith(".")
    assert told.sentence.endswith(".")
    assert not told.remedy or told.remedy.endswith(".")
    assert "\n" not in str(told) and ".." not in str(told)


def test_an_unknown_error_points_to_the_log() -> None:
    told = message(RuntimeError("CUDA error: device-side assert"), Path("logs", "emulsion.log"))
    assert "RuntimeError" not in str(told)
    assert str(Path("logs", "emulsion.log")) in told.remedy
    assert "assert" not in str(told)


def test_values_from_outside_are_shortened() -> None:
    told = message(InvalidRequest("size", "9" * 10_000 + "\n", "WIDTHxHEIGHT"))
    assert len(told.sentence) < 200


def test_a_message_without_remedy_has_no_trailing_space() -> None:
    assert str(Message("title", "A sentence.")) == "A sentence."


def test_every_phase_has_words() -> None:
    assert PHASES.keys() == set(Phase)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("InvalidRequest('device', 'abacus', 'cpu')", "„abacus“ ist nicht möglich (Gerät); erwartet wird cpu."),
        (
            "SaveFailed('x.png', words_of(OSError(28, 'No space left on device')))",
            "x.png konnte nicht geschrieben werden: auf dem Datenträger ist kein Platz mehr.",
        ),
        (
            "SaveFailed('x.png', words_of(OSError(5, 'lost')))",
            "x.png konnte nicht geschrieben werden: lost.",
        ),
    ],
)
def test_a_german_sentence_names_field_and_reason_and_quotes_in_german(made: str, expected: str) -> None:
    code = (
        "from app.messages.errors import message; from core.errors import InvalidRequest, SaveFailed; "
        f"from core.files.atomic import words_of; print(ascii(message({made}).sentence))"
    )
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"EMULSION_LANGUAGE": "de", "PYTHONPATH": root}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == ascii(expected)
