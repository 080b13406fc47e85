"""Sets everything up and starts Emulsion: ``python3 packaging/start.py``; arguments are passed on to it.

``python3 packaging/start.py test`` sets up, then runs the linter, the type checker and the tests. Needs nothing
but Python; all libraries go into ``.venv`` beside this folder. Messages go to standard error, so that results
of commands can be piped.
"""

import csv
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
DONE = ENVIRONMENT / "emulsion-setup.json"
PYTHONS = ((3, 11), (3, 12), (3, 13))
CHECKS = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["basedpyright"])
TESTS = ["pytest", "-n", "2", "--dist", "loadfile"]  # half of the time is waiting for other processes
QT_FILES = ("plugins/platforms/libqxcb.so", "plugins/platforms/libqoffscreen.so", "lib/libQt6Widgets.so.6")
SSHD_FOLDERS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
ODD_PACKAGES = {"libglib-2.0.so.0": "libglib2.0-0", "libgthread-2.0.so.0": "libglib2.0-0", "libz.so.1": "zlib1g"}


def use_another_python() -> None:
    """Goes on with a Python that fits, if there is one, else says what is needed. Old Pythons read this far."""
    for version in reversed(PYTHONS):
        name = "python{}.{}".format(*version)
        if shutil.which(name) and subprocess.call([name, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            sys.exit(subprocess.call([name, *sys.argv]))
    sys.exit(
        f"Emulsion needs Python 3.11, 3.12 or 3.13; this is Python {platform.python_version()} "
        f"({sys.executable}). Install one of them and start this script with it."
    )


if sys.version_info[:2] not in PYTHONS:
    use_another_python()


def main(arguments: list[str]) -> int:
    is_test = arguments[:1] == ["test"]
    set_up(is_test)
    if (is_test or not arguments) and sys.platform == "linux":
        provide_qt_libraries()
    if is_test:
        provide_sshd()
        return test(arguments[1:])
    # -P: a folder called "app" where the user happens to be must not be taken for ours
    command = [str(PYTHON), "-P", "-m", "app", *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)


def set_up(with_tests: bool) -> None:
    """Makes the environment complete; takes a fraction of a second when it is."""
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    done = read_done()
    libraries = library_folder()
    is_usable = libraries is not None and done.get("place", str(ROOT)) == str(ROOT)
    damage = damaged_libraries(libraries) if libraries and is_usable else {}
    is_whole = not damage and set(names_of(libraries)).issuperset(done.get("libraries", ()))
    is_enough = done.get("project") == project and (done.get("with_tests") or not with_tests)
    if is_usable and is_whole and is_enough:
        return
    DONE.unlink(missing_ok=True)
    for information, sentence in damage.items():
        say(f"{sentence}; installing it again.")
        shutil.rmtree(information)  # for pip it is not installed any more
    if not is_usable:
        make_environment()
    if not any((library_folder() or ENVIRONMENT).glob("pip-*.dist-info")):
        run([str(PYTHON), "-m", "ensurepip"], "pip cannot be put into the environment")
    say(f"pip downloads what is missing now; all libraries together are {download_size()}.")
    target = f"{ROOT}[test]" if with_tests or done.get("with_tests") else str(ROOT)
    run(
        [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--editable", target],
        "pip could not install everything; its last lines say why. The same command goes on where it ended",
    )
    names = names_of(library_folder())
    done = {"project": project, "with_tests": target != str(ROOT), "place": str(ROOT), "libraries": names}
    DONE.write_text(json.dumps(done))


def make_environment() -> None:
    if ENVIRONMENT.exists():
        say(f"{ENVIRONMENT} does not work with this Python, or was moved: making it again.")
    else:
        say(f"Setting up Emulsion in {ENVIRONMENT}.")
    provide_venv_module()
    base_python = getattr(sys, "_base_executable", sys.executable)
    run([base_python, "-m", "venv", "--clear", str(ENVIRONMENT)], "the environment cannot be made")


def read_done() -> dict[str, Any]:
    """Returns the record of the last complete set-up, or {} without one."""
    try:
        return dict(json.loads(DONE.read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def library_folder() -> Path | None:
    """Returns the environment's folder of libraries, or None if its Python is gone or does not fit."""
    ask = f"import sys, sysconfig; assert sys.version_info[:2] in {PYTHONS}; print(sysconfig.get_path('purelib'))"
    try:
        answer = subprocess.run([PYTHON, "-I", "-c", ask], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    folder = Path(answer.stdout.strip())
    return folder if folder.is_dir() else None


def names_of(libraries: Path | None) -> list[str]:
    """Returns the installed libraries."""
    return sorted(found.name.partition("-")[0] for found in libraries.glob("*.dist-info")) if libraries else []


def damaged_libraries(libraries: Path) -> dict[Path, str]:
    """Returns libraries with missing files, by pip's records, and the fault of each.

    An installation that was interrupted has no record. The keys are the folders that say it is installed.
    """
    there = {f"{folder}{os.sep}{file}" for folder, _, files in os.walk(libraries) for file in files}
    damage: dict[Path, str] = {}
    for information in sorted(libraries.glob("*.dist-info")):
        name = information.name.partition("-")[0]
        record = information / "RECORD"
        if str(record) not in there:
            damage[information] = f"{name} is installed only in part"
            continue
        with record.open(newline="", encoding="utf-8") as file:
            paths = [row[0] for row in csv.reader(file) if row and not row[0].endswith(".pyc")]
        missing = [path for path in paths if not is_there(libraries, path, there)]
        if missing:
            damage[information] = f"{name} lacks {len(missing)} of its files, such as {missing[0]}"
    return damage


def is_there(libraries: Path, path: str, there: set[str]) -> bool:
    whole = f"{libraries}{os.sep}{path.replace('/', os.sep)}"
    return whole in there or Path(whole).exists()


def download_size() -> str:
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return (
            "about 3 GB (most of it NVIDIA's part of torch; about 0.5 GB where pip is configured to find torch's "
            "build for computers without it, see README.md)"
        )
    return "about 0.5 GB"


def provide_venv_module() -> None:
    """Installs the part of Python's venv module that Debian and Ubuntu keep in a package of its own."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    package = "python{}.{}-venv".format(*sys.version_info)
    if not install_by_apt([package]):
        sys.exit(f"Python's venv module is missing. On Debian and Ubuntu: sudo apt install {package}")


def provide_qt_libraries() -> None:
    """Installs the system's libraries that the window needs, or names them and ends."""
    missing = missing_qt_libraries()
    if missing and install_by_apt([package_of(library) for library in missing]):
        missing = missing_qt_libraries()
    if missing:
        packages = " ".join(sorted({package_of(library) for library in missing}))
        sys.exit(
            f"The window needs libraries that this system does not have: {', '.join(missing)}.\n"
            f"On Debian and Ubuntu: sudo apt install {packages}\n"
            "The command line works without them: packaging/start.py generate --help"
        )


def provide_sshd() -> None:
    """Installs the server of ssh that the tests of other computers start, or names it."""
    if not shutil.which("sshd", path=SSHD_FOLDERS) and not install_by_apt(["openssh-server", "openssh-client"]):
        say("Some tests need sshd, and fail without. On Debian and Ubuntu: sudo apt install openssh-server")


def missing_qt_libraries() -> list[str]:
    qt = next(ENVIRONMENT.glob("lib/python3.*/site-packages/PySide6/Qt"), None)
    if qt is None or not shutil.which("ldd"):
        return []
    command = ["ldd", *(str(qt / file) for file in QT_FILES)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return sorted(set(re.findall(r"(\S+) => not found", answer)))


def package_of(library: str) -> str:
    """Returns Debian's name for a library's package, by its naming policy: ``libX11.so.6`` is in ``libx11-6``."""
    name, _, version = library.partition(".so.")
    hyphen = "-" if name[-1].isdigit() else ""
    return ODD_PACKAGES.get(library, f"{name}{hyphen}{version}".lower().replace("_", "-"))


def install_by_apt(packages: list[str]) -> bool:
    """Returns whether the packages are installed now; False if apt is absent or may not be used."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    packages = sorted(set(packages))
    say(f"Installing {' '.join(packages)} by apt.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    return all(
        subprocess.call(command, stdout=sys.stderr, env=environment) == 0
        for command in (["apt-get", "update", "--quiet"], install)
    )


def test(arguments: list[str]) -> int:
    """Runs the checks one after the other up to the first that fails; arguments go to pytest."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # tests start the program often, and each would compile it
    if sys.platform == "linux" and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    for command in (*CHECKS, [*TESTS, *arguments]):
        print(f"\n== {' '.join(command)}", flush=True)
        code = subprocess.call([str(PYTHON), "-m", *command], cwd=ROOT, env=environment)
        if code:
            return code
    return 0


def run(command: list[str], failure: str) -> None:
    if subprocess.call(command, stdout=sys.stderr) != 0:
        sys.exit(f"Emulsion is not set up: {failure}.")


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
