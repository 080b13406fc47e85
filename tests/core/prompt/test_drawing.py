"""Templates are read as Dynamic Prompts reads them, and each picture draws from them by its seed."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import combinations as subsets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest, WildcardMissing, WildcardUnusable
from core.prompt.drawing import combinations, draw, drawn, has_template
from core.prompt.template import has_choices, parsed
from core.request.request import GenerationRequest
from core.wildcards.file import Values

FILES = {
    "season": Values.of(["spring", "summer", "autumn", "winter"]),
    "colour": Values.of(["3::red", "blue"]),
    "scene": Values.of(["a {red|blue} house in __season__"]),
    "loop": Values.of(["__loop__"]),
    "empty": Values.of([]),
    "echo": Values.of(["${x:nothing} and ${x:nothing}"]),
}
SEEDS = range(100)


def values_of(name: str) -> Values:
    if name not in FILES:
        raise WildcardMissing(name)
    return FILES[name]


def drawings(template: str) -> Counter[str]:
    return Counter(draw(template, seed, values_of) for seed in SEEDS)


def all_of(template: str, most: int = 1000) -> list[str]:
    return [prompt for prompt, _ in combinations(template, "", values_of, most)]


@pytest.mark.parametrize(
    ("template", "possible"),
    [
        ("a {red|blue} house", {"a red house", "a blue house"}),
        ("{a|{b|c}}", {"a", "b", "c"}),
        ("{|a}b", {"b", "ab"}),
        ("{2$$a|b|c}", {"a, b", "a, c", "b, a", "b, c", "c, a", "c, b"}),
        ("{2$$ and $$a|b}", {"a and b", "b and a"}),
        ("{2$$|$$a|b}", {"a|b", "b|a"}),
        ("{1-2$$+$$a|b}", {"a", "b", "a+b", "b+a"}),
        ("{-1$$a|b}", {"a", "b"}),
        ("{9$$a|b}", {"a, b", "b, a"}),
        ("{0-1$$a}", {"", "a"}),
        ("{0::a|b}", {"b"}),
        ("__season__", {"spring", "summer", "autumn", "winter"}),
        ("__colour__", {"red", "blue"}),
        ("__scene__", {f"a {c} house in {s}" for c in ("red", "blue") for s in FILES["season"].texts}),
        ("{~a|b}", {"a", "b"}),
        ("${x=!{a|b}}${x} ${x}", {"a a", "b b"}),
        ("${x={a|b}}${x} ${x}", {"a a", "b b", "a b", "b a"}),
        ("${x=!a}${x?=!b}${x}", {"a"}),
        ("${x:{a|b}}", {"a", "b"}),
        ("__echo(x=red)__", {"red and red"}),
        ("{a|}", {"a", ""}),
        ("({red|blue}:1.2) [{a|b}:c:0.5]", {f"({c}:1.2) [{a}:c:0.5]" for c in ("red", "blue") for a in "ab"}),
        ("{<lora:ink:0.8>|x}", {"<lora:ink:0.8>", "x"}),
        ("{🏠|بيت}", {"🏠", "بيت"}),
        ("{%s::a|b}" % ("9" * 400), {"9" * 400 + "::a", "b"}),  # no weight: as a number it would have no end
    ],
)
def test_what_can_be_drawn_is_drawn_and_nothing_else(template: str, possible: set[str]) -> None:
    assert set(drawings(template)) == possible
    assert has_choices(template)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a house", "a house"),
        ("{a", "{a"),
        ("a}", "a}"),
        ("{ a}", "{ a}"),
        ("{{a}}", "{{a}}"),
        ("{}", "{}"),
        ("a|b", "a|b"),
        ("{2$$a|b", "{2$$a|b"),
        ("{ 0.5::a| b", "{ 0.5::a| b"),
        (r"\{a\|b\}", "{a|b}"),
        (r"{a\|b}", "{a|b}"),
        (r"\__season__", "__season__"),
        (r"\(x\) \\", r"\(x\) \\"),
        ("a__b and c", "a__b and c"),
        ("____", "____"),
        ("costs $5", "costs $5"),
        ("[a|b] (c:1.2) <lora:x:1>", "[a|b] (c:1.2) <lora:x:1>"),
        ("{" * 3000, "{" * 3000),
    ],
)
def test_everything_else_is_text(template: str, text: str) -> None:
    assert draw(template, 1, values_of) == text
    assert has_choices(template) == (template != text)


@pytest.mark.parametrize(
    ("template", "shares"),
    [
        ("{a|b}", {"a": 1, "b": 1}),
        ("{0.7::a|0.3::b}", {"a": 7, "b": 3}),
        ("{3::a|b}", {"a": 3, "b": 1}),
        ("__colour__", {"red": 3, "blue": 1}),
        ("{1-2$$a|b}", {"a": 1, "b": 1, "a, b": 1, "b, a": 1}),
        # the second of two is drawn from those that are left: 1/2 * 2/3, 1/2 * 1/3, ...
        ("{2$$2::a|1::b|1::c}", {"a, b": 6, "a, c": 6, "b, a": 4, "b, c": 2, "c, a": 4, "c, b": 2}),
        (
            "{2$$__season__}",
            {f"{a}, {b}": 1 for a in FILES["season"].texts for b in FILES["season"].texts if a != b},
        ),
    ],
)
def test_parts_are_drawn_as_often_as_they_weigh(template: str, shares: dict[str, float]) -> None:
    draws = 4000
    found = Counter(draw(template, seed, values_of) for seed in range(draws))
    total = sum(shares.values())
    chi_squared = sum((found[text] - draws * s / total) ** 2 / (draws * s / total) for text, s in shares.items())
    assert set(found) == set(shares)
    assert chi_squared < len(shares) + 4 * len(shares) ** 0.5 + 8  # far in the tail, and the seeds are fixed


def test_the_draw_is_the_documented_one() -> None:
    """So that it stays the same in every version, on every computer."""
    for seed in (0, 7, 2**64 - 1):
        numbers = [
            int.from_bytes(hashlib.sha256(f"{seed}/prompt/{n}".encode()).digest()[:8], "big") >> 11
            for n in range(2)
        ]
        words = ["abcdefg"[number * 7 // 2**53] for number in numbers]
        assert draw("{a|b|c|d|e|f|g} {a|b|c|d|e|f|g}", seed, values_of) == " ".join(words)


def test_the_first_draws_of_some_seeds() -> None:
    assert [draw("{a|b|c|d|e|f|g}{a|b|c|d|e|f|g}", seed, values_of) for seed in range(5)] == [
        *("ge", "cf", "dg", "bd", "cf")
    ]


def test_prompts_draw_by_themselves() -> None:
    pairs = {
        (found.prompt, found.negative_prompt)
        for seed in SEEDS
        for found in [drawn(GenerationRequest("{a|b}", "{a|b}", seed=seed, variants=True), values_of)]
    }
    assert len(pairs) == 4


def test_a_drawn_request_has_both_and_is_not_drawn_again() -> None:
    request = GenerationRequest(r"{a|b} \{c|d\}", "low", seed=3, variants=True)
    found = drawn(request, values_of)
    assert found.prompt in ("a {c|d}", "b {c|d}")
    assert (found.template, found.negative_template) == (request.prompt, "")
    assert has_template(request)
    assert not has_template(found)
    assert drawn(found, values_of) is found
    assert drawn(GenerationRequest("x", variants=True), values_of) == GenerationRequest("x")


def test_without_the_switch_braces_are_text() -> None:
    request = GenerationRequest("{a|b}", seed=1)
    assert drawn(request, values_of) is request


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("a", ["a"]),
        ("{a|b} {c|d}", ["a c", "a d", "b c", "b d"]),
        ("{2$$a|b|c}", ["a, b", "a, c", "b, c"]),
        ("{1-2$$a|b}", ["a", "b", "a, b"]),
        ("{a|a|b}", ["a", "b"]),
        ("{0::a|b}", ["b"]),
        ("{a|{b|c} x}", ["a", "b x", "c x"]),
        ("${x=!{a|b}}${x}${x}", ["aa", "bb"]),
        ("${x={a|b}}${x}${x}", ["aa", "ab", "ba", "bb"]),
        ("__colour__ __season__", [f"{c} {s}" for c in FILES["colour"].texts for s in FILES["season"].texts]),
        ("{2$$__season__}", [", ".join(pair) for pair in subsets(FILES["season"].texts, 2)]),
    ],
)
def test_all_combinations_come_in_their_order(template: str, found: list[str]) -> None:
    assert all_of(template) == found


def test_combinations_are_those_of_both_prompts_and_bounded() -> None:
    assert [*combinations("{a|b}", "{c|d}", values_of, 9)] == [("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]
    assert len(all_of("{a|b|c|d}" * 30, most=50)) == 50


texts = st.text(alphabet="ab {}|$:_\\-.0123=!~,()[]<>", max_size=30)


@given(texts)
def test_any_text_is_drawn_or_told(text: str) -> None:
    try:
        found = draw(text, 1, values_of)
    except (InvalidRequest, WildcardMissing, WildcardUnusable):
        return
    assert draw(text, 1, values_of) == found
    if not has_choices(text):
        assert found == text


def written(node: object) -> str:
    """The template that stands for a tree of texts and choices."""
    if isinstance(node, str):
        return "".join(f"\\{letter}" if letter in "{}|$" else letter for letter in node)
    assert isinstance(node, list)
    return "{" + "|".join("".join(map(written, option)) for option in node) + "}"


def ways(nodes: list[object]) -> list[str]:
    """All texts of a tree, plainly: every option of each choice with every one of the others."""
    found = [""]
    for node in nodes:
        own = [node] if isinstance(node, str) else [way for option in node for way in ways(option)]  # pyright: ignore
        found = [before + after for before in found for after in own]
    return found


words = st.text(alphabet="ab{}|$é", min_size=1, max_size=3)
trees = st.lists(
    st.recursive(
        words,
        lambda inner: st.lists(st.lists(inner, min_size=1, max_size=2), min_size=2, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


@given(trees)
def test_a_written_tree_is_read_as_it_was_meant(tree: list[object]) -> None:
    template = "".join(map(written, tree))
    assert all_of(template, most=10_000) == [*dict.fromkeys(ways(tree))]
    assert {draw(template, seed, values_of) for seed in range(5)} <= set(ways(tree))


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("__loop__", WildcardUnusable),
        ("__nothing__", WildcardMissing),
        ("__../../etc/passwd__", WildcardMissing),
        ("{1$$" * 1000 + "a|b" + "}" * 1000, InvalidRequest),
        (
            "${a={xxxxxxxxxx}}"
            + "".join(
                f"${{{b}=${{{a}}}${{{a}}}}}"
                for a, b in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)
            )
            + "${u}",
            InvalidRequest,
        ),
        ("${x}", InvalidRequest),
        ("${x=${x}}${x}", InvalidRequest),
        ("{a|b}" * 30_000, InvalidRequest),
        ("__empty__", WildcardUnusable),
    ],
    ids=lambda value: str(value)[:12],
)
def test_what_has_no_end_is_told(template: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        draw(template, 0, values_of)


def test_deep_templates_are_read() -> None:
    assert draw("{a|" * 50 + "a" + "}" * 50, 0, values_of) in ("a", "")
    assert draw("{" * 1000 + "a" + "}" * 1000, 0, values_of) == "{" * 1000 + "a" + "}" * 1000
    assert len(parsed("{" * 100_000)) >= 100_000
