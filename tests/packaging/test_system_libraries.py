from __future__ import annotations

from pathlib import Path

import pytest
from linux.stripping import is_program
from linux.system_libraries import MissingLibraries, binaries, needed_packages, newest_glibc, read_ldd

ANSWER = """/b/emulsion:
\tlinux-vdso.so.1 (0x00007fff)
\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f)
\tlibc10.so => /b/_internal/torch/lib/libc10.so (0x00007f)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f)
"""


def test_libraries_outside_of_the_bundle_are_found() -> None:
    assert read_ldd(ANSWER, Path("/b")) == {"libz.so.1"}


def test_a_library_that_is_nowhere_ends_the_build() -> None:
    with pytest.raises(MissingLibraries, match=r"libodd\.so\.3"):
        read_ldd(f"{ANSWER}\tlibodd.so.3 => not found\n", Path("/b"))


def test_packages_are_named_once_with_the_version_of_the_c_library() -> None:
    packages = needed_packages(["libm.so.6", "libc.so.6", "libEGL.so.1"], "2.36")
    assert packages == ["libc6 (>= 2.36)", "fontconfig-config", "libegl1", "xkb-data"]


def test_a_library_without_a_known_package_ends_the_build() -> None:
    with pytest.raises(MissingLibraries, match=r"libodd\.so\.3"):
        needed_packages(["libodd.so.3"], "2.36")


def test_the_newest_version_of_the_c_library_counts(tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(b"\x7fELF\0GLIBC_2.2.5\0GLIBC_2.17\0")
    (tmp_path / "b.so").write_bytes(b"\x7fELF\0GLIBC_2.34\0GLIBC_2.4\0")
    assert newest_glibc([tmp_path / "a.so", tmp_path / "b.so"]) == "2.34"


def test_links_and_other_files_are_no_binaries(bundle: Path) -> None:
    assert [path.name for path in binaries(bundle)] == ["libtorch.so"]


def test_the_program_itself_is_not_stripped(bundle: Path) -> None:
    assert is_program(bundle / "emulsion")
    assert not is_program(bundle / "_internal" / "torch" / "libtorch.so")
