"""Lists and ranges as people type them in AUTOMATIC1111's X/Y/Z plot."""

from __future__ import annotations

import pytest

from core.errors import InvalidRequest
from core.grid.values import MOST_VALUES, counted, split
from core.request.setting import Numbers


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("1, 2,3", ("1", "2", "3")),
        ('a house, "a house, at night"', ("a house", "a house, at night")),
        ("red\nblue, green", ("red", "blue", "green")),
        ("red,,blue", ("red", "", "blue")),
        ('"say ""hi"", friend",b', ('say "hi", friend', "b")),
        ('"a red\nhouse", b', ("a red\nhouse", "b")),
        ("", ()),
    ],
)
def test_entries_are_split_at_commas_and_lines_outside_quotes(text: str, entries: tuple[str, ...]) -> None:
    assert split(text) == entries


@pytest.mark.parametrize(
    ("entry", "numbers", "values"),
    [
        ("1-5", "whole", "1 2 3 4 5"),
        ("1-5 (+2)", "whole", "1 3 5"),
        ("20-40 (+5)", "whole", "20 25 30 35 40"),
        ("10-5 (-3)", "whole", "10 7"),
        ("5-3", "whole", "5 4 3"),
        ("1-10 [5]", "whole", "1 3 5 7 10"),  # cut off, as int() does there
        ("1-10[1]", "whole", "1"),
        ("7", "whole", "7"),
        ("-1", "whole", "-1"),
        ("- 2 - 1", "whole", "-2 -1 0 1"),
        ("1-3 (+0.5)", "any", "1 1.5 2 2.5 3"),
        ("0.1-0.5 (+0.1)", "any", "0.1 0.2 0.3 0.4 0.5"),  # exact: no 0.30000000000000004
        ("1-2 (+0.3)", "any", "1 1.3 1.6 1.9"),  # never past its end
        ("0-1 [4]", "any", "0 0.333333 0.666667 1"),
        ("ink:0-1 (+0.5)", "after colon", "ink:0 ink:0.5 ink:1"),
        ("ink", "after colon", "ink"),
        ("1-5", "", "1-5"),
        ("18446744073709551614-18446744073709551615", "whole", "18446744073709551614 18446744073709551615"),
    ],
)
def test_ranges_are_counted(entry: str, numbers: Numbers, values: str) -> None:
    assert counted("Steps", entry, numbers) == tuple(values.split())


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("1-5 (-1)", "a range whose step is above 0"),
        ("5-1 (+1)", "a range whose step is below 0"),
        ("1-5 (+0)", "a range whose step is above 0"),
        ("5-5 (+0)", "a range whose step is above 0"),
        ("1-5 [0]", "at least one number"),
        ("1-99999999", f"at most {MOST_VALUES:,} numbers"),
        ("1-2 [999999]", f"at most {MOST_VALUES:,} numbers"),
    ],
)
def test_a_range_that_leads_nowhere_or_too_far_is_refused(entry: str, expected: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        counted("Steps", entry, "whole")
    assert (refused.value.field, refused.value.value) == ("Steps", entry)
    assert expected in refused.value.allowed


@pytest.mark.parametrize(
    "entry", ["1-5 (-1)", "5-1 (+1)", "5-5 (+0)", "1-2 (0)", "1-6 (0)", "-1 - -4 (+1)", "1-1.000000001 (0)"]
)
def test_the_example_for_a_range_that_leads_nowhere_is_accepted(entry: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        counted("Steps", entry, "whole")
    example = refused.value.allowed.partition("such as ")[2]
    values = counted("Steps", example, "whole")
    assert values != (example,)
    assert "." in entry or all(value.lstrip("-").isdigit() for value in values)
