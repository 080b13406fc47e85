"""The user's other computers: how each is called, and how Emulsion is started there; and clusters of Ray."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from core.request.json_values import list_of, object_of, text_of
from core.settings.engine_place import EnginePlace, PlaceKind

COMMAND = "emulsion"
LONGEST = 1000
_ADDRESS = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][\w.+-]*)@)?(?P<host>[A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+(?:%\w+)?\])(?::(?P<port>\d{1,5}))?",
    re.ASCII,
)
_CLUSTER = re.compile(
    r"ray:(?P<address>auto|(?:[A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+(?:%\w+)?\]):(?P<port>\d{1,5}))", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Computer:
    """Another computer, or a cluster.

    Attributes:
        address: a name that ssh knows, with a user and a port where needed: ``me@studio-pc:2222``; a cluster's is
            ``ray:auto``, or ``ray:HOST:PORT`` by its first node.
        command: what starts Emulsion there, for the shell there; not for clusters.
        devices: key and name of each that was found there at the last test; () before.
    """

    address: str
    command: str = COMMAND
    devices: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Returns the computer's name alone."""
        match = _ADDRESS.fullmatch(self.address)
        return match["host"].strip("[]") if match is not None else self.address

    @property
    def cluster(self) -> str:
        """Returns a cluster's address as Ray knows it, "" for a computer."""
        match = _CLUSTER.fullmatch(self.address)
        return match["address"] if match is not None else ""

    @property
    def places(self) -> tuple[EnginePlace, ...]:
        """Returns the places there, one for each device; the best one where none is known."""
        kind = PlaceKind.cluster if self.cluster else PlaceKind.ssh
        if not self.devices:
            return (EnginePlace(kind, None, self.address, self.address),)
        return tuple(EnginePlace(kind, key, self.address, f"{name}, {self.address}") for key, name in self.devices)

    @property
    def destination(self) -> tuple[str, ...]:
        """Returns the arguments that tell ssh where to go. Raises ValueError for what is no `is_address`."""
        match = _ADDRESS.fullmatch(self.address)
        if match is None or not is_address(self.address) or not is_command(self.command):
            raise ValueError(f"{self.address!r} is not the name of a computer")
        host, user = match["host"].strip("[]"), match["user"]
        port = ("-p", match["port"]) if match["port"] else ()
        return (*port, "--", f"{user}@{host}" if user else host)


def is_address(text: str) -> bool:
    """Returns True for ``[user@]host[:port]`` and for a cluster; never for an option of ssh."""
    match = _ADDRESS.fullmatch(text) or _CLUSTER.fullmatch(text)
    return match is not None and len(text) <= LONGEST and 0 < int(match["port"] or 22) < 2**16


def is_command(text: str) -> bool:
    """Returns True for a command of one line."""
    return bool(text.strip()) and len(text) <= LONGEST and text.isprintable()


def computers_from_json(value: Any) -> tuple[Computer, ...]:
    """Reads computers; one that cannot be used is left out. Raises ValueError."""
    entries = (object_of(entry, "a computer") for entry in list_of(value, "computers"))
    read = (
        Computer(
            text_of(one.get("address"), "address"),
            text_of(one.get("command", COMMAND), "command"),
            _devices(one.get("devices", [])),
        )
        for one in entries
    )
    return tuple(one for one in read if is_address(one.address) and is_command(one.command))


def _devices(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = (list_of(pair, "a device") for pair in list_of(value, "devices"))
    return tuple((text_of(key, "device"), text_of(name, "device")) for key, name in pairs)


def computers_to_json(computers: tuple[Computer, ...]) -> list[dict[str, Any]]:
    """Returns what `computers_from_json` reads."""
    return [{**asdict(one), "devices": [list(device) for device in one.devices]} for one in computers]
