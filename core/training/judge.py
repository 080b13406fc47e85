"""The judge: a small network that sees what a picture shows, to measure how far a model obeys.

The judge is trained on drawn postcards, whose scenes are known, and on nothing that a model made. A little blur
and noise keep it from relying on edges sharper than any decoder's. Its accuracy is measured on unchanged drawn
pictures.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from core.training.attributes import QUESTIONS, Answers, truth
from core.training.pixels import as_tensor
from core.training.scene import random_scene

_UNKNOWN = -1
_BATCH = 64
_WIDTHS = (16, 32, 64, 96, 128)


class Judge(nn.Module):
    """Five convolutions, mean and maximum over the picture, one linear layer: 0.3 M parameters."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((3, *_WIDTHS[:-1]), _WIDTHS, strict=True):
            layers += _convolution(before, after, stride=2)
        layers += _convolution(_WIDTHS[-1], _WIDTHS[-1], stride=1)
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Linear(2 * _WIDTHS[-1], sum(len(question.answers) for question in QUESTIONS))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Returns the logits (batch, answers) of each question; pictures are (batch, 3, h, w) in [-1, 1]."""
        seen = self.trunk(pictures)
        pooled = torch.cat([seen.mean(dim=(2, 3)), seen.amax(dim=(2, 3))], dim=1)
        return list(self.head(pooled).split([len(question.answers) for question in QUESTIONS], dim=1))

    @torch.no_grad()
    def answers(self, pictures: NDArray[np.uint8]) -> list[Answers]:
        """Returns the answers for each picture; `pictures` are uint8 (count, height, width, 3)."""
        self.eval()
        seen: list[Answers] = []
        for start in range(0, len(pictures), _BATCH):
            logits = self(as_tensor(pictures[start : start + _BATCH]))
            best = torch.stack([question.argmax(dim=1) for question in logits], dim=1).tolist()
            seen += [
                {question.name: question.answers[k] for question, k in zip(QUESTIONS, row, strict=True)}
                for row in best
            ]
        return seen


def load_judge(path: Path) -> Judge:
    """Returns the judge that `save_judge` wrote."""
    judge = Judge()
    judge.load_state_dict(load_file(path))
    return judge


def save_judge(judge: Judge, path: Path) -> None:
    """Writes a trained judge."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(judge.state_dict(), path)


def train_judge(pictures: NDArray[np.uint8], epochs: int, seed: int) -> Judge:
    """Returns a judge trained on postcards 0 to count - 1, uint8 (count, height, width, 3)."""
    torch.manual_seed(seed)
    judge = Judge()
    labels = torch.from_numpy(np.array([_labels(truth(random_scene(k))) for k in range(len(pictures))]))
    rng = np.random.default_rng((seed, 5))
    optimiser = torch.optim.AdamW(judge.parameters(), weight_decay=1e-2)
    steps = epochs * -(-len(pictures) // _BATCH)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=4e-3, total_steps=steps)
    judge.train()
    with tqdm(total=epochs * len(pictures), desc="judge") as bar:
        for _ in range(epochs):
            order = rng.permutation(len(pictures))
            for start in range(0, len(order), _BATCH):
                chosen = order[start : start + _BATCH]
                loss = _loss(judge(_roughened(as_tensor(pictures[chosen]), rng)), labels[chosen])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                plan.step()
                bar.update(len(chosen))
    return judge


def _convolution(before: int, after: int, stride: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()


def _labels(answers: Answers) -> list[int]:
    return [
        question.answers.index(answers[question.name]) if question.name in answers else _UNKNOWN
        for question in QUESTIONS
    ]


def _loss(logits: Sequence[Tensor], labels: Tensor) -> Tensor:
    parts = [
        F.cross_entropy(q, labels[:, k], ignore_index=_UNKNOWN, reduction="sum") for k, q in enumerate(logits)
    ]
    return torch.stack(parts).sum() / len(labels)


def _roughened(batch: Tensor, rng: np.random.Generator) -> Tensor:
    """Returns the pictures, sometimes mirrored, softened or noisy."""
    if rng.random() < 0.5:
        batch = batch.flip(3)
    if rng.random() < 0.5:
        side = batch.shape[-1]
        small = F.interpolate(batch, scale_factor=float(rng.uniform(0.3, 0.8)), mode="area")
        batch = F.interpolate(small, size=(side, side), mode="bilinear", align_corners=False)
    if rng.random() < 0.5:
        source = torch.Generator().manual_seed(int(rng.integers(2**62)))
        batch = batch + float(rng.uniform(0, 0.06)) * torch.randn(batch.shape, generator=source)
    return batch
