"""A newer version is told from a file or a server; everything else becomes one sentence, never an error."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from core.downloads.updates import LARGEST_BYTES, check, news_of, numbers_of
from core.version import VERSION

NEWER = {"version": "99.1", "about": "Better\n skies.", "page": "https://example.org/new"}


class Answers(http.server.BaseHTTPRequestHandler):
    """Speaks as the path wants, and notes what was asked."""

    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("User-Agent")))
        if self.path == "/to-a-file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
            return
        self.send_response(200 if self.path == "/news.json" else 404)
        self.end_headers()
        self.wfile.write(json.dumps(NEWER).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as answering:
        thread = threading.Thread(target=answering.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{answering.server_port}"
        answering.shutdown()
        thread.join()


def test_a_newer_version_in_a_file_is_told_with_its_page(tmp_path: Path) -> None:
    file = tmp_path / "größe news.json"
    file.write_text(json.dumps(NEWER))
    for address in (str(file), file.as_uri()):
        news = check(address)
        assert news.sentence == f"Emulsion 99.1 is there; this is {VERSION}. Better skies."
        assert news.page == "https://example.org/new"


def test_a_newer_version_on_a_server_is_told_and_only_the_program_is_named(server: str) -> None:
    assert check(f"{server}/news.json").page == NEWER["page"]
    assert Answers.asked[-1] == ("/news.json", f"Emulsion/{VERSION}")


def test_what_cannot_be_read_is_told(server: str, tmp_path: Path) -> None:
    assert "the server answers 404" in check(f"{server}/none").sentence
    assert "No such file" in check(str(tmp_path / "none")).sentence
    assert "refused" in check("http://127.0.0.1:1/").sentence
    assert "does not know where" in check("").sentence
    assert "could not be read" in check("http://[").sentence


def test_a_server_cannot_lead_to_files(server: str) -> None:
    told = check(f"{server}/to-a-file")
    assert "could not be read" in told.sentence


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 3}', b'{"version": "two"}', b"[" * 90_000])
def test_anything_else_is_no_announcement(content: bytes) -> None:
    assert news_of(content).sentence == "No version is announced there."


@pytest.mark.parametrize("version", ["0.1", "1.2.0", "1.2", "1.1.9"])
def test_this_version_and_older_ones_are_no_news(version: str) -> None:
    assert "newest" in news_of(json.dumps({"version": version}).encode(), current="1.2.0").sentence


def test_pages_that_are_no_web_addresses_and_long_words_are_cut() -> None:
    content = {"version": "9.0", "about": "x" * 9000, "page": "file:///bin/sh"}
    told = news_of(json.dumps(content).encode(), current="1.0")
    assert told.page == ""
    assert len(told.sentence) < 600


def test_versions_are_compared_by_their_numbers() -> None:
    assert numbers_of("1.10") > numbers_of("1.9.9")
    assert numbers_of("1.0.0") == numbers_of("1")
    assert numbers_of("1.x") == ()
    assert LARGEST_BYTES < 2**20
