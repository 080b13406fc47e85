"""Files of weights as PyTorch pickles them, which may hold programs too.

The engine reads the weights of one once, without running anything, and keeps a copy as safetensors.
"""

from pathlib import Path

PICKLES = (".pth", ".pt", ".bin", ".ckpt")


def is_pickle(path: Path) -> bool:
    """Tells by the ending alone."""
    return path.suffix.lower() in PICKLES
