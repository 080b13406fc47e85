"""Names of other computers, and what ssh is told of them: a name is never taken for an option."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.paths import Folders
from core.remote.ssh import OPTIONS, command_line
from core.settings.computers import Computer, computers_from_json, computers_to_json, is_address, is_command
from core.settings.engine_place import PlaceKind
from core.settings.import_export import export_settings, import_settings
from core.settings.settings import Settings


@pytest.mark.parametrize(
    "address", ["studio-pc", "me@studio-pc", "me.you@10.0.0.9:2222", "[fe80::1%eth0]:22", "a_b", "HOST.local"]
)
def test_names_of_computers(address: str) -> None:
    assert is_address(address)
    command = command_line(Computer(address), ("engine",))
    place = command.index("--")
    assert len(command) == place + 3
    assert not command[place + 1].startswith("-")


@pytest.mark.parametrize(
    "address",
    [
        *("", "-oProxyCommand=touch x", "--", "-", "me@-oProxyCommand=x", "-l@host", "a b", "a;b", "a\nb", "$(x)"),
        *("a`x`", "host:0", "host:65536", "host:-1", "@host", "me@", "ssh://host", "a" * 1001, "höst", "a@b@c"),
    ],
)
def test_what_is_no_name_of_a_computer_is_refused(address: str) -> None:
    assert not is_address(address)
    assert not computers_from_json([{"address": address}])
    with pytest.raises(ValueError, match="not the name"):
        command_line(Computer(address), ("engine",))


@pytest.mark.parametrize(
    ("address", "cluster"),
    [("ray:auto", "auto"), ("ray:studio-pc:6379", "studio-pc:6379"), ("ray:[fe80::1]:6379", "[fe80::1]:6379")],
)
def test_a_cluster_is_kept_among_the_computers_and_never_reached_by_ssh(address: str, cluster: str) -> None:
    computer = Computer(address, devices=(("1", "GPU 1"), ("2", "GPU 2")))
    assert is_address(address)
    assert computer.cluster == cluster
    kinds = [(place.kind, place.device) for place in computer.places]
    assert kinds == [(PlaceKind.cluster, "1"), (PlaceKind.cluster, "2")]
    assert computers_from_json(computers_to_json((computer,))) == (computer,)
    with pytest.raises(ValueError, match="not the name"):
        command_line(computer, ("engine",))


@pytest.mark.parametrize("address", ["ray:local", "ray:", "ray:a b:1", "ray:host:65536", "ray://host:10001"])
def test_what_is_no_cluster_is_refused(address: str) -> None:
    assert not is_address(address)


def test_a_command_is_one_line() -> None:
    assert is_command("python3 ~/emulsion/packaging/start.py")
    assert not any(map(is_command, ("", " ", "a\nb", "a\0b", "a" * 1001)))


def test_computers_are_kept_and_damaged_ones_left_out() -> None:
    computers = (Computer("me@studio-pc:2222", "python3 start.py"), Computer("b", devices=(("cuda:0", "RTX"),)))
    assert computers_from_json(computers_to_json(computers)) == computers
    assert computers_from_json([*computers_to_json(computers), {"address": "-x"}]) == computers


def test_ssh_is_asked_to_forward_nothing_and_to_ask_nothing() -> None:
    told = command_line(Computer("studio-pc"), ("engine",))
    assert {f"-o{name}={value}" for name, value in OPTIONS.items()} < set(told)
    assert OPTIONS["BatchMode"] == "yes"


def test_a_settings_file_from_elsewhere_brings_no_computer(tmp_path: Path) -> None:
    own = replace(Settings.default(Folders.default()), computers=(Computer("own"),))
    export_settings(replace(own, computers=(Computer("elsewhere"),)), path := tmp_path / "settings.json")
    assert "elsewhere" not in path.read_text()
    path.write_text(
        '{"program": "Emulsion", "format": 1, "computers": [{"address": "elsewhere", "command": "x"}]}'
    )
    assert import_settings(path, own).computers == own.computers
