"""torch without its tests and compilers. Replaces the hook of PyInstaller's collection, which takes every module.

torch reads its own sources where functions become TorchScript, so they lie beside the compiled modules; but for
the largest parts, which are never asked for.
"""

from PyInstaller.utils.hooks import (  # pyright: ignore[reportMissingModuleSource]
    PY_DYLIB_PATTERNS,
    collect_dynamic_libs,
    collect_submodules,
)

module_collection_mode = {
    "torch": "pyz+py",
    "torch._inductor": "pyz",
    "torch.ao": "pyz",
    "torch.distributed": "pyz",
    "torch.onnx": "pyz",
    # but settings are read with the comments beside them, and these become TorchScript
    "torch._inductor.config": "pyz+py",
    "torch._inductor.config_comms": "pyz+py",
    "torch.distributed.config": "pyz+py",
    "torch.distributed.optim": "pyz+py",
}
warn_on_missing_hiddenimports = False
hiddenimports = [
    *collect_submodules("torch._dynamo.polyfills"),
    "torch._functorch.deprecated",
    "torch._functorch.make_functional",
    "torch.onnx.operators",
]
# torch/bin has torch_shm_manager, without which ``import torch`` fails
binaries = collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*", "torch_shm_manager"])
# a second, linked copy on the top would make torch search its libraries there
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
