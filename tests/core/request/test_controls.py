"""Controls as they are typed, and as other programs' recipes tell them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from core.control.types import UNION_NUMBERS, type_of, types_of
from core.errors import InvalidRequest
from core.recipes.parameters import from_parameters, to_parameters
from core.request.control import CONTROL_TYPES, PREPROCESSORS, Control, MapEdits
from core.request.local_json import request_from_settings, request_to_settings
from core.request.request import GenerationRequest, Limits
from core.request.settings.controls import CONTROLS, parse_control
from core.request.settings.controls_json import controls_from_json, controls_to_json
from tests.core.request.test_settings import recipe_of

HEAD = "a house\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x512, Model: mine, "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("canny:{p}", {}),
        ("canny:{p}:0.8", {"weight": 0.8}),
        ("canny:{p}:0.8:0-0.5:canny", {"weight": 0.8, "end": 0.5, "preprocessor": "canny"}),
        ("canny:{p}:canny=50,150:.25-1", {"preprocessor": "canny", "values": (50.0, 150.0), "start": 0.25}),
        ("canny:{p}:blur=4.5:1", {"preprocessor": "blur", "values": (4.5,)}),
        ("canny:{p}:type=depth:1", {"type": "depth"}),
    ],
)
def test_what_is_typed_is_read(text: str, expected: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "a:house.png"
    path.write_bytes(b"")
    for place in (path, tmp_path / "house.png"):
        assert parse_control(text.format(p=place)) == Control("canny", str(place), **expected)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "canny",
        "canny:x.png:type=depth:type=pose",
        ":x.png",
        "canny:x.png:1:2",
        "canny:x.png:canny:blur",
        "canny:",
    ],
)
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="NETWORK:PICTURE"):
        parse_control(text)


def test_what_is_no_part_is_told_where_the_picture_is_there(tmp_path: Path) -> None:
    (tmp_path / "house.png").write_bytes(b"")
    for parts in ("banana", "banana:0.8", "0.8:banana"):
        with pytest.raises(
            InvalidRequest, match=r"a range such as 0-0\.5, a type such as .*, or a preprocessor: none, canny"
        ) as told:
            parse_control(f"canny:{tmp_path / 'house.png'}:{parts}")
        assert told.value.value == "banana"


def test_a_network_by_its_file_is_taken_where_it_lies(tmp_path: Path) -> None:
    file = tmp_path / "canny.safetensors"
    file.write_bytes(b"")
    assert parse_control(f"{file}:x.png").name == str(file)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (  # sd-webui-controlnet 1.1
            "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 0.75, "
            "Resize Mode: Crop and Resize, Low Vram: False, Processor Res: 512, Threshold A: 50, "
            "Threshold B: 180, Guidance Start: 0, "
            "Guidance End: 0.6, Pixel Perfect: True, Control Mode: Balanced, Save Detected Map: True",
            Control("control_v11p_sd15_canny", "", preprocessor="canny", values=(50, 180), weight=0.75, end=0.6),
        ),
        (  # its later version, which writes the names of its enumerations
            "Module: none, Model: diffusers_xl_depth_full [2f51180b], Weight: 1.0, "
            "Resize Mode: ResizeMode.INNER_FIT, Processor Res: 512, Threshold A: 0.5, Threshold B: 0.5, "
            "Guidance Start: 0.1, Guidance End: 1.0, Pixel Perfect: False, Control Mode: ControlMode.BALANCED",
            Control("diffusers_xl_depth_full", "", start=0.1),
        ),
        (  # Forge
            "Module: blur_gaussian, Model: tile_v1 [abc], Weight: 1, Resize Mode: Crop and Resize, "
            "Processor Res: 512, Threshold A: 9, Threshold B: -1, Guidance Start: 0.0, Guidance End: 1.0, "
            "Pixel Perfect: True, Control Mode: Balanced, Hr Option: Both",
            Control("tile_v1", "", preprocessor="blur"),
        ),
        (
            "Module: invert (from white bg & black line), Model: lines [0], Weight: 1",
            Control("lines", "", preprocessor="invert"),
        ),
        ("Module: openpose_full, Model: pose [cab], Weight: 1", None),
        ("Module: canny, Model: None, Weight: 1", None),
        ("Module: canny, Model: c, Weight: much", None),
        ("nonsense", None),
    ],
)
def test_units_of_other_programs_are_read_as_far_as_they_can_be_repeated(
    unit: str, expected: Control | None
) -> None:
    recipe = from_parameters(f'{HEAD}ControlNet 0: "{unit}", Version: v1.10.1')
    assert recipe.request.controls == (() if expected is None else (expected,))
    assert ("ControlNet 0" in recipe.others) is (expected is None)


@pytest.mark.parametrize("name", PREPROCESSORS)
def test_the_parameters_text_gives_each_preprocessor_back(name: str) -> None:
    values = tuple(value.least for value in PREPROCESSORS[name].values)
    control = Control("a, b: c", "red.png", "0123456789", "", name, values, 0.5, 0.1, 0.9)
    recipe = recipe_of(GenerationRequest("a house", controls=(control,)))
    text = to_parameters(recipe)
    assert f"Module: {PREPROCESSORS[name].module}, Model: a_ b_ c, Weight: 0.5" in text
    (again,) = from_parameters(text).request.controls
    assert again == Control("a_ b_ c", "red.png", "0123456789", "", name, values, 0.5, 0.1, 0.9)


def test_the_type_of_each_unions_map_is_kept() -> None:
    controls = tuple(Control("union", f"{name or 'plain'}.png", type=name) for name in ("depth", "", "tile"))
    request = GenerationRequest("a house", controls=controls)
    text = to_parameters(recipe_of(request))
    assert from_parameters(text).request.controls == controls
    assert "Control types" not in to_parameters(recipe_of(replace(request, controls=controls[1:2])))
    assert request_from_settings(request_to_settings(request)) == request
    assert "union 1: depth.png [depth]" in CONTROLS.words(controls)
    with pytest.raises(InvalidRequest, match="control type"):
        CONTROLS.check(replace(request, controls=(replace(controls[0], type="smell"),)), Limits())


@pytest.mark.parametrize("name", CONTROL_TYPES)
def test_each_type_is_typed_and_told_by_a_union(name: str) -> None:
    assert parse_control(f"union:x.png:type={name}").type == name
    assert any(name in numbers for numbers in UNION_NUMBERS.values())


def test_a_unions_type_is_that_of_its_preprocessor_unless_it_is_told() -> None:
    types = types_of("control_union", 6)
    assert types == ("pose", "depth", "scribble", "canny", "lineart", "normal", "segment")
    control = Control("union", "a.png", preprocessor="canny")
    assert type_of(control, types) == "canny"
    assert type_of(replace(control, type="depth"), types) == "depth"
    assert type_of(replace(control, preprocessor="tile"), types) == "", "only ProMax has it"
    assert type_of(replace(control, preprocessor="lineart"), types_of("control_flux", 7)) == "canny"


def test_the_users_own_files_keep_the_places() -> None:
    request = GenerationRequest("a house", controls=(Control("/nets/c.safetensors", "/pictures/red.png"),))
    assert request_from_settings(request_to_settings(request)) == request


def test_a_picture_without_a_network_is_refused_before_a_run_is_queued() -> None:
    request = GenerationRequest("a house", controls=(Control("canny", "a.png"), Control("", "b.png")))
    with pytest.raises(InvalidRequest) as refused:
        CONTROLS.check(request, Limits())
    assert "choose one for it" in refused.value.sentence


@pytest.mark.parametrize("name", sorted(controls_to_json((Control("a", "b", edits=MapEdits("c")),))[0]))
@pytest.mark.parametrize("value", [[], {}, [[]], {"a": []}], ids=str)
def test_a_list_in_the_place_of_a_word_is_told_as_damage(name: str, value: object) -> None:
    told = {**controls_to_json((Control("a", "b"),))[0], name: value}
    with suppress(ValueError):
        controls_from_json({"controls": [told]})
