from __future__ import annotations

import configparser
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import icons
import product
import pytest
from linux.artefacts import installed_files, lay_out_deb, lay_out_tar, make_app_dir
from linux.shared_files import metainfo_text, write_shared_files

from core.pictures.metadata import SUFFIXES
from core.version import VERSION


@pytest.fixture
def share(drawn: icons.Icons, tmp_path: Path) -> Path:
    write_shared_files(tmp_path / "share", drawn)
    return tmp_path / "share"


def desktop_entry(share: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
    parser.read(share / "applications" / "emulsion.desktop", "utf-8")
    return parser["Desktop Entry"]


def test_the_menu_entry_starts_the_program_and_opens_pictures_with_it(share: Path) -> None:
    entry = desktop_entry(share)
    assert entry["Exec"] == "emulsion %f"
    assert entry["Icon"] == entry["StartupWMClass"] == product.COMMAND
    assert tuple(entry["MimeType"].rstrip(";").split(";")) == product.PICTURE_TYPES
    assert "Graphics" in entry["Categories"].split(";")


def test_the_program_can_open_every_type_that_it_offers_to_open() -> None:
    assert tuple(f".{suffix}" for suffix in product.PICTURE_SUFFIXES) == SUFFIXES


def test_the_window_belongs_to_the_entry() -> None:
    text = (product.ROOT / "app" / "startup" / "application.py").read_text("utf-8")
    assert f'setDesktopFileName("{product.COMMAND}")' in text


def test_the_icon_is_there_in_every_size(share: Path) -> None:
    theme = share / "icons" / "hicolor"
    found = {path.parent.parent.name for path in theme.rglob("emulsion.png")}
    assert found == {f"{size}x{size}" for size in icons.PNG_SIZES_PX}
    assert (theme / "scalable" / "apps" / "emulsion.svg").is_file()


def test_software_centres_learn_name_version_and_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    root = ElementTree.fromstring(metainfo_text())
    release = root.find("releases/release")
    assert release is not None
    assert release.attrib == {"version": VERSION, "date": "2026-01-01"}
    assert root.findtext("id") == product.BUNDLE_ID
    assert root.findtext("summary") == product.SUMMARY
    assert root.findtext("launchable") == "emulsion.desktop"
    assert [found.text for found in root.findall("provides/mediatype")] == list(product.PICTURE_TYPES)


def test_the_package_says_what_it_needs_and_all_can_read_it(
    bundle: Path, drawn: icons.Icons, tmp_path: Path
) -> None:
    root = tmp_path / "deb"
    lay_out_deb(bundle, drawn, ["libc6 (>= 2.28)", "libegl1"], root)
    control = (root / "DEBIAN" / "control").read_text("utf-8")
    assert f"Version: {VERSION}\n" in control
    assert "Depends: libc6 (>= 2.28), libegl1\n" in control
    assert "\n\n" not in control
    assert (root / "usr" / "bin" / "emulsion").readlink() == Path("../../opt/emulsion/emulsion")
    assert (root / "opt" / "emulsion" / "emulsion").stat().st_mode & 0o777 == 0o755
    assert (root / "opt" / "emulsion" / "_internal" / "torch" / "libtorch.so").stat().st_mode & 0o777 == 0o644
    assert not {path.name for path in (root / "DEBIAN").iterdir()} - {"control"}, "nothing is run at installation"


def test_the_list_of_the_archive_names_every_file_where_it_will_be(
    bundle: Path, drawn: icons.Icons, tmp_path: Path
) -> None:
    root = tmp_path / "tar"
    lay_out_tar(bundle, drawn, root)
    names = installed_files(root)
    assert names == (root / "files.txt").read_text("utf-8").splitlines()
    assert {"lib/emulsion/emulsion", "lib/emulsion/_internal/libtorch.so"} <= set(names)
    assert "share/applications/emulsion.desktop" in names


def test_the_folder_for_an_appimage_has_what_its_tool_looks_for(
    bundle: Path, drawn: icons.Icons, tmp_path: Path
) -> None:
    root = make_app_dir(bundle, drawn, tmp_path)
    assert (root / "AppRun").stat().st_mode & 0o100
    assert (root / ".DirIcon").resolve() == (root / "emulsion.png").resolve()
    assert (root / "emulsion.desktop").read_bytes() == (
        root / "usr" / "share" / "applications" / "emulsion.desktop"
    ).read_bytes()
    assert (root / "usr" / "lib" / "emulsion" / "emulsion").is_file()
