"""The failure of a cluster as a whole."""

from core.errors import EmulsionError


class ClusterUnusable(EmulsionError):
    """A cluster cannot make pictures, or not the same ones everywhere; ``reason`` is a part of a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the cluster cannot be used: {reason}")
        self.reason = reason
