"""Sets the environment before torch or the hub libraries are imported: no network, quiet threads."""

from collections.abc import Mapping, MutableMapping
from types import MappingProxyType

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        # copied at import: a download, which needs the network, runs in its own process
        "HF_HUB_OFFLINE": "1",
        "DIFFUSERS_DISABLE_REMOTE_CODE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        # threads that wait by spinning starve the window, and on a busy machine one another: on two busy cores a
        # step of the starter model took 600 ms with spinning threads and 90 ms without
        "OMP_WAIT_POLICY": "passive",
        # what these libraries have to say goes to the log file, not between the lines of a terminal
        "TRANSFORMERS_VERBOSITY": "error",
        "DIFFUSERS_VERBOSITY": "error",
    }
)


def set_environment(environment: MutableMapping[str, str]) -> None:
    """Sets every entry, whatever stood there before."""
    environment.update(ENVIRONMENT)
