"""A grid as it is planned: each picture's settings, their order, and what is refused before the first step."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InvalidRequest, LoraMissing, ModelMissing, WildcardMissing
from core.grid.axes import AXES, axis_kind
from core.grid.description import grid_from_text, grid_to_text, without_places
from core.grid.grid import Axis, Grid
from core.grid.operation import MakeGrid
from core.grid.planning import MOST_PICTURES, check, plan
from core.models.catalogue import Catalogue
from core.request.hires import Hires
from core.request.request import GenerationRequest, Lora, Mask, Size, Source, Upscaler, Variation
from core.request.settings import SETTINGS
from core.request.settings.seed import SEED

REQUEST = GenerationRequest("a red house, red sky", "red", model="tiny", size=Size(32, 24), steps=4, seed=7)


def grid(*typed: tuple[str, str], request: GenerationRequest = REQUEST) -> Grid:
    return plan(request, typed)


def values(field: str, made: Grid) -> list[object]:
    return [getattr(made.request_of(number), field) for number in range(made.count)]


def test_every_option_of_every_setting_is_an_axis() -> None:
    options = {option.flag.lstrip("-") for one in SETTINGS if one.is_of_picture for option in one.options}
    assert options <= AXES.keys()
    assert "count" not in AXES
    titles = [kind.title for kind in AXES.values()]
    assert len(set(titles)) == len(titles)
    assert all(title[0].isupper() for title in titles)


def test_every_option_that_takes_only_numbers_counts_ranges() -> None:
    told = replace(
        REQUEST,
        source=Source("", 1.0),
        mask=Mask(""),
        upscaler=Upscaler("4x"),
        variation=Variation(0.5),
        hires=Hires(),
    )
    for setting in (one for one in SETTINGS if one.is_of_picture):
        for option in setting.options:
            takes = []
            for text in ("1", "x"):
                try:
                    takes.append(bool(option.read(text, setting.of(told))))
                except InvalidRequest:
                    takes.append(False)
            is_number = takes == [True, False]
            assert (option.numbers in ("whole", "any")) is is_number, option.flag


def test_pictures_are_numbered_by_column_then_row_then_sheet() -> None:
    made = grid(("steps", "1-2"), ("guidance", "1, 2, 3"), ("seed", "8,9"))
    assert (made.size, made.count) == ((2, 3, 2), 12)
    assert [made.place(number) for number in (0, 1, 2, 11)] == [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 2, 1)]
    last = made.request_of(11)
    assert (last.steps, last.guidance_scale, last.seed) == (2, 3.0, 9)
    assert sorted(made.order) == list(range(12))


@pytest.mark.parametrize(
    ("axes", "first"),
    [
        ((("model", "a,b"), ("steps", "1,2")), "model"),
        ((("steps", "1,2"), ("lora", "ink:1,ink:2"), ("model", "a,b")), "model loras"),
        ((("search-replace", "red,blue"), ("seed", "1,2"), ("lora", "x,y")), "loras prompt"),
    ],
)
def test_the_axis_that_costs_most_changes_least(axes: tuple[tuple[str, str], ...], first: str) -> None:
    made = grid(*axes)
    ordered = [made.request_of(number) for number in made.order]
    for depth, field in enumerate(first.split()):
        changes = sum(getattr(a, field) != getattr(b, field) for a, b in itertools.pairwise(ordered))
        assert changes == 2 ** (depth + 1) - 1, field


def test_search_and_replace_acts_on_both_prompts_and_may_take_words_away() -> None:
    made = grid(("Prompt S/R", 'red, "dark, blue", ,'))
    assert values("prompt", made) == [
        "a red house, red sky",
        "a dark, blue house, dark, blue sky",
        "a  house,  sky",
    ]
    assert values("negative_prompt", made) == ["red", "dark, blue", ""]
    assert made.axes[0].labels == ("red", "dark, blue", "(nothing)")


def test_samplers_go_by_key_or_name_and_schedules_change_the_sampler() -> None:
    assert values("sampler", grid(("sampler", "ddim, Euler a, DPM++ 2M Karras, dpm++ 2m even"))) == [
        "ddim", "euler_a", "dpmpp_2m_karras", "dpmpp_2m_even"
    ]  # fmt: skip
    both = grid(("schedule", "Uniform, Karras"), ("sampler", "dpmpp_2m, DPM++ 2M SDE"))
    assert values("sampler", both) == ["dpmpp_2m", "dpmpp_2m_karras", "dpmpp_2m_sde", "dpmpp_2m_sde_karras"]


def test_loras_take_the_place_of_their_name_and_weights_hold_for_all() -> None:
    request = replace(REQUEST, loras=(Lora("ink", 1.0, "123456789012"), Lora("off", is_on=False)))
    made = grid(("lora", "none, ink:0.5, pastel:0.2"), request=request)
    told = [[(lora.name, lora.weight) for lora in loras if lora.is_on] for loras in values("loras", made)]  # pyright: ignore[reportGeneralTypeIssues]
    assert told == [[("ink", 1.0)], [("ink", 0.5)], [("ink", 1.0), ("pastel", 0.2)]]
    weighed = grid(("lora-weight", "0-1 (+0.5)"), ("lora", "pastel"), request=request)
    assert [[lora.weight for lora in loras] for loras in values("loras", weighed)] == [  # pyright: ignore[reportGeneralTypeIssues]
        [0.0, 1.0, 0.0], [0.5, 1.0, 0.5], [1.0, 1.0, 1.0]
    ]  # fmt: skip


def test_none_leaves_out_what_can_be_absent(tmp_path: Path) -> None:
    assert values("weight_bits", grid(("quantise", "none, 8, 4"))) == [None, 8, 4]
    assert values("source", grid(("image", "none"))) == [None]


def test_seeds_are_the_same_for_all_and_drawn_where_asked() -> None:
    open_seed = replace(REQUEST, seed=None)
    assert len(set(values("seed", grid(("steps", "1-3"), request=open_seed)))) == 1
    drawn = values("seed", grid(("seed", "3, -1, -1")))
    assert drawn[0] == 3
    assert len(set(drawn)) == 3
    assert all(seed is not None for seed in drawn)
    assert SEED.of(grid(("steps", "1-3"), request=open_seed).request) is not None


def test_nothing_is_made_twice() -> None:
    assert values("steps", grid(("steps", "1-3, 2, 3"))) == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "text", "value", "expected"),
    [
        ("steps", "1, two", "two", "a whole number"),
        ("steps", "1.5", "1.5", "a whole number"),
        ("guidance", "1, strong", "strong", "a number from 0 to 30"),
        ("size", "32x24, big", "big", "WIDTHxHEIGHT"),
        ("sampler", "ddim, best", "best", "one of ddpm"),
        ("schedule", "Karras", "Karras", "one of those of DDIM: Uniform"),
        ("search-replace", "green, blue", "green", "words of the prompt"),
        ("lora-weight", "0.5", "0.5", "used with a LoRA"),
        ("lora-weight", "much", "much", "a number from -4 to 4"),
        ("strength", "0.5", "0.5", "together with --image"),
        ("emphasis", "loud", "loud", "original"),
        ("stepps", "1", "stepps", "one of prompt"),
        ("steps", "", "nothing", "values such as 10-50 (+10)"),
        ("steps", " , ", ",", "values such as"),
        ("", "", "nothing", "on X, Y or Z"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_what_was_expected(
    name: str, text: str, value: str, expected: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        grid((name, text))
    assert str(refused.value.value).strip() == value
    assert expected in refused.value.allowed


def test_an_axis_stands_once_and_the_grid_has_an_end() -> None:
    with pytest.raises(InvalidRequest, match="on one axis only"):
        grid(("steps", "1"), ("Steps", "2"))
    with pytest.raises(InvalidRequest, match=f"at most {MOST_PICTURES:,} pictures"):
        grid(("steps", "1-500"), ("seed", "1-500"))


def test_what_the_model_does_not_take_is_found_before(models: Path) -> None:
    catalogue = Catalogue((models,))
    check(grid(("model", "tiny, tiny-v"), ("steps", "1-2")), catalogue)
    for typed, value in (
        (("steps", "400, 600"), 600),
        (("size", "32x24, 33x24"), 33),
        (("guidance", "5,31"), 31.0),
    ):
        with pytest.raises(InvalidRequest) as refused:
            check(grid(typed), catalogue)
        assert refused.value.value == value
    with pytest.raises(ModelMissing):
        check(grid(("model", "tiny, gone")), catalogue)
    template = replace(REQUEST, prompt="a {red|blue} house, __gone__", variants=True)
    with pytest.raises(WildcardMissing):
        check(grid(("steps", "1"), request=template), catalogue)
    with pytest.raises(LoraMissing):
        check(grid(("lora", "none, gone")), catalogue)


def test_the_description_is_read_back_and_the_public_one_has_no_places() -> None:
    request = replace(
        REQUEST, source=Source("/home/me/cat.png", 0.5), loras=(Lora("/home/me/ink.safetensors", 0.5),)
    )
    made = grid(("model", "/home/me/dreams.safetensors, b"), ("strength", "0.2-0.8 (+0.2)"), request=request)
    assert grid_from_text(grid_to_text(made, has_places=True)) == made
    public = grid_to_text(made, has_places=False)
    assert "/home" not in public
    read = grid_from_text(public)
    assert (read.id, read.size, read.axes[0].values) == (made.id, made.size, ("dreams.safetensors", "b"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format":2}',
        '{"format":1,"id":"x"}',
        '{"format":1,"id":"%s","axes":[],"request":{}}' % ("0" * 24),
    ],
)
def test_a_damaged_description_is_told_by_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"its (grid|recipe) "):
        grid_from_text(text)


def test_a_description_with_a_value_of_nothing_is_refused() -> None:
    text = grid_to_text(grid(("steps", "1,2"), ("sampler", "ddim")), has_places=False)
    for before, after in (('"2"', '"two"'), ('"ddim"]', '"best"]')):
        assert before in text
        with pytest.raises(ValueError, match="its grid has a value that cannot be used"):
            grid_from_text(text.replace(before, after))


def test_a_description_makes_one_picture_each_and_needs_a_seed() -> None:
    content = json.loads(grid_to_text(grid(("steps", "1,2")), has_places=True))
    content["request"]["count"] = 4
    assert grid_from_text(json.dumps(content)).request.count == 1
    content["request"]["seed"] = None
    with pytest.raises(ValueError, match="no seed"):
        grid_from_text(json.dumps(content))


def test_kinds_go_by_name_title_and_the_labels_of_the_other_program() -> None:
    labels = {
        "CFG Scale": "guidance",
        "Checkpoint name": "model",
        "Denoising": "strength",
        "Clip skip": "clip-skip",
    }
    for asked, name in {**labels, "GUIDANCE SCALE": "guidance", "clip_skip": "clip-skip"}.items():
        assert axis_kind(asked).name == name


def test_a_changed_prompt_keeps_no_template_that_it_was_not_drawn_from() -> None:
    used = replace(REQUEST, template="a {red|blue} house, red sky", negative_template="{red|blue}")
    made = grid(("search-replace", "house, barn"), request=used)
    assert values("template", made) == [used.template, ""]
    assert values("negative_template", made) == [used.negative_template] * 2


def test_a_list_with_nothing_in_it_is_told_with_an_example() -> None:
    with pytest.raises(InvalidRequest, match="values such as"):
        grid(("search-replace", '"",'))


@pytest.mark.parametrize(
    ("typed", "public"),
    [
        ("canny:/home/me/house.png:0.8", "canny:house.png:0.8"),
        (r"C:\nets\canny.safetensors:D:\me\house.png:canny", "canny.safetensors:house.png:canny"),
    ],
)
def test_a_control_loses_its_folders_and_keeps_its_network(typed: str, public: str) -> None:
    assert without_places(Axis("control", typed, (typed,))).values == (public,)


def test_each_of_two_engines_loads_as_few_models_as_it_can() -> None:
    made = plan(GenerationRequest("a", seed=1), [("steps", "2-5"), ("model", "one,two,three")])
    work = MakeGrid(made, Path("grid"), made.order)
    left = list(range(made.count))
    last: list[int | None] = [None, None]
    loaded: list[list[str]] = [[], []]
    while left:
        for engine in range(2):
            if left:
                number = work.next_of(left, last[engine], [other for other in last if other is not None])
                left.remove(number)
                last[engine] = number
                loaded[engine].append(made.request_of(work.numbers[number]).model)
    changes = [[model for model, _ in itertools.groupby(models)] for models in loaded]
    assert changes == [["one", "three"], ["two", "three"]]
