"""torch without its tests and compilers. Replaces the hook of PyInstaller's collection, which takes every module.

torch reads its own sources where functions become TorchScript, so they lie beside the compiled modules; but for
the largest parts, which are never asked for.
"""

from PyInstaller.utils.hooks import (  # pyright: ignore[reportMissingModuleSource]
    PY_DYLIB_PATTERNS,
    collect_dynamic_libs,
    collect_submodules,
)

LARGE_PARTS = (
    "torch._dynamo",
    "torch._export",
    "torch._functorch",
    "torch._higher_order_ops",
    "torch._inductor",
    "torch._refs",
    "torch._subclasses",
    "torch.ao",
    "torch.distributed",
    "torch.export",
    "torch.fx",
    "torch.onnx",
    "torch.sparse",
)
# settings are read with the comments beside them, and the last of these becomes TorchScript
READ_PARTS = (
    "torch._dynamo.config",
    "torch._export.config",
    "torch._functorch.config",
    "torch._inductor.config",
    "torch._inductor.config_comms",
    "torch.distributed.config",
    "torch.fx.experimental._config",
    "torch.distributed.optim",
)
module_collection_mode = {
    "torch": "pyz+py",
    **dict.fromkeys(LARGE_PARTS, "pyz"),
    **dict.fromkeys(READ_PARTS, "pyz+py"),
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
