"""Models of other computers: listed once, told apart, and found by their weights under any name."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ModelMissing
from core.models.catalogue import Catalogue, hashed_file
from core.models.elsewhere import described, only_elsewhere
from core.models.model import Model
from core.request.request import Limits, Source
from tests.fakes import model

FAR = replace(model(), key="far", sha256="a" * 64)


def test_a_model_that_is_here_under_any_name_is_not_elsewhere() -> None:
    assert not only_elsewhere({"b": [replace(FAR, sha256="")]}, [replace(FAR, sha256="")])
    assert not only_elsewhere({"b": [FAR]}, [replace(FAR, key="other name")])
    (found,) = only_elsewhere({"b": [FAR], "c": [replace(FAR, name="the same")]}, [model()])
    assert (found.key, found.computers) == ("far", ("b", "c"))
    (found,) = only_elsewhere({"b": [FAR], "c": [replace(FAR, sha256="b" * 64)]}, [])
    assert (found.sha256, found.computers) == (FAR.sha256, ("b",))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(FAR, family="no such family"),
        replace(FAR, key="a\nb"),
        replace(FAR, key=""),
        replace(FAR, limits=Limits(size_step=0)),
        replace(FAR, limits=Limits(largest=2**40)),
        replace(FAR, limits=Limits(samplers=("nothing",))),
        replace(FAR, defaults=replace(FAR.defaults, steps=10**9)),
        replace(FAR, defaults=replace(FAR.defaults, source=Source("/etc/passwd", 0.5))),
    ],
)
def test_what_cannot_be_a_model_of_this_version_is_left_out(wrong: Model) -> None:
    assert not only_elsewhere({"b": [wrong]}, [])


def test_a_model_is_described_without_its_places(models: Path) -> None:
    told = described(Catalogue((models,)).find("tiny"))
    assert (told.key, told.folder, told.file, told.kind) == ("tiny", Path(), None, None)
    assert str(models) not in repr(told)


def test_the_same_weights_are_found_under_another_name_and_others_under_that_name_are_not(
    models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "tiny", tmp_path / "renamed")
    shutil.copytree(models / "tiny-v", tmp_path / "tiny")
    file = hashed_file(Catalogue((models,)).find("tiny"))
    weights = hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size
    there = Catalogue((tmp_path,), weights=lambda: {"tiny": weights})
    assert (there.find("tiny").folder.name, there.find("tiny").key) == ("renamed", "tiny")
    shutil.rmtree(tmp_path / "renamed")
    with pytest.raises(ModelMissing):
        there.find("tiny")


def test_the_weights_are_told_when_they_have_been_hashed(models: Path) -> None:
    catalogue = Catalogue((models,))
    assert catalogue.weights_if_known("tiny") is None
    catalogue.memory.sha256_of(file := hashed_file(catalogue.find("tiny")))
    assert catalogue.weights_if_known("tiny") == (
        hashlib.sha256(file.read_bytes()).hexdigest(),
        file.stat().st_size,
    )
    assert catalogue.weights_if_known("nothing") is None
