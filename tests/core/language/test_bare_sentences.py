"""No sentence for people is written without the functions that translate it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests import languages

SINKS: Mapping[str, tuple[int | str, ...]] = {
    # Qt's
    **dict.fromkeys(
        (
            *("setText", "setToolTip", "setPlaceholderText", "setWindowTitle", "setAccessibleName", "setTitle"),
            *("setAccessibleDescription", "setInformativeText", "setStatusTip", "addMenu", "setSpecialValueText"),
            *("QLabel", "QCheckBox", "QRadioButton", "QPushButton", "QGroupBox", "setPrefix", "setSuffix"),
        ),
        (0,),
    ),
    "addAction": (0,),
    "addTab": (1,),
    # the window's own
    "push_button": (0, "tip"),
    "text_label": (0,),
    "IconButton": (1, "name"),
    "QSpinBox": ("prefix", "suffix", "specialValueText"),
    "QDoubleSpinBox": ("prefix", "suffix"),
    "Field": (0,),
    "named": (2, 3),
    "describe": (2, 3),
    "combo_box": (2, 3),
    "dialog_buttons": (1,),
    "scroll_area": (1,),
    "progress_bar": (0,),
    "add_section": (0,),
    "add_hint": (0,),
    "add_row": (0,),
    "add_combo": (0,),
    "_make": (0,),
    "Message": (0, 1, 2),
    "Choice": (0, 1),
    "EmptyReason": (0, 1),
    "Fold": (0, 1),
    "TourStep": (1,),
    "ViewKind": ("label", "about"),
    "ActiveFilter": (0,),
    "ask_file": (1,),
    "ask_save": (1,),
    "ask_folder": (1,),
    # the command line's
    "Command": (0,),
    "group": (0,),
    "add_argument": ("help",),
    "add": ("help",),
    "begin_phase": (0,),
    "show_amount": (0,),
    # core's tables and errors
    "Sampler": (2,),
    "Option": (2,),
    "Setting": ("noun", "label"),
    "FilmFormat": (0,),
    "InvalidRequest": (2,),
    **dict.fromkeys(("ModelBroken", "NotAModel", "LoraBroken", "FilmBroken", "UnreadablePicture"), (1,)),
    **dict.fromkeys(("SaveFailed", "SettingsUnreadable", "QueueUnreadable"), (1, 2)),
    "DeviceMissing": (2,),
    **dict.fromkeys(("Malformed", "_Malformed", "NotANumberPicture", "CompilerMissing"), (0,)),
}
"""Functions that show a text, or keep one to be shown: the places and names of those arguments."""

WORDS = re.compile(r"[A-Za-z]{2,}\s+\S|\S\s+[A-Za-z]{2,}|^&?[A-Z][a-z]*&?[a-z]+[….:]?$|^[a-z]{3,} ?$")
NAMES = frozenset({"Emulsion", "Float", "log"})
FUNCTIONS = frozenset({"tr", "plural", "mark"})


def name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def shown(call: ast.Call) -> Iterator[ast.expr]:
    places = SINKS.get(name_of(call.func), ())
    yield from (argument for place, argument in enumerate(call.args) if place in places)
    yield from (keyword.value for keyword in call.keywords if keyword.arg in places)


def texts(node: ast.expr) -> Iterator[str]:
    """Yields the texts of an expression as they are written, without those inside calls."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in values)
        case ast.IfExp(body=body, orelse=other):
            yield from (*texts(body), *texts(other))
        case ast.BoolOp(values=values):
            yield from (text for value in values for text in texts(value))
        case ast.BinOp(left=left, right=right):
            yield from (*texts(left), *texts(right))
        case ast.Call(
            func=ast.Attribute(value=value, attr="strip" | "rstrip" | "replace" | "capitalize" | "format")
        ):
            yield from texts(value)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            yield from (text for element in elements for text in texts(element))
        case _:
            pass


def bare(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and name_of(node.func) not in FUNCTIONS:
            for argument in shown(node):
                yield from (
                    (node.lineno, text)
                    for text in texts(argument)
                    if WORDS.search(text.strip()) and text.strip() not in NAMES and not text.startswith("<")
                )


def test_what_is_shown_comes_through_the_functions() -> None:
    found = {
        f"{path.relative_to(languages.ROOT)}:{line}": text
        for path in languages.sources()
        if "training" not in path.relative_to(languages.ROOT).parts[:2]
        for line, text in bare(path)
    }
    assert found == {}, "write tr(...) or plural(...), see core/README.md"


@pytest.mark.parametrize(
    ("code", "is_bare"),
    [
        ('label.setText("Keep it")', True),
        ('label.setText(f"{count} pictures")', True),
        ('label.setText(words if is_on else "Stop")', True),
        ('Message(tr("Stop"), "It is over.")', True),
        ('label.setText(tr("Keep it"))', False),
        ('label.setText(f"{width} × {height}")', False),
        ('label.setObjectName("keepButton")', False),
    ],
)
def test_a_bare_sentence_is_found(code: str, is_bare: bool, tmp_path: Path) -> None:
    file = tmp_path / "made_up.py"
    file.write_text(code, "utf-8")
    assert bool(list(bare(file))) is is_bare


def test_texts_are_literals() -> None:
    """An f-string would be filled before it is looked up, and the extraction does not find a variable."""
    wrong = [
        f"{path.relative_to(languages.ROOT)}:{node.lineno}"
        for path in languages.sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and name_of(node.func) in FUNCTIONS and isinstance(node.func, ast.Name)
        for argument in node.args[: 2 if node.func.id == "plural" else 1]
        if isinstance(argument, ast.JoinedStr | ast.BinOp)
    ]
    assert wrong == []


def test_no_sentence_stands_in_an_f_string() -> None:
    """The extraction does not look into them before Python 3.12, so that such a sentence has no translation."""
    found = [
        f"{path}:{call.lineno}"
        for path in languages.sources()
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in languages.KEYWORDS
        if call.args and isinstance(call.args[0], ast.Constant)
    ]
    assert found == []
