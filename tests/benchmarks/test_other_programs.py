"""The other sides of the comparison, against stand-ins that speak as the real programs do."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from tests.benchmarks.other_programs import comfy_ui, seconds_of, stable_diffusion_cpp

COMFY = """
# speaks as server.py and execution.py of ComfyUI do: status first, nodes by `executing`, steps by `progress`
import base64, hashlib, json, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
port = int(sys.argv[sys.argv.index("--port") + 1])
assert "--cpu" in sys.argv and "--force-fp32" in sys.argv
assert "checkpoints: ." in open(sys.argv[sys.argv.index("--extra-model-paths-config") + 1]).read()
time.sleep(0.3)  # the real one imports torch

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sockets, done = [], set()
    def log_message(self, *about): pass
    def answer(self, content):
        data = json.dumps(content).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(data))); self.end_headers()
        self.wfile.write(data)
    def tell(self, kind, **data):
        data = json.dumps({"type": kind, "data": data}).encode()
        head = bytes([0x81, len(data)]) if len(data) < 126 else bytes([0x81, 126]) + len(data).to_bytes(2, "big")
        self.sockets[-1].write(bytes([0x82, 3]) + b"\\xff\\xd8\\xff" + bytes([0x89, 1]) + b"p" + head + data)
    def do_GET(self):
        if self.path.startswith("/ws?clientId="):
            key = self.headers["Sec-WebSocket-Key"]
            assert len(base64.b64decode(key)) == 16
            accept = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            self.send_response(101); self.send_header("Upgrade", "websocket")
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode()); self.end_headers()
            self.sockets.append(self.wfile)
            self.tell("status", status={"exec_info": {"queue_remaining": 0}}, sid="x" * 200)
            threading.Event().wait()
        self.answer({"system": {"os": "posix"}})
    def do_POST(self):
        graph = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["prompt"]
        self.answer({"prompt_id": "a", "number": 1, "node_errors": {}})
        threading.Thread(target=self.execute, args=(graph,)).start()
    def execute(self, graph):
        kinds = {key: node["class_type"] for key, node in graph.items()}
        again = {key for key, node in graph.items() if json.dumps(node) in self.done}
        self.done |= {json.dumps(node) for node in graph.values()}
        self.tell("execution_start", prompt_id="a")
        self.tell("execution_cached", nodes=sorted(again), prompt_id="a")
        for key, kind in kinds.items():
            if key in again and kind not in ("VAEDecode", "SaveImage"): continue
            self.tell("executing", node=key, prompt_id="a")
            steps = graph[key]["inputs"].get("steps", 0)
            for step in range(steps):
                time.sleep(0.05)
                self.tell("progress", value=step + 1, max=steps, prompt_id="a", node=key)
            time.sleep({"CheckpointLoaderSimple": 0.2, "VAEDecode": 0.1}.get(kind, 0))
            if FAILING and kind == "KSampler":
                return self.tell("execution_error", exception_message="not enough memory", prompt_id="a")
        self.tell("executing", node=None, prompt_id="a")

ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

CPP = """#!{python}
import sys, time
from pathlib import Path
options = dict(zip(sys.argv[1:], sys.argv[2:]))
assert options["--sampling-method"] == "euler" and options["-t"] == "2" and Path(options["-m"]).exists()
print("[INFO ] model.cpp:1560 - loading tensors completed, taking 0.11s (process: 0.00s, read: 0.07s)", flush=True)
print("[INFO ] stable-diffusion.cpp:2711 - get_learned_condition completed, taking 1572 ms", flush=True)
print("  |==================================================| 4/4 - 1.01s/it\\n", end="", flush=True)
print("[INFO ] stable-diffusion.cpp:3018 - sampling completed, taking 4.04s", flush=True)
print("[INFO ] stable-diffusion.cpp:3046 - decode_first_stage completed, taking 2.50s", flush=True)
time.sleep(1)  # so that its memory is read while it still runs, on a busy machine, too
Path(options["-o"]).write_bytes(b"PNG") if {succeeds} else sys.exit("out of memory")
"""


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    file = tmp_path / "model.safetensors"
    file.touch()
    return file


def comfy(folder: Path, *, fails: bool) -> Path:
    (folder / "main.py").write_text(COMFY.replace("FAILING", str(fails)), "utf-8")
    return folder


def cpp(folder: Path, *, succeeds: bool) -> Path:
    program = folder / "sd-cli"
    program.write_text(CPP.format(python=sys.executable, succeeds=succeeds), "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_comfy_ui_is_timed_by_what_its_server_tells(tmp_path: Path, checkpoint: Path) -> None:
    side = comfy_ui(comfy(tmp_path, fails=False), checkpoint, 64, 4, 1, "float32")
    assert side.ready >= 0.3
    assert side.load >= 0.2
    assert side.step >= 0.05
    assert side.decode >= 0.1
    assert side.picture >= 4 * side.step + side.decode - 0.05
    assert side.first >= side.ready + side.load
    assert side.peak > 2**20


def test_a_failure_of_comfy_ui_is_no_figure(tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(RuntimeError, match="ComfyUI made no picture"):
        comfy_ui(comfy(tmp_path, fails=True), checkpoint, 64, 4, 1, "float32")


def test_a_program_that_is_no_comfy_ui_is_no_figure(tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(RuntimeError, match=r"main\.py"):
        comfy_ui(tmp_path, checkpoint, 64, 4, 1, "float32")


def test_stable_diffusion_cpp_is_timed_by_its_log(tmp_path: Path, checkpoint: Path) -> None:
    side = stable_diffusion_cpp(cpp(tmp_path, succeeds=True), checkpoint, 64, 4, 2, tmp_path / "a.png")
    assert (side.step, side.decode, side.ready) == (1.01, 2.5, 0.0)
    assert 0 < side.load < side.picture == side.first
    assert side.peak > 2**20


def test_a_failure_of_stable_diffusion_cpp_is_no_figure(tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(RuntimeError, match="out of memory"):
        stable_diffusion_cpp(cpp(tmp_path, succeeds=False), checkpoint, 64, 4, 2, tmp_path / "a.png")


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("[INFO ] x.cpp:1 - sampling completed, taking 16.99s", 16.99),
        ("[INFO ] x.cpp:1 - sampling completed, taking 1572 ms", 1.572),
        ("[INFO ] x.cpp:1 - resampling completed, taking 3.00s", None),
        ("sampling using Euler method", None),
    ],
)
def test_seconds_are_read_from_lines_of_either_form(line: str, seconds: float | None) -> None:
    assert seconds_of("sampling", line) == seconds
