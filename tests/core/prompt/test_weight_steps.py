"""Ctrl+Up and Ctrl+Down: the weight of a selection, a bracket or a word."""

from __future__ import annotations

import pytest

from core.prompt.weight_steps import stepped


@pytest.mark.parametrize(
    ("marked", "direction", "expected"),
    [
        ("a |red| house", 1, "a (|red|:1.1) house"),
        ("a |red| house", -1, "a (|red|:0.9) house"),
        ("a (|red|:1.1) house", 1, "a (|red|:1.2) house"),
        ("a (|red|:1.1) house", -1, "a |red| house"),
        ("a (|red|:0.9) house", 1, "a |red| house"),
        ("a (|red|: 1.55 ) house", 1, "a (|red|:1.65) house"),
        ("a (|red|) house", 1, "a (|red|:1.2) house"),
        ("a (|red|) house", -1, "a |red| house"),
        ("a [|red|] house", -1, "a (|red|:0.8) house"),
        ("a [|red|] house", 1, "a |red| house"),
        ("a |red | house", 1, "a (|red|:1.1)  house"),
        ("a re||d house", 1, "a (|red|:1.1) house"),
        ("a house||", 1, "a (|house|:1.1)"),
        ("a (red ho||use:1.2) x", 1, "a (|red house|:1.3) x"),
        ("(a (re||d:1.2) x:1.5)", 1, "(a (|red|:1.3) x:1.5)"),
        (r"\(|red|\)", 1, r"\((|red|:1.1)\)"),
        ("(|red|:0.1)", -1, "(|red|:0.0)"),
        ("(|red|:0.0)", -1, "(|red|:-0.1)"),
        ("|🏠|", 1, "(|🏠|:1.1)"),
        ("a <lora:i||nk:0.8>", 1, "a <lora:i||nk:0.85>"),
        ("a <lora:i||nk:0.8:0.5>", -1, "a <lora:i||nk:0.8:0.45>"),
        ("a  ||  b", 1, "a  ||  b"),
        ("||", 1, "||"),
    ],
)
def test_a_step_changes_the_weight(marked: str, direction: int, expected: str) -> None:
    before, inside, behind = marked.split("|")
    text, start, end = stepped(before + inside + behind, len(before), len(before + inside), direction)
    assert f"{text[:start]}|{text[start:end]}|{text[end:]}" == expected
