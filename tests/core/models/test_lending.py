"""The schedule of a network's file, whichever model of its family lends it the other configurations."""

from pathlib import Path

import pytest
import transformers

from app.messages.training import training_text
from core.models.catalogue import Catalogue
from tests import original_flows, original_names, tiny, tiny_flows


@pytest.fixture(autouse=True)
def no_progress_bars() -> None:
    """They leave a thread behind."""
    transformers.utils.logging.disable_progress_bar()


@pytest.mark.parametrize("is_guided", [True, False], ids=["dev beside schnell", "schnell beside dev"])
def test_a_file_of_flux_1_has_its_own_schedule_beside_the_other_model(
    tmp_path: Path,
    is_guided: bool,
) -> None:
    own = tiny_flows.flux1(tmp_path / "own", is_guided=is_guided)
    lender = tiny_flows.flux1(tmp_path / "models" / "lender", is_guided=not is_guided)
    original_flows.flux1(own, tmp_path / "models" / "dreams.safetensors")
    model = Catalogue((lender.parent,)).find("dreams")
    assert model.folder == lender
    schedule = model.schedule_for()
    assert (schedule["use_dynamic_shifting"], schedule["shift"]) == ((True, 3.0) if is_guided else (False, 1.0))
    if is_guided:
        assert (schedule["base_shift"], schedule["max_shift"]) == (0.5, 1.15)
        assert (schedule["base_image_seq_len"], schedule["max_image_seq_len"]) == (256, 4096)
        return
    assert (model.traits["shift"].value, model.traits["shift"].place) == (1.0, "family")


@pytest.mark.parametrize(("name", "shift"), [("z_image_turbo_bf16", 3.0), ("z_image_bf16", 6.0), ("dreams", 6.0)])
def test_a_file_of_z_image_has_the_schedule_of_turbo_or_of_the_base(
    tmp_path: Path, name: str, shift: float
) -> None:
    lender = tiny.z_image(tmp_path / "models" / "other", shift=4.0)
    original_names.z_image(lender, tmp_path / "models" / f"{name}.safetensors")
    model = Catalogue((lender.parent,)).find(name)
    assert (model.folder, model.schedule_for()["shift"]) == (lender, shift)
    assert (model.traits["shift"].value, model.traits["shift"].place) == (shift, "family")
    assert "as usual in its family" in training_text(model)


def test_a_file_of_a_family_without_a_schedule_of_its_own_tells_whose_it_takes(tmp_path: Path) -> None:
    lender = tiny_flows.chroma(tmp_path / "models" / "lender")
    original_flows.chroma(lender, tmp_path / "models" / "dreams.safetensors")
    model = Catalogue((lender.parent,)).find("dreams")
    assert (model.traits["shift"].value, model.traits["shift"].place) == (3.0, "lender")
    assert "as in the installed model that lends its tokenizer" in training_text(model)
