"""A hub on this machine: its protocol (listing, redirects, ranges, etags) and all its faults."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.hub_content import Content
from tests.patience import LONGEST_S

COMMIT = "c0ffee" + "0" * 34


@dataclass
class Repository:
    """Files by their paths; large ones are those in Git LFS, on the content server."""

    files: dict[str, Content]
    is_gated: bool = False
    lfs_above: int = 1000

    def entries(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = [{"type": "directory", "path": "unet", "oid": "0" * 40, "size": 0}]
        for path, content in self.files.items():
            entry: dict[str, Any] = {"type": "file", "path": path, "size": content.size, "oid": "1" * 40}
            if self.is_lfs(content):
                entry["lfs"] = {"oid": content.sha256(), "size": content.size, "pointerSize": 134}
            else:
                blob = content.read(0, content.size)
                entry["oid"] = hashlib.sha1(f"blob {content.size}\0".encode() + blob).hexdigest()
            listed.append(entry)
        return listed

    def is_lfs(self, content: Content) -> bool:
        return content.size > self.lfs_above


@dataclass
class Trouble:
    """The fault of the next requests for the content of a file whose path ends with ``file``.

    Attributes:
        times: how often, then the server is well again.
        status: answered in the place of the content.
        after: so many bytes are sent before it happens.
        kind: ``"stall"``, ``"cut"``, ``"flip"`` (one byte is wrong), ``"whole"`` (ranges are ignored) or ``""``.
    """

    file: str = ".safetensors"
    times: int = 1
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    after: int = 0
    kind: str = ""


@dataclass(frozen=True)
class Asked:
    """One request: at which server, for what, with which headers."""

    server: str
    path: str
    headers: dict[str, str]

    @property
    def offset(self) -> int:
        return int(re.sub(r"\D", "", self.headers.get("range", "0").split("-")[0]) or 0)


class HubServer:
    """Two servers in threads: the hub itself, and the one that large files are redirected to. A context manager.

    Attributes:
        tokens: what each token may do: ``"good"``, ``"unlicensed"`` or ``"narrow"``; others are refused.
        asked: every request.
        bytes_per_second: of the content, 0 for as fast as possible.
        holds_at: no content from this byte on is sent for now, 0 for all of it.
        page_size: how many files a listing tells at once.
        etag_salt: changes what the content server calls its files.
    """

    def __init__(self, repositories: dict[str, Repository]) -> None:
        self.repositories = repositories
        self.tokens: dict[str, str] = {}
        self.troubles: list[Trouble] = []
        self.asked: list[Asked] = []
        self.bytes_per_second = self.holds_at = 0
        self.page_size = 1000
        self.etag_salt = ""
        self.listing_fault: tuple[int, bytes] | None = None
        self._entries: dict[str, list[dict[str, Any]]] = {}
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._servers = [self._serve("hub", self.answer_as_hub), self._serve("content", self.answer_as_content)]
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in self._servers]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._servers[0].server_port}"

    @property
    def content_address(self) -> str:
        return f"http://127.0.0.1:{self._servers[1].server_port}"

    def __enter__(self) -> HubServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ends.set()
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()

    def content_requests(self, path: str) -> list[Asked]:
        """Requests for the content of a large file, without those for its first byte."""
        wanted = [one for one in self.asked if one.server == "content" and one.path.endswith(path)]
        return [one for one in wanted if one.headers.get("range") != "bytes=0-0"]

    def _serve(self, name: str, answer: Callable[[Handler], None]) -> ThreadingHTTPServer:
        hub = self

        class Named(Handler):
            def do_GET(self) -> None:
                headers = {key.lower(): value for key, value in self.headers.items()}
                with hub._lock:
                    hub.asked.append(Asked(name, self.path, headers))
                try:
                    answer(self)
                except OSError:
                    self.close_connection = True

        server = _QuietServer(("127.0.0.1", 0), Named)
        server.daemon_threads = False
        server.block_on_close = True
        return server

    def answer_as_hub(self, ask: Handler) -> None:
        path = ask.path.removeprefix(self.endpoint)  # a proxy is asked for whole addresses
        if path.startswith(self.content_address):
            ask.path = path.removeprefix(self.content_address)
            self.answer_as_content(ask)
            return
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(\w+)", path):
            self._describe(ask, match[1])
        elif match := re.fullmatch(
            r"/api/models/([^/]+/[^/]+)/tree/(\w+)\?recursive=true(?:&cursor=(\d+))?", path
        ):
            self._list(ask, match[1], int(match[3] or 0))
        elif match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/(\w+)/(.+)", path):
            self._resolve(ask, match[1], unquote(match[3]))
        else:
            ask.answer(404, b"{}")

    def _describe(self, ask: Handler, name: str) -> None:
        repository = self.repositories.get(name)
        if self.listing_fault is not None:
            ask.answer(*self.listing_fault)
        elif repository is None:
            ask.answer(401, b"{}", {"X-Error-Code": "RepoNotFound"})
        else:
            ask.answer(
                200, json.dumps({"sha": COMMIT, "gated": "auto" if repository.is_gated else False}).encode()
            )

    def _list(self, ask: Handler, name: str, start: int) -> None:
        if name not in self._entries:
            self._entries[name] = self.repositories[name].entries()
        entries = self._entries[name]
        end = start + self.page_size
        headers = {}
        if end < len(entries):
            target = f"{self.endpoint}/api/models/{name}/tree/{COMMIT}?recursive=true&cursor={end}"
            headers["Link"] = f'<{target}>; rel="next"'
        ask.answer(200, json.dumps(entries[start:end]).encode(), headers)

    def _resolve(self, ask: Handler, name: str, path: str) -> None:
        repository = self.repositories[name]
        if refusal := self._refusal(repository, ask.headers.get("Authorization", "")):
            ask.answer(refusal[0], b"", refusal[1])
        elif path not in repository.files:
            ask.answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        elif repository.is_lfs(repository.files[path]):
            target = f"{self.content_address}/{name}/{path}?signature=of-the-address"
            ask.answer(302, b"", {"Location": target, "X-Linked-Etag": "etag"})
        else:
            self._send(ask, path, repository.files[path])

    def answer_as_content(self, ask: Handler) -> None:
        owner, name, path = unquote(ask.path).partition("?")[0].removeprefix("/").split("/", 2)
        self._send(ask, path, self.repositories[f"{owner}/{name}"].files[path])

    def _refusal(self, repository: Repository, authorization: str) -> tuple[int, dict[str, str]] | None:
        token = authorization.removeprefix("Bearer ")
        gate = {"X-Error-Code": "GatedRepo"}
        if token and token not in self.tokens:
            return 401, {"X-Error-Message": "Invalid credentials in Authorization header"}
        if not repository.is_gated:
            return None
        match self.tokens.get(token):
            case "good":
                return None
            case "unlicensed":
                return 403, {**gate, "X-Error-Message": "Access to this model is restricted"}
            case "narrow":
                said = "Please enable access to public gated repositories in your fine-grained token settings"
                return 403, {**gate, "X-Error-Message": said}
            case _:
                return 401, gate

    def _trouble(self, ask: Handler, path: str) -> Trouble:
        with self._lock:
            for trouble in self.troubles:
                if trouble.times and path.endswith(trouble.file) and ask.headers.get("Range") != "bytes=0-0":
                    trouble.times -= 1
                    return trouble
        return Trouble()

    def _send(self, ask: Handler, path: str, content: Content) -> None:
        trouble = self._trouble(ask, path)
        if trouble.status:
            ask.answer(trouble.status, b"<html>", trouble.headers)
            return
        etag = f'"{hashlib.md5((path + self.etag_salt).encode()).hexdigest()}"'
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", ask.headers.get("Range", ""))
        start = int(match[1]) if match and ask.headers.get("If-Range", etag) == etag else 0
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        if trouble.kind == "whole" or not (match and ask.headers.get("If-Range", etag) == etag):
            status, start = 200, 0
        elif start >= content.size:
            ask.answer(416, b"", {"Content-Range": f"bytes */{content.size}"})
            return
        else:
            status = 206
            headers["Content-Range"] = f"bytes {start}-{content.size - 1}/{content.size}"
        ask.begin(status, {**headers, "Content-Length": str(content.size - start)})
        self._pour(ask, content, start, trouble)

    def _pour(self, ask: Handler, content: Content, start: int, trouble: Trouble) -> None:
        sent, began = 0, time.monotonic()
        for part in content.parts(start):
            if trouble.kind == "cut" and sent + len(part) > trouble.after:
                ask.wfile.write(part[: trouble.after - sent])
                ask.close_connection = True
                return
            if trouble.kind == "stall" and sent >= trouble.after:
                self._ends.wait(LONGEST_S)
                ask.close_connection = True
                return
            if trouble.kind == "flip" and sent <= trouble.after < sent + len(part):
                at = trouble.after - sent
                part = part[:at] + bytes([part[at] ^ 1]) + part[at + 1 :]
            while 0 < self.holds_at < start + sent + len(part) and not self._ends.wait(0.01):
                pass
            ask.wfile.write(part)
            sent += len(part)
            if self.bytes_per_second:
                self._ends.wait(max(sent / self.bytes_per_second - (time.monotonic() - began), 0))


class _QuietServer(ThreadingHTTPServer):
    """Ignores clients that leave in the middle of an answer, which tests do on purpose."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    """One connection; says nothing on the console."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.begin(status, {**(headers or {}), "Content-Length": str(len(content))})
        self.wfile.write(content)

    def begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass
