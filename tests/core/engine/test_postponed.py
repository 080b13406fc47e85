"""A first picture needs neither torch's compiler nor all families of transformers; who asks for them gets them."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module, invalidate_caches
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.engine.postponed import PostponedPackage

HIDE = """
from tests.packages_of_users import hide_others
hide_others()
"""
FIRST_PICTURE = """
import sys
from app.startup.engine_imports import engine_imports
with engine_imports():
    from core.engine.engine import Engine
import torch
from pathlib import Path
from core.models.catalogue import users_catalogue
from core.paths import Folders
from core.request.request import STARTER_MODEL, GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate
from core.settings.settings import load_settings

folders = Folders(*[Path(sys.argv[1])] * len(Folders.__dataclass_fields__))
engine = Engine(users_catalogue(folders, lambda: load_settings(folders)), "cpu", "float32")
request = GenerationRequest("a red house", model=STARTER_MODEL, size=Size(128, 128), steps=2, seed=1)
pictures = [event for event in engine.run(Generate(request)) if isinstance(event, ImageReady)]
assert len(pictures) == 1
for heavy in ("torch._dynamo.convert_frame", "torch._inductor", "sympy", "torch.distributed.tensor"):
    assert heavy not in sys.modules, heavy

from torch.distributed import is_available
assert is_available() == hasattr(torch._C, "_c10d_init")
"""
COMPILER = """
import sys
from core.engine.postponed import lean_imports
with lean_imports():
    from diffusers.models.attention import BasicTransformerBlock
    assert "torch._dynamo.convert_frame" not in sys.modules
import torch

compiled = torch.compile(lambda x: torch.relu(x) * 2, backend="eager")
assert torch.equal(compiled(torch.tensor([-1.0, 3.0])), torch.tensor([0.0, 6.0]))
package = sys.modules["torch._dynamo"]
assert torch._dynamo is package and package.optimize.__module__ == "torch._dynamo.eval_frame"
assert id(BasicTransformerBlock) in package.trace_rules._allowed_callable_ids
assert package._trace_wrapped_higher_order_op is sys.modules["torch._dynamo._trace_wrapped_higher_order_op"]
"""
FAMILIES = """
import sys
from core.engine.postponed import lean_imports
with lean_imports():
    from transformers.models.clip.modeling_clip import CLIPTextModel
assert "transformers.models.bert" not in sys.modules
import transformers
assert transformers.CLIPTextModel is CLIPTextModel is transformers.models.clip.CLIPTextModel
assert sys.modules["transformers.models"].BertConfig.model_type == "bert"
"""


@pytest.mark.parametrize("script", [FIRST_PICTURE, COMPILER, FAMILIES], ids=["picture", "compiler", "families"])
def test_each_is_imported_when_it_is_needed_and_not_before(script: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", f"{HIDE}{script}", str(tmp_path)], check=True)


def test_a_package_that_cannot_be_imported_says_so_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "made_up_package"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise OSError('made up')")
    (tmp_path / name / "inner.py").write_text("VALUE = 1")
    monkeypatch.syspath_prepend(tmp_path)
    spec = find_spec(name)
    assert spec is not None
    monkeypatch.setitem(sys.modules, name, PostponedPackage(spec))
    assert import_module(f"{name}.inner").VALUE == 1
    for _ in range(2):
        with pytest.raises(OSError, match="made up"):
            _ = sys.modules[name].value
    (tmp_path / name / "__init__.py").write_text("value = 'mended'")
    invalidate_caches()
    assert sys.modules[name].value == "mended"
    assert sys.modules[name].inner.VALUE == 1
    for module in (name, f"{name}.inner"):
        monkeypatch.delitem(sys.modules, module)
