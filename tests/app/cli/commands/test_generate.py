from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from app.cli.picture_output import save_or_rescue
from core.errors import SaveFailed
from core.film.reader import film_path, read_recording
from core.paths import Folders
from core.pictures.metadata import read_recipe
from core.pictures.picture import GeneratedImage
from core.request.request import GenerationRequest, Size
from core.settings.settings import FilmPolicy, load_settings, save_settings
from tests.app.cli.commands.conftest import Answer
from tests.patience import LONGEST_S
from tests.pictures import generated_image

Run = Callable[..., Answer]
PHOTO = str(Path("resources", "starter-model", "sample.png").absolute())
FAST = ("--device", "cpu", "--dtype", "float32", "--size", "32x24", "--steps", "2")


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened)


def test_the_picture_and_its_recipe_are_as_asked(run: Run, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "house.png"
    answer = run("generate", "a house", "--model", model, *FAST, "--seed", 7, "--sampler", "euler_a",
                 "--guidance", "3.5", "--negative", "fog", "-o", path)  # fmt: skip
    assert (answer.code, answer.lines) == (0, [str(path)])
    request = read_recipe(path).request
    assert (request.prompt, request.negative_prompt, request.seed) == ("a house", "fog", 7)
    assert (request.sampler, request.guidance_scale, request.steps) == ("euler_a", 3.5, 2)
    assert pixels(path).shape == (24, 32, 3)


def test_the_same_values_give_the_same_pixels_and_another_seed_does_not(
    run: Run, model: Path, tmp_path: Path
) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        run("generate", "a house", "--model", model, *FAST, "--seed", seed, "-o", tmp_path / f"{name}.png")
    a, b, c = (pixels(tmp_path / f"{name}.png") for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_several_pictures_go_to_a_folder_and_their_seeds_count_up(run: Run, model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "houses"
    answer = run("generate", "a house", "--model", model, *FAST, "--seed", 7, "--count", 3, "-o", folder)
    assert [Path(line).parent for line in answer.lines] == [folder] * 3
    assert [read_recipe(Path(line)).request.seed for line in answer.lines] == [7, 8, 9]
    assert [read_recipe(Path(line)).request.count for line in answer.lines] == [1, 1, 1]


def test_without_o_the_picture_goes_to_the_pictures_folder(run: Run, model: Path, home: Path) -> None:
    answer = run("generate", "a house", "--model", model, *FAST)
    (line,) = answer.lines
    assert Path(line).is_relative_to(home)
    assert Path(line).parent.parent.name == "Emulsion"


def test_a_film_is_kept_beside_the_picture_unless_it_is_not_wanted(run: Run, model: Path, tmp_path: Path) -> None:
    run("generate", "a house", "--model", model, *FAST, "--count", 2, "-o", tmp_path / "made")
    pictures = sorted((tmp_path / "made").glob("*.png"))
    assert [read_recording(film_path(picture)).is_complete for picture in pictures] == [True, True]
    run("generate", "a house", "--model", model, *FAST, "--no-film", "-o", tmp_path / "plain.png")
    assert not film_path(tmp_path / "plain.png").exists()


@pytest.mark.parametrize("choice", [FilmPolicy.ask, FilmPolicy.never])
def test_the_settings_say_whether_films_are_kept_and_the_command_overrules_them(
    run: Run, model: Path, tmp_path: Path, home: Path, choice: FilmPolicy
) -> None:
    folders = Folders.default()
    save_settings(replace(load_settings(folders), keep_films=choice), folders)
    run("generate", "a house", "--model", model, *FAST, "-o", tmp_path / "plain.png")
    assert not film_path(tmp_path / "plain.png").exists()
    run("generate", "a house", "--model", model, *FAST, "--film", "-o", tmp_path / "film.png")
    assert read_recording(film_path(tmp_path / "film.png")).is_complete


def test_a_film_that_cannot_be_kept_is_told_and_is_a_failure_only_when_it_was_asked_for(
    run: Run, model: Path, tmp_path: Path, home: Path
) -> None:
    folders = Folders.default()
    (tmp_path / "file").write_text("in the way")
    save_settings(replace(load_settings(folders), pictures=tmp_path / "file"), folders)
    made = tmp_path / "house.png"
    answer = run("generate", "a house", "--model", model, *FAST, "-o", made)
    assert (answer.code, answer.lines) == (0, [str(made)])
    assert answer.errors.splitlines()[-1].startswith("emulsion: ")
    assert run("generate", "a house", "--model", model, *FAST, "--film", "-o", made).code == 1


def test_the_users_own_defaults_for_a_model_hold_here_too(run: Run, model: Path, tmp_path: Path) -> None:
    folders = Folders.default()
    own = {str(model): GenerationRequest("", steps=3, negative_prompt="fog", size=Size(32, 24))}
    save_settings(replace(load_settings(folders), model_defaults=own), folders)
    run("generate", "a house", "--model", model, "--steps", 2, "-o", tmp_path / "a.png")
    request = read_recipe(tmp_path / "a.png").request
    assert (request.negative_prompt, request.size, request.steps) == ("fog", Size(32, 24), 2)


def test_json_tells_path_and_recipe_of_each_picture(run: Run, model: Path, tmp_path: Path) -> None:
    answer = run("generate", "海", "--model", model, *FAST, "--seed", 1, "--count", 2, "--json", "-o", tmp_path)
    told = [json.loads(line) for line in answer.lines]
    assert [picture["recipe"]["request"]["seed"] for picture in told] == [1, 2]
    assert all(Path(picture["path"]).is_file() for picture in told)


def test_progress_is_told_on_standard_error(run: Run, model: Path, tmp_path: Path) -> None:
    answer = run("generate", "x", "--model", model, *FAST, "--seed", 7, "-o", tmp_path / "x.png")
    lines = answer.errors.splitlines()
    assert lines.pop(3).startswith("memory: Everything on the device: ")
    assert lines == [
        "starting the engine…",
        "loading the model…",
        "reading the prompt…",
        "2 steps from seed 7…",
        "decoding…",
    ]


def test_a_picture_to_begin_with_is_taken_and_told_in_the_recipe(run: Run, model: Path, tmp_path: Path) -> None:
    Image.new("RGB", (50, 40), "red").save(tmp_path / "photo.jpg")
    path = tmp_path / "house.png"
    answer = run("generate", "a house", "--model", model, *FAST, "--seed", 7, "--image", tmp_path / "photo.jpg",
                 "--strength", "0.5", "-o", path)  # fmt: skip
    assert answer.code == 0
    assert "1 steps from seed 7…" in answer.errors
    source = read_recipe(path).request.source
    assert source is not None
    assert (source.path, source.strength, len(source.sha256)) == ("photo.jpg", 0.5, 64)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--steps", "0"], "0 is not a possible number of steps: it must be a whole number from 1 to 500."),
        (["--steps", "many"], "“many” is not a possible number of steps"),
        (["--steps", "2.5"], "“2.5” is not a possible number of steps"),
        (["--size", "130x77"], "130 is not a possible width: it must be a multiple of 8"),
        (["--size", "big"], "“big” is not a possible size: it must be WIDTHxHEIGHT"),
        (["--sampler", "nope"], "“nope” is not a possible sampler: it must be one of ddpm"),
        (["--guidance", "nan"], "nan is not a possible guidance scale: it must be a number from 0 to 30."),
        (["--guidance", "31"], "31"),
        (["--guidance", "x"], "“x” is not a possible guidance scale"),
        (["--seed", "-1"], "-1 is not a possible seed: it must be a whole number from 0 to 18446744073709551615."),
        (["--seed", "18446744073709551616"], "is not a possible seed"),
        (["--count", "0"], "0 is not a possible number of pictures"),
        (["--device", "abacus"], "“abacus” is not a possible device"),
        (["--dtype", "int3"], "“int3” is not a possible dtype"),
        (["--model", "nope"], "There is no model called “nope”."),
        (["-o", "picture.bmp"], "“picture.bmp” is not a possible output file"),
        (["-o", "missing/folder/picture.png"], "it must be a file in a folder that exists."),
        (["--count", "2", "-o", "picture.png"], "it must be a folder, because there is more than one picture."),
        (["--negative", "\udcff"], "is not a possible negative prompt"),
        (["--strength", "0.5"], "emulsion: --strength needs --image as well."),
        (["--mask", __file__], "emulsion: A mask needs the picture that it is a mask of: --image is missing."),
        (["--mask-area", "masked"], "emulsion: --mask-area needs --mask as well."),
        (["--widen", "64"], "emulsion: --widen needs --image as well."),
        (["--image", __file__, "--widen", "64"], "it is not a PNG, JPEG, WEBP, BMP, GIF or TIFF picture."),
        (["--image", PHOTO, "--widen=-1"], "“-1” is not a possible widening: it must be LEFT,TOP,RIGHT,BOTTOM"),
        (["--image", PHOTO, "--widen", "0,0,0,0"], "LEFT,TOP,RIGHT,BOTTOM: at most 8192, not all 0."),
        (["--image", PHOTO, "--widen", "1,2,3"], "“1,2,3” is not a possible widening"),
        (["--image", PHOTO, "--widen", "5:4"], "it must be one of 1:1, 4:3, 3:2, 16:9, 2:1, 9:16"),
        (["--image", PHOTO, "--widen", "2:1,north"], "a comma and one of middle, left, right, top, bottom."),
        (["--image", PHOTO, "--widen", "1:1"], "it must be a shape that the picture does not have yet."),
        (["--image", PHOTO, "--widen", "8192"], "it has more than 90 million pixels."),
        (["--upscale-by", "99"], "emulsion: --upscale-by needs --upscaler as well."),
        (["--variation-seed", "5"], "emulsion: --variation-seed needs --variation (above 0) as well."),
        (["--image", "missing.jpg"], "is not a possible image: it must be a picture file that is there."),
        (["--image", "\udcff.jpg"], "is not a possible image: it must be text in UTF-8."),
        (["--image", __file__], "it is not a PNG, JPEG, WEBP, BMP, GIF or TIFF picture."),
        (["--image", __file__, "--strength", "0"], "0.0 is not a possible strength: it must be a number above 0"),
        (["--image", __file__, "--strength", "0.01"], "it must be at least"),
        (["--image", __file__, "--strength", "nan"], "nan is not a possible strength"),
        (["--image", __file__, "--strength", "much"], "“much” is not a possible strength"),
        (["--quantise", "6"], "6 is not a possible number of bits: it must be 8 or 4."),
        (["--quantise", "half"], "“half” is not a possible number of bits"),
        (["--acceleration", "magic"], "“magic” is not one of 'automatic'"),
        (["--colour", "red"], "not known here: --colour red"),
        (["--seed"], "--seed: needs a value"),
    ],
)
def test_bad_input_is_answered_with_one_line_and_code_2(run: Run, arguments: list[str], words: str) -> None:
    given = [] if "--model" in arguments else ["--model", Path("resources", "starter-model").absolute()]
    answer = run("generate", "x", *given, *arguments)
    assert (answer.code, answer.output) == (2, "")
    assert words in answer.errors
    assert len(answer.errors.splitlines()) == 1


def test_a_computer_that_cannot_compile_says_what_it_lacks(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", Mock(return_value=None))
    answer = run("generate", "x", "--model", model, *FAST, "--acceleration", "compiled", "-o", tmp_path / "a.png")
    assert answer.code == 2
    assert "The network was to be compiled, but no compiler was found (g++" in answer.errors


def test_packed_weights_make_another_picture_and_stand_in_its_recipe(
    run: Run, model: Path, tmp_path: Path
) -> None:
    for name, options in (("whole", ()), ("packed", ("--quantise", 4))):
        path = tmp_path / f"{name}.png"
        assert run("generate", "a house", "--model", model, *FAST, "--seed", 7, *options, "-o", path).code == 0
    assert read_recipe(tmp_path / "packed.png").request.weight_bits == 4
    assert read_recipe(tmp_path / "whole.png").request.weight_bits is None
    assert not np.array_equal(pixels(tmp_path / "whole.png"), pixels(tmp_path / "packed.png"))


def test_bad_input_is_answered_before_torch_is_imported() -> None:
    code = (
        "import sys; from app.__main__ import main; code = main(['generate', 'x', '--steps', '0']); "
        "sys.exit(99 if 'torch' in sys.modules else code)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 2


def test_a_broken_model_is_one_line_and_code_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    answer = run("generate", "x", "--model", tmp_path / "broken")
    assert answer.code == 2
    assert len(answer.errors.splitlines()) == 1
    assert "cannot be used" in answer.errors


def test_a_folder_that_cannot_be_written_is_told_before_the_work(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = run("generate", "x", "--model", model, *FAST, "--count", 2, "-o", tmp_path / "file" / "folder")
    assert answer.code == 1
    assert "could not be written" in answer.errors
    assert "starting" not in answer.errors


def test_a_picture_that_cannot_be_saved_is_kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(_image: GeneratedImage) -> Path:
        raise SaveFailed(Path("full"), "No space left on device")

    with pytest.raises(SaveFailed, match="No space left on device; the picture is kept as") as failed:
        save_or_rescue(fail, generated_image())
    (kept,) = tmp_path.glob("*.png")
    assert str(kept) in failed.value.reason
    assert read_recipe(kept).request == generated_image().request


if sys.platform != "win32":

    def test_ctrl_c_ends_cleanly_with_code_130(home: Path, model: Path, tmp_path: Path) -> None:
        # a shell's background job, such as these tests may be, is started with the signal ignored
        hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        start = f"{hears}; import sys; from app.__main__ import main; sys.exit(main(sys.argv[1:]))"
        command = [sys.executable, "-c", start, "generate", "x", "--model", str(model), "--steps", "500"]
        command += ["--count", "50"]  # so that it goes on, however long this process has to wait
        process = subprocess.Popen(
            [*command, "-o", str(tmp_path / "made")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert process.stderr is not None
        lines: list[str] = []
        while not lines or "500 steps" not in lines[-1]:
            lines.append(process.stderr.readline())
            assert lines[-1], lines
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LONGEST_S)
        assert process.returncode == 130
        assert errors.splitlines()[-1] == "emulsion: stopped"
        assert "Traceback" not in errors
        assert len(list(tmp_path.rglob("*.png"))) == len(output.splitlines()) < 50
