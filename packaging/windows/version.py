"""The program's properties in Windows, as the file that PyInstaller reads."""

from __future__ import annotations

from pathlib import Path

import product

_ENGLISH, _UNICODE = 0x0409, 0x04B0

_TEXT = """VSVersionInfo(
    ffi=FixedFileInfo(
        filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0, OS=0x40004, fileType=1, subtype=0
    ),
    kids=[
        StringFileInfo([StringTable("{language:04X}{characters:04X}", [{strings}])]),
        VarFileInfo([VarStruct("Translation", [{language}, {characters}])]),
    ],
)
"""


def version_text(program: str) -> str:
    """Returns a Python expression of the classes in PyInstaller.utils.win32.versioninfo."""
    version = product.version()
    strings = {
        "CompanyName": product.NAME,
        "FileDescription": product.NAME,
        "FileVersion": version,
        "InternalName": program,
        "LegalCopyright": product.COPYRIGHT,
        "OriginalFilename": f"{program}.exe",
        "ProductName": product.NAME,
        "ProductVersion": version,
    }
    return _TEXT.format(
        numbers=(*(int(part) for part in version.split(".")), 0),
        language=_ENGLISH,
        characters=_UNICODE,
        strings=", ".join(f"StringStruct({name!r}, {text!r})" for name, text in strings.items()),
    )


def version_file(path: Path, program: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(version_text(program), "utf-8")
    return path
