"""The decoded pictures of steps, within a limit of memory."""

from collections import OrderedDict

from core.pictures.pixels import Pixels

LIMIT_BYTES = 128 * 2**20


class DecodedPictures:
    """Pictures by call; drops those not shown for the longest time."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._pictures: OrderedDict[int, Pixels] = OrderedDict()

    def keep(self, call: int, pixels: Pixels) -> None:
        self._pictures[call] = pixels
        self._pictures.move_to_end(call)
        while len(self._pictures) > 1 and sum(kept.nbytes for kept in self._pictures.values()) > self._limit_bytes:
            self._pictures.popitem(last=False)

    def find(self, call: int) -> Pixels | None:
        if call in self._pictures:
            self._pictures.move_to_end(call)
        return self._pictures.get(call)

    def clear(self) -> None:
        self._pictures.clear()
