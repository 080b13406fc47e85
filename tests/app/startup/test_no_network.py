"""From start to quit, with a picture by a model of each family: the program tries no connection to any network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import transformers.utils.logging

from core.paths import Folders
from core.request.request import STARTER_MODEL
from core.settings.settings import Settings, save_settings
from tests.app.programs import ROOT, environment_of, log_text
from tests.app.tempting_keyring import TOKEN
from tests.tiny_families import SINGLE_FILES, TINY_MODELS

WITHIN_S = 240
CALLS = "connect,sendto,sendmsg,sendmmsg,listen,accept,accept4"
ADDRESS = re.compile(r"(\w+)\(.*sa_family=(AF_\w+)")
LOCAL = ("AF_UNIX", "AF_LOCAL", "AF_UNSPEC")
NOWHERE = "http://127.0.0.1:9"

TEMPTATIONS = {
    "PYTHON_KEYRING_BACKEND": "tests.app.tempting_keyring.TemptingKeyring",
    "HF_TOKEN": TOKEN,
    "HF_ENDPOINT": NOWHERE,
    "HF_HUB_OFFLINE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "0",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "0",
    "TRANSFORMERS_OFFLINE": "0",
    **{
        name: NOWHERE for scheme in ("http_proxy", "https_proxy", "all_proxy") for name in (scheme, scheme.upper())
    },
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Models of every family, each as a folder and as a single file; and configurations for the single files."""
    transformers.utils.logging.disable_progress_bar()  # it leaves a thread behind
    root = tmp_path_factory.mktemp("families")
    for name in SINGLE_FILES:
        one = TINY_MODELS[name]
        folder = one.make(root / "models" / f"{name}-folder")
        assert one.write is not None
        one.write(folder, root / "models" / f"{name}-file.safetensors")
        if one.has_layout:
            shutil.copytree(folder, root / "layouts" / name, ignore=shutil.ignore_patterns("*.safetensors"))
    return root / "models", root / "layouts"


def test_no_connection_is_tried_from_start_to_quit_with_a_picture_of_every_family(
    places: tuple[Path, Path], tmp_path: Path
) -> None:
    """Sockets fail and note it; strace, which sees every library, looks on where it may."""
    home, notes, trace = tmp_path / "home", tmp_path / "notes", tmp_path / "trace"
    home.mkdir()
    (home / ".cache" / "huggingface").mkdir(parents=True)
    (home / ".cache" / "huggingface" / "token").write_text(TOKEN, "utf-8")
    keep_settings(home, places[0])
    models = [STARTER_MODEL, *(f"{name}-{kind}" for name in SINGLE_FILES for kind in ("folder", "file"))]
    program = [sys.executable, "-m", "tests.app.network_guard", *models]
    is_traced = can_trace(tmp_path)
    tracer = ["strace", "-f", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", str(trace)] if is_traced else []
    environment = {**environment_of(home), **TEMPTATIONS}
    ended = subprocess.run(
        [*tracer, *program],
        cwd=ROOT,
        env={**environment, "EMULSION_NOTES": str(notes), "EMULSION_LAYOUTS": str(places[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert ended.returncode == 0, ended.stderr
    told = notes.read_text("utf-8")
    happened = [line.partition(" ")[::2] for line in told.splitlines()]
    assert [what for name, what in happened if name == "model"] == models, told
    names = sorted(name for name, _ in happened)  # pictures are written beside the next run
    assert names == ["closed", *["model"] * len(models), *["saved"] * len(models)], told + log_text(home)
    assert TOKEN not in log_text(home)
    if is_traced:
        # a socket alone says nothing: urllib3 makes one when it is imported, to see whether there is IPv6
        used = ADDRESS.findall(trace.read_text("utf-8", "replace"))
        assert [(call, family) for call, family in used if family not in LOCAL] == []


def keep_settings(home: Path, models: Path) -> None:
    """The models are in a folder of another program, told to the program by its settings."""
    data = home / ".local" / "share" / "Emulsion"
    own = data / "models"
    folders = Folders(home / "pictures", own, data, home / ".config" / "Emulsion", home / "cache", home / "logs")
    save_settings(Settings(pictures=folders.pictures, model_folders=(own, models)), folders)


def can_trace(folder: Path) -> bool:
    """Returns whether strace is there and may trace other processes."""
    if shutil.which("strace") is None:
        return False
    attempt = ["strace", "-f", "--seccomp-bpf", "-o", str(folder / "attempt"), sys.executable, "-c", "pass"]
    return subprocess.run(attempt, capture_output=True, check=False, env=dict(os.environ)).returncode == 0
