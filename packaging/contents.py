"""The content of the frozen program, and the parts of its libraries that it leaves out."""

from __future__ import annotations

import importlib.util
import pkgutil
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from core.families import FAMILIES

TocEntry = tuple[str, str, str]
"""Place in the bundle, place on this machine, kind: as PyInstaller lists files."""

TRANSFORMERS_FAMILIES = (
    # the text encoders and tokenizers of our families
    *sorted({part for family in FAMILIES.values() for part in family.transformers_parts}),
    # what transformers and diffusers import by themselves on the way there
    "auto",
    "dinov2_with_registers",
    "encoder_decoder",
    "siglip",
    "vit_mae",
)
"""transformers brings some 500 families of models: 56 MB of sources that would never be read."""

DIFFUSERS_PIPELINES = tuple(part for family in FAMILIES.values() for part in family.diffusers_pipelines)
"""The loop is our own, but loaders and parts of these families' pipelines are used; there are a hundred others."""

EXCLUDES = (
    # tests, builds, consoles
    "pytest",
    "_pytest",
    "setuptools",
    "pip",
    "wheel",
    "typer",
    "rich",
    "pygments",
    "IPython",
    "notebook",
    "tkinter",
    "shellingham",
    # parts of libraries that nobody here asks for
    "hf_xet",
    "pydantic",
    # diffusers imports it wherever it is, for one sampler (which core.engine.sampling.linear_multistep
    # replaces) and a schedule nobody chose
    "scipy",
    # diffusers and transformers import it wherever it is, for LoRAs, which core.engine.loading puts in by itself
    "peft",
    # other libraries for the same work
    "cv2",
    "functorch",
    "jax",
    "matplotlib",
    "networkx",
    "onnx",
    "onnxruntime",
    "pandas",
    "sklearn",
    "tensorflow",
    "torchaudio",
    "torchvision",
    "triton",
    # the parts of torch that compile, measure and test
    "torch._inductor.codegen",
    "torch._inductor.compile_fx",
    "torch._inductor.fx_passes",
    "torch._inductor.kernel",
    "torch.testing._internal.common_distributed",
    "torch.testing._internal.common_methods_invocations",
    "torch.testing._internal.common_utils",
    "torch.testing._internal.opinfo",
    "torch.utils.benchmark",
    "torch.utils.bottleneck",
    "torch.utils.cpp_extension",
    "torch.utils.hipify",
    "torch.utils.tensorboard",
    # commands and tests of the others
    "accelerate.test_utils",
    "diffusers.commands",
    "diffusers.modular_pipelines",
    "diffusers.utils.testing_utils",
    "huggingface_hub.cli",
    "huggingface_hub.commands",
    "pyqtgraph.examples",
    "pyqtgraph.jupyter",
    "pyqtgraph.opengl",
    "transformers.cli",
    "transformers.commands",
    "transformers.testing_utils",
    # how the starter model was made, which needs a checkout
    "core.training",
)

QT_MODULES = ("QtCore", "QtDBus", "QtGui", "QtNetwork", "QtOpenGL", "QtOpenGLWidgets", "QtSvg", "QtWidgets")
"""The parts of PySide6 that the program or pyqtgraph imports; every other one stays out."""

NOT_BUNDLED = (
    "setuptools",
    "typer",
    "rich",
    "pygments",
    "shellingham",
    "networkx",
    "markdown_it_py",
    "mdurl",
    "pydantic",
    "pydantic_core",
    "hf_xet",
)

HIDDEN_IMPORTS = (
    *("PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets"),
    *("uvicorn.lifespan.off", "uvicorn.loops.asyncio", "anyio._backends._asyncio"),
)
"""Modules that pyqtgraph, uvicorn and anyio import by names that they compose."""

DROPPED = tuple(
    re.compile(pattern)
    for pattern in (
        # torch's own tests, and its programs but one, without which ``import torch`` fails
        r"torch/test/",
        r"torch/bin/(?!torch_shm_manager)",
        r"torch/(include|share)/",
        # CUDA's runtime of the machine that builds: the CPU build of torch does not ask for it
        r"(.*/)?libcudart[.-]",
        # platforms of Qt for devices without a desktop, and the GTK theme with GTK behind it
        r"PySide6/Qt/plugins/platforms/libq(eglfs|linuxfb|minimal|minimalegl|vkkhrdisplay|vnc)\.so",
        r"PySide6/Qt/plugins/(egldeviceintegrations|platformthemes/libqgtk3)",
        r"PySide6/(Qt/)?plugins/(generic|qmltooling|sqldrivers|virtualkeyboard|networkinformation)/",
        r"lib(gtk-3|gdk-3|atk-1|atk-bridge|atspi|cairo|pango|gdk_pixbuf|epoxy|thai|datrie|fribidi|rsvg)[-.0-9_a-z]*\.so",
        r"(PySide6/(Qt/lib/)?)?(lib)?Qt6(Pdf|Qml\w*|Quick\w*|VirtualKeyboard|EglF\w+)\.(so|dll)",
        r"PySide6/(Qt/)?translations/(?!qtbase_de\.qm)",
        # torch's libraries for its own tests
        r"torch/lib/(lib)?(torchbind_test|jitbackend_test|backend_with_compiler|aoti_custom_ops)\.",
        # what the excluded libraries say of themselves
        rf"({'|'.join(NOT_BUNDLED)})-[^/]*\.dist-info/",
        # what pip compiled of files that are no modules
        r".*/__pycache__/",
        # tests that came along as data
        r"(numpy|diffusers|transformers|accelerate|torch)/(.*/)?tests?/",
    )
)


def keep(entries: Iterable[TocEntry]) -> list[TocEntry]:
    """Returns the files of a bundle without the dropped ones and without sources of unused families."""
    return [entry for entry in entries if not is_dropped(entry[0].replace("\\", "/"))]


def is_dropped(place: str) -> bool:
    family = re.match(r"transformers/models/(\w+)/", place)
    if family is not None and family[1] not in TRANSFORMERS_FAMILIES:
        return True
    return any(pattern.match(place) for pattern in DROPPED)


def unused_modules() -> list[str]:
    """Returns the modules of the installed transformers, diffusers and PySide6 that stay out."""
    return [
        f"{package}.{name}"
        for package, used in (
            ("transformers.models", TRANSFORMERS_FAMILIES),
            ("diffusers.pipelines", DIFFUSERS_PIPELINES),
            ("PySide6", QT_MODULES),
        )
        for name, is_package in submodules(package)
        # PySide6 has small modules of its own, and what lies beside the folders of pipelines is for all of them
        if name not in used
        and {"diffusers.pipelines": is_package, "PySide6": name.startswith("Qt")}.get(package, True)
    ]


def submodules(package: str) -> list[tuple[str, bool]]:
    """Returns the modules directly in an installed package, and whether each is a package, without importing."""
    outer, _, _ = package.partition(".")
    spec = importlib.util.find_spec(outer)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(package)
    folder = Path(spec.submodule_search_locations[0], *package.split(".")[1:])
    return [(module.name, module.ispkg) for module in pkgutil.iter_modules([str(folder)])]


def own_modules(root: Path) -> list[str]:
    """Returns every module of the program but the makers of the starter model: tables may name some by text."""
    names = (
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for folder in ("app", "core")
        for path in sorted((root / folder).rglob("*.py"))
    )
    return [name for name in names if not name.startswith("core.training") and name != "app.__main__"]


def requirements(root: Path) -> list[str]:
    """Returns the names of the libraries that pyproject.toml asks for, in the registry's spelling."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return [re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in project["dependencies"]]
