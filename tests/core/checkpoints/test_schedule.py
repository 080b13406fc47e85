"""A folder's noise schedule is followed by every sampler, or refused by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelBroken
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from tests import tiny


@pytest.fixture
def folder(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models / "tiny", tmp_path / "tiny"))


def change(folder: Path, **changes: Any) -> Path:
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"_class_name": "EDMDPMSolverMultistepScheduler"}, r"noise schedule \(EDM\).*EDMDPMSolverMultistep"),
        ({"_class_name": "EDMEulerScheduler"}, "EDMEuler"),
        ({"_class_name": "ScoreSdeVeScheduler"}, "ScoreSdeVe"),
        ({"_class_name": "FlowMatchEulerDiscreteScheduler"}, "another kind.*FlowMatchEuler"),
        ({"_class_name": "UniPCMultistepScheduler", "use_flow_sigmas": True}, "flow matching.*UniPCMultistep"),
        ({"_class_name": 7}, "scheduler 7"),
        ({"_class_name": None}, "None|without a name"),
        ({"prediction_type": "flow"}, "prediction_type flow"),
        ({"beta_schedule": "sigmoid"}, "beta_schedule sigmoid"),
        ({"beta_schedule": ["linear"]}, "beta_schedule"),
        ({"timestep_spacing": "logarithmic"}, "timestep_spacing logarithmic"),
        ({"timestep_type": "continuous"}, "timestep_type continuous"),
        ({"rescale_betas_zero_snr": "sometimes"}, "rescale_betas_zero_snr sometimes"),
        ({"sigma_max": 120.0}, r"sigma_max 120\.0"),
        ({"use_exponential_sigmas": True}, "use_exponential_sigmas True"),
        ({"beta_end": "wide"}, "damaged: beta_end"),
        ({"trained_betas": [0.1]}, "damaged: trained_betas"),
    ],
)
def test_a_folder_whose_schedule_no_sampler_follows_is_refused_in_the_same_words_everywhere(
    changes: dict[str, Any], why: str, folder: Path
) -> None:
    change(folder, **changes)
    with pytest.raises(ModelBroken, match=why) as refused:
        Catalogue((folder,)).find(str(folder))
    found = Catalogue((folder,)).find_all()
    assert [one.reason for one in found.refused] == [refused.value.reason]


@pytest.mark.parametrize(
    ("changes", "sampler"),
    [
        ({}, "dpmpp_2m"),
        ({"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": True}, "dpmpp_2m_karras"),
        ({"algorithm_type": "sde-dpmsolver++"}, "dpmpp_2m_sde"),
        ({"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True}, "dpmpp_2m_sde_karras"),
        ({"_class_name": "PNDMScheduler", "skip_prk_steps": True}, "dpmpp_2m"),
        ({"sigma_max": None, "use_beta_sigmas": False, "flow_shift": None, "timestep_spacing": None}, "dpmpp_2m"),
    ],
)
def test_the_sampler_that_a_folder_chooses_is_its_default(
    changes: dict[str, Any], sampler: str, folder: Path
) -> None:
    assert Catalogue(()).find(str(change(folder, **changes))).defaults.sampler == sampler


def test_a_silent_configuration_has_the_values_of_its_own_scheduler(folder: Path) -> None:
    path = folder / "scheduler" / "scheduler_config.json"
    for name, end, betas in (("DDPMScheduler", 0.02, "linear"), ("LCMScheduler", 0.012, "scaled_linear")):
        path.write_text(json.dumps({"_class_name": name}), "utf-8")
        schedule = Catalogue(()).find(str(folder)).schedule_for()
        assert (schedule["beta_end"], schedule["beta_schedule"]) == (end, betas)


def test_an_autoencoder_with_statistics_of_its_channels_is_refused(folder: Path) -> None:
    path = folder / "vae" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"latents_mean": [0.1] * 4}), "utf-8")
    with pytest.raises(ModelBroken, match="latents_mean"):
        Catalogue(()).find(str(folder))


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.z_image(tmp_path_factory.mktemp("flow") / "z")


def test_the_shift_of_a_flow_is_told_and_can_be_chosen(flow: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(flow, tmp_path / "z"))
    plain = Catalogue((folder,))
    assert list(plain.find("z").traits) == ["variant", "shift", "size"]
    sha256 = plain.identified(plain.find("z")).sha256
    for dynamic in (False, True):
        change(folder, use_dynamic_shifting=dynamic)
        assert ("shift" in plain.find("z").traits) is not dynamic
        places = FixedPlaces((folder,), model_traits={sha256: "shift=5 prediction_type=epsilon"})
        model = Catalogue(lambda places=places: places, plain.memory).find("z")
        assert (model.traits["shift"].value, model.schedule_for()["shift"]) == (5.0, 5.0)
        assert not model.schedule_for()["use_dynamic_shifting"]
        assert "prediction_type" not in model.traits
