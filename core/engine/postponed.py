"""Keeps large packages out of the start that diffusers and transformers import for what most runs never do.

torch's compiler takes 0.6 s; they ask it for decorators that only concern compiled networks. `transformers.models`
reads the sources of all its 500 families when it is imported, for 0.2 s, although one family's module will do.
"""

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch
from torch._compile import _disable_dynamo  # pyright: ignore[reportPrivateUsage]

COMPILER = "torch._dynamo"
FAMILIES = "transformers.models"


class PostponedPackage(ModuleType):
    """Stands in `sys.modules` for a package, whose modules can be imported meanwhile.

    The package itself is imported when any other attribute of it is asked for, and takes its own place then.
    """

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__ = spec
        self.__file__ = spec.origin
        self.__path__ = list(spec.submodule_search_locations or ())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # whoever goes through all modules asks for these
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
            try:
                package = import_module(self.__name__)
            except BaseException:  # of any kind: the next one who asks is to be told, too
                sys.modules[self.__name__] = self
                raise
            self._hand_over(package)
        return getattr(import_module(self.__name__), name)

    def _hand_over(self, package: ModuleType) -> None:
        for name, module in vars(self).items():
            if isinstance(module, ModuleType):  # imported meanwhile
                setattr(package, name, module)


class PostponedCompiler(PostponedPackage):
    """Stands for torch's compiler while those are imported that decorate with it."""

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec)
        self._later = _Decorations(self._hand_over)
        sys.meta_path.insert(0, self._later)

    def allow_in_graph(self, decorated: Any) -> Any:
        return self._later.decorate("allow_in_graph", decorated)

    def assume_constant_result(self, decorated: Any) -> Any:
        return self._later.decorate("assume_constant_result", decorated)

    def disable(self, function: Any = None, recursive: bool = True, **_reason: Any) -> Any:
        """Returns a function that imports the compiler when it is called, by torch's own means."""
        return _disable_dynamo(function, recursive)

    def _hand_over(self, package: ModuleType) -> None:
        super()._hand_over(package)
        self._later.apply(package)


class _Decorations:
    """Decorates when the compiler is imported, as the first of Python's finders, which hears of that."""

    def __init__(self, on_import: Callable[[ModuleType], None]) -> None:
        self._on_import = on_import
        self._waiting: list[tuple[str, Any]] = []

    def decorate(self, decorator: str, decorated: Any) -> Any:
        if self not in sys.meta_path:
            return getattr(import_module(COMPILER), decorator)(decorated)
        self._waiting.append((decorator, decorated))
        return decorated

    def apply(self, package: ModuleType) -> None:
        for decorator, decorated in self._waiting:
            getattr(package, decorator)(decorated)
        self._waiting.clear()

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != COMPILER:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_tell(module: ModuleType) -> None:
                execute(module)
                self._on_import(module)

            spec.loader.exec_module = execute_and_tell
        return spec


@contextmanager
def lean_imports() -> Generator[None]:
    """Postpones what few runs need, and leaves out what none does, while diffusers and transformers are imported.

    None computes on several machines at once: transformers then takes torch for one of its builds that cannot, and
    does not import 700 modules for that, sympy among them, for 0.4 s. It must remember the answer, as it does now.
    """
    is_available = torch.distributed.is_available
    torch.distributed.is_available = lambda: False
    try:
        if FAMILIES not in sys.modules and (families := find_spec(FAMILIES)) is not None:
            sys.modules[FAMILIES] = PostponedPackage(families)
        asked = import_module("transformers.utils").is_torch_distributed_available
        if not hasattr(asked, "cache_info") or asked():
            torch.distributed.is_available = is_available
        with _without_compiler():
            yield
    finally:
        torch.distributed.is_available = is_available


@contextmanager
def _without_compiler() -> Generator[None]:
    spec = find_spec(COMPILER) if COMPILER not in sys.modules else None
    if spec is None:
        yield
        return
    compiler = sys.modules[COMPILER] = PostponedCompiler(spec)
    try:
        yield
    finally:
        if sys.modules.get(COMPILER) is compiler:
            del sys.modules[COMPILER]
