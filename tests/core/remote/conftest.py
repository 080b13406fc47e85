"""Fixtures that several files of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.remote.far import Sshd, start_sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    sshd = start_sshd(tmp_path_factory.mktemp("sshd"))
    yield sshd
    sshd.end()
