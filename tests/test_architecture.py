"""The rules of the architecture that code can check: who may import whom, how long a file is, what tables list."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 300
QT = {"PySide6", "shiboken6", "pyqtgraph"}
HEAVY_LIBRARIES = {"torch", "diffusers", "transformers", "accelerate"}
HEAVY_PACKAGES = ("core.engine", "core.training")
"""The rest of core is light: the window imports it at its start."""

PACKAGES = {
    "core": (
        *(
            "version",
            "errors",
            "paths",
            "heap",
            "language",
            "files",
            "request",
            "file_kinds",
            "families",
            "checkpoints",
            "lora",
            "upscalers",
        ),
        *(
            "embeddings",
            "wildcards",
            "autoencoders",
            "recipes",
            "downloads",
            "pictures",
            "control",
            "models",
            "prompt",
        ),
        *("film", "measures", "runs", "grid", "film_export", "gallery", "settings", "remote", "cluster", "engine"),
        "training",
    ),
    "app": (
        *("messages", "widgets", "session", "film", "canvas", "masks", "controls", "recent", "branches", "models"),
        *(
            "compare",
            "dialogs",
            "shortcuts",
            "create",
            "gallery",
            "noise",
            "grid",
            "preferences",
            "window",
            "startup",
        ),
        *("serve", "cli", "__main__"),
    ),
}
"""All packages, and the files beside them, in an order in which each imports earlier ones only."""

MOST_FILES_AT_THE_ROOT = {"core": 5, "app": 3}

TABLES = (
    (
        "core/families/__init__.py",
        "FAMILIES",
        "core/families",
        {"autoencoder_kinds", "double_stream", "marks", "spec", "unet_blocks", "unet_files", "variants"},
    ),
    ("core/engine/operations/__init__.py", "OPERATIONS", "core/engine/operations", set[str]()),
    (
        "core/request/settings/__init__.py",
        "SETTINGS",
        "core/request/settings",
        {"controls_json", "hires_parameters"},
    ),
    ("app/cli/command_line.py", "COMMANDS", "app/cli/commands", set[str]()),
    ("app/film/views/__init__.py", "VIEWS", "app/film/views", set[str]()),
)
VAGUE_BEGINNING = re.compile(r"\s*(What|Where|Whether|Which|How|As|Those|The same)\b")
VAGUE_NAMES = ("utils", "helpers", "common", "base", "misc")


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of all modules that are imported, wherever in the file; ``from a import b`` may name a.b."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, level=level, names=names):
                assert level == 0, "imports are absolute"
                yield from (f"{module}.{name.name}" for name in names)
            case _:
                pass


def imports_at_once(tree: ast.Module) -> Iterator[str]:
    """Yields the imports at import time: neither those inside functions nor those for the type checker."""
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from imports(node)


def top(module: str) -> str:
    return module.partition(".")[0]


def package(module: str) -> str:
    """Returns the package below ``core`` or ``app`` that a module lies in."""
    return ".".join(module.split(".")[:2])


def is_heavy(module: str) -> bool:
    return any(f"{module}.".startswith(f"{heavy}.") for heavy in HEAVY_PACKAGES)


def test_the_engine_knows_no_window() -> None:
    wrong = {
        (module_of(path), name)
        for path in files("core")
        for name in imports(syntax(path))
        if top(name) in QT | {"app", "tests"}
    }
    assert not wrong


def test_the_window_and_the_command_line_import_no_heavy_library() -> None:
    wrong = {
        (module_of(path), name)
        for path in files("app")
        for name in imports(syntax(path))
        if top(name) in HEAVY_LIBRARIES
    }
    assert not wrong


def test_the_window_imports_the_heavy_half_only_inside_functions() -> None:
    wrong = {
        (module_of(path), name)
        for path in files("app")
        for name in imports_at_once(syntax(path))
        if is_heavy(name)
    }
    assert not wrong


def test_the_light_half_imports_nothing_heavy() -> None:
    wrong = {
        (module_of(path), name)
        for path in files("core")
        if not is_heavy(module_of(path))
        for name in imports(syntax(path))
        if top(name) in HEAVY_LIBRARIES or is_heavy(name)
    }
    assert not wrong


@pytest.mark.parametrize("heavy", HEAVY_PACKAGES)
def test_what_is_called_heavy_is(heavy: str) -> None:
    found = [path for path in files("core") if f"{module_of(path)}.".startswith(f"{heavy}.")]
    names = {name for path in found for name in imports(syntax(path))}
    assert any(top(name) in HEAVY_LIBRARIES for name in names)


@pytest.mark.parametrize("half", PACKAGES)
def test_a_package_imports_earlier_ones_only(half: str) -> None:
    place = {f"{half}.{name}": number for number, name in enumerate(PACKAGES[half])}
    wrong = {
        (module_of(path), name)
        for path in files(half)
        for name in imports(syntax(path))
        if top(name) == half and place.get(package(name), -1) > place.get(package(module_of(path)), 99)
    }
    assert not wrong


@pytest.mark.parametrize("half", PACKAGES)
def test_the_order_names_every_package(half: str) -> None:
    present = {
        path.stem for path in (ROOT / half).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert sorted(PACKAGES[half]) == sorted(present - {"__init__"})


@pytest.mark.parametrize("half", PACKAGES)
def test_few_files_lie_beside_the_packages(half: str) -> None:
    assert len(list((ROOT / half).glob("*.py"))) <= MOST_FILES_AT_THE_ROOT[half]


def test_no_files_import_one_another_in_a_circle() -> None:
    modules = {module_of(path): path for path in files("app", "core")}
    graph = {
        module: {
            name if name in modules else name.rpartition(".")[0]
            for name in imports(syntax(path))
            if top(name) in PACKAGES
        }
        & set(modules) - {module}
        for module, path in modules.items()
    }
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names them


@pytest.mark.parametrize("folder", ["app", "core", "packaging", "tests"])
def test_the_readme_of_a_folder_names_what_is_there(folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text("utf-8")
    named = {name for name in re.findall(r"`([\w./-]+)`", text) if "/" in name or name.endswith(".py")}
    assert {name for name in named if not (ROOT / folder / name).exists() and not (ROOT / name).exists()} == set()
    packages = (path.parent for path in files(folder) if path.name == "__init__.py" and folder in PACKAGES)
    assert {f"{path.relative_to(ROOT / folder)}/" for path in packages} - named <= {"./"}


def test_starting_the_window_loads_no_heavy_library() -> None:
    modules = "sys, app.startup.application, app.cli.command_line"
    code = f"import {modules}; print(*(name.partition('.')[0] for name in sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not HEAVY_LIBRARIES & set(loaded.split())


def test_no_file_is_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in files("app", "core", "packaging", "tests")
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_files_are_named_by_what_they_are_about() -> None:
    vague = [
        path
        for path in files("app", "core", "packaging", "tests")
        if path.stem in VAGUE_NAMES or path.stem.startswith("base_")
    ]
    assert not vague


def test_docstrings_stand_alone() -> None:
    wrong = {
        (module_of(path), node.lineno)
        for path in files("app", "core", "packaging", "tests")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if VAGUE_BEGINNING.match(str(node.value.value))
    }
    assert not wrong


@pytest.mark.parametrize(("file", "table", "folder", "others"), TABLES)
def test_no_file_is_missing_from_its_table(file: str, table: str, folder: str, others: set[str]) -> None:
    tree = syntax(ROOT / file)
    assigned = [
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == table and node.value
    ]
    assert len(assigned) == 1, f"{table} is assigned once in {file}"
    used = {node.id for node in ast.walk(assigned[0]) if isinstance(node, ast.Name)}
    # a name in the table stands for the module it is, or comes from
    sources = {
        node.module.rpartition(".")[2] if name.name[0].isupper() else name.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
        if (name.asname or name.name) in used
    }
    present = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert present - sources == others
