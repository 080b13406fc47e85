"""Other programs as sides of `tests.benchmarks.peers`: ComfyUI by its server, stable-diffusion.cpp by its log.

Both take the single file that a checkpoint is written to, and make a picture as the other sides do.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import secrets
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from tests.benchmarks.peers_side import Side, peak_of

WAIT_S = 600.0
SAMPLER, DECODER, SAVER = "5", "6", "7"
"""Nodes of the graph."""


def comfy_ui(root: Path, checkpoint: Path, size: int, steps: int, rounds: int, dtype: str) -> Side:
    """ComfyUI's server (``main.py`` of ``root``), with the Python of its own environment if it has one."""
    pythons = (root / folder / "bin" / "python" for folder in ("venv", ".venv"))
    python = next((one for one in pythons if one.exists()), Path(sys.executable))
    with tempfile.TemporaryDirectory() as temporary, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        paths = Path(temporary, "paths.yaml")
        paths.write_text(f"peers:\n  base_path: {checkpoint.parent}\n  checkpoints: .\n", "utf-8")
        precision = ["--force-fp32"] if dtype == "float32" else []
        command = [str(python), "main.py", "--cpu", "--port", str(port), "--output-directory", temporary]
        began = time.perf_counter()
        with Path(temporary, "log.txt").open("w+", encoding="utf-8") as log, ExitStack() as stack:
            process = subprocess.Popen(
                [*command, "--extra-model-paths-config", str(paths), *precision],
                cwd=root,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            )
            try:
                ready = _answers(process, port) - began
                messages = stack.enter_context(closing(_messages(port, client := secrets.token_hex(8))))
                next(messages)  # its status: the socket is open
                load, took, decode, picture, first = 0.0, list[float](), 0.0, 0.0, 0.0
                for number in range(rounds + 1):
                    asked = time.perf_counter()
                    graph = comfy_graph(checkpoint.name, size, steps, 7 + number)
                    _ask(port, "/prompt", {"prompt": graph, "client_id": client})
                    started, stepped = _follow(messages)
                    picture = stepped.pop() - asked
                    load = load or started[SAMPLER] - asked
                    decode = started[SAVER] - started[DECODER]
                    first = first or asked + picture - began
                    took += [b - a for a, b in itertools.pairwise(stepped)] if number else []
                peak = peak_of(process.pid)
            except (OSError, KeyError, RuntimeError) as error:
                log.seek(0)
                raise RuntimeError(f"ComfyUI made no picture: {log.read()[-2000:]}") from error
            finally:
                process.terminate()
                process.wait()
    return Side(ready, load, statistics.median(took), decode, picture, first, peak)


def comfy_graph(checkpoint: str, size: int, steps: int, seed: int) -> dict[str, Any]:
    """Returns the graph of ComfyUI's own first example, in the form of its HTTP interface."""
    sampling = {"seed": seed, "steps": steps, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal"}
    links = {"model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["4", 0]}
    nodes = {
        "1": ("CheckpointLoaderSimple", {"ckpt_name": checkpoint}),
        "2": ("CLIPTextEncode", {"text": "a house", "clip": ["1", 1]}),
        "3": ("CLIPTextEncode", {"text": "", "clip": ["1", 1]}),
        "4": ("EmptyLatentImage", {"width": size, "height": size, "batch_size": 1}),
        SAMPLER: ("KSampler", {**sampling, **links, "denoise": 1.0}),
        DECODER: ("VAEDecode", {"samples": [SAMPLER, 0], "vae": ["1", 2]}),
        SAVER: ("SaveImage", {"images": [DECODER, 0], "filename_prefix": "peers"}),
    }
    return {key: {"class_type": kind, "inputs": inputs} for key, (kind, inputs) in nodes.items()}


def _follow(messages: Iterator[dict[str, Any]]) -> tuple[dict[str, float], list[float]]:
    """Returns when each node began, and when each step ended; the last entry is the end of the run."""
    started: dict[str, float] = {}
    stepped: list[float] = []
    for message in messages:
        now, data = time.perf_counter(), message.get("data", {})
        match message["type"]:
            case "executing" if data["node"] is None:
                return started, [*stepped, now]
            case "executing":
                started[data["node"]] = now
            case "progress" if data["node"] == SAMPLER:
                stepped.append(now)
            case "execution_error":
                raise RuntimeError(data.get("exception_message"))
            case _:
                pass
    raise RuntimeError("the server has gone")


def _answers(process: subprocess.Popen[bytes], port: int) -> float:
    """Returns when the server answers."""
    while process.poll() is None:
        try:
            _ask(port, "/system_stats")
        except OSError:
            time.sleep(0.05)
        else:
            return time.perf_counter()
    raise RuntimeError("the server has ended")


def _ask(port: int, path: str, content: object = None) -> Any:
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
        return json.load(answer)


def _messages(port: int, client: str) -> Generator[dict[str, Any]]:
    """Yields the JSON messages of the server's websocket (RFC 6455); pictures, which are binary, are left out."""
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as connection, connection.makefile("rb") as frames:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        head = (
            *(f"GET /ws?clientId={client} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket"),
            *("Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "", ""),
        )
        connection.sendall("\r\n".join(head).encode())
        while frames.readline() not in (b"\r\n", b""):
            pass
        while len(start := frames.read(2)) == 2:
            length = start[1] & 0x7F
            if length >= 126:
                length = int.from_bytes(frames.read(2 if length == 126 else 8))
            content = frames.read(length)
            if start[0] & 0x0F == 1:
                yield json.loads(content)
            elif start[0] & 0x0F == 9:  # a ping; what a client sends is masked
                connection.sendall(struct.pack("!BBI", 0x8A, 0x80 | length, 0) + content)


def stable_diffusion_cpp(program: Path, checkpoint: Path, size: int, steps: int, threads: int, png: Path) -> Side:
    """``sd-cli``, before ``sd``: each picture is a process, so that every one is the first.

    It takes the weights of convolutions in float16, also where the file has float32.
    """
    options = ["-p", "a house", "-W", str(size), "-H", str(size), "--steps", str(steps), "--cfg-scale", "7"]
    more = ["--seed", "7", "--sampling-method", "euler", "-t", str(threads), "-v", "-o", str(png)]
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(program), "-m", str(checkpoint), *options, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    load, peak, lines = 0.0, 0, list[str]()
    with process.stdout:
        for line in process.stdout:
            lines.append(line)
            peak = max(peak, peak_of(process.pid))
            if "get_learned_condition completed" in line:
                load = time.perf_counter() - began
    process.wait()
    whole, log = time.perf_counter() - began, "".join(lines)
    sampling, decode = seconds_of("sampling", log), seconds_of("decode_first_stage", log)
    if process.returncode or sampling is None or decode is None or not png.exists():
        raise RuntimeError(f"stable-diffusion.cpp made no picture: {log[-2000:]}")
    return Side(0.0, load, sampling / steps, decode, whole, whole, peak)


def seconds_of(part: str, log: str) -> float | None:
    """Returns the seconds in a line such as ``sampling completed, taking 5.69s``, older ones ``5690 ms``."""
    found = re.search(rf"\b{part} completed, taking ([0-9.]+) ?(ms|s)\b", log)
    return None if found is None else float(found[1]) / (1000 if found[2] == "ms" else 1)
