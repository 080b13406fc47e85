from __future__ import annotations

import plistlib

import product
from macos.information import information

from core.version import VERSION
from tests.packaging.recorded_build import ROOT


def test_the_information_survives_as_a_property_list() -> None:
    assert plistlib.loads(plistlib.dumps(information())) == information()


def test_it_says_who_the_program_is_and_what_it_opens() -> None:
    told = information()
    assert told["CFBundleShortVersionString"] == VERSION
    assert told["NSHighResolutionCapable"] is True
    assert told["LSApplicationCategoryType"].startswith("public.app-category.")
    assert [kind["LSHandlerRank"] for kind in told["CFBundleDocumentTypes"]] == ["Alternate"]


def test_the_entitlements_are_those_that_python_and_torch_need() -> None:
    entitlements = plistlib.loads((ROOT / "packaging" / "macos" / "entitlements.plist").read_bytes())
    assert entitlements == {
        "com.apple.security.cs.allow-unsigned-executable-memory": True,
        "com.apple.security.cs.disable-library-validation": True,
    }


def test_the_identifier_is_in_reverse_order_of_a_domain() -> None:
    assert product.BUNDLE_ID.count(".") == 2
    assert product.BUNDLE_ID.lower() == product.BUNDLE_ID
