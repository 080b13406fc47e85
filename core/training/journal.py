"""The reports of a training while it runs: CSV tables of losses and grids of sample pictures."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def append_losses(path: Path, step: int, values: dict[str, float]) -> None:
    """Adds a row to a table of losses."""
    is_new = not path.exists()
    with path.open("a", encoding="utf-8") as file:
        if is_new:
            file.write(",".join(("step", *values)) + "\n")
        file.write(",".join((str(step), *(f"{value:.6g}" for value in values.values()))) + "\n")


def forget_losses_after(path: Path, step: int) -> None:
    """Drops the rows of steps that a resumed run will do again."""
    if not path.exists():
        return
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if int(row.split(",")[0]) <= step]
    path.write_text("\n".join((head, *kept)) + "\n", encoding="utf-8")


def save_grid(path: Path, pictures: NDArray[np.uint8], columns: int) -> None:
    """Writes pictures, uint8 (count, height, width, 3), side by side as one PNG."""
    rows = [np.concatenate(list(pictures[k : k + columns]), axis=1) for k in range(0, len(pictures), columns)]
    rows = [row for row in rows if row.shape == rows[0].shape]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.png")
    Image.fromarray(np.concatenate(rows, axis=0)).save(partial)
    partial.replace(path)
