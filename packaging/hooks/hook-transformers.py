"""transformers with the families in use. It builds its table of lazy imports by reading its own sources."""

from contents import TRANSFORMERS_FAMILIES
from PyInstaller.utils.hooks import collect_submodules  # pyright: ignore[reportMissingModuleSource]

module_collection_mode = "pyz+py"
hiddenimports = [
    name for family in TRANSFORMERS_FAMILIES for name in collect_submodules(f"transformers.models.{family}")
]
