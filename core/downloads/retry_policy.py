"""The patience of a download: waits that grow, and that are short again once something has arrived."""

import random
from dataclasses import dataclass

from core.downloads.failures import PASSING, Failure


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The number of attempts and the waits between them.

    Attributes:
        attempts: the most attempts in a row without a single new byte.
        first_wait_s, longest_wait_s: the wait doubles from the first to the longest.
    """

    attempts: int = 8
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_asked_s: float = 900.0

    def wait_s(self, failure: Failure, failed: int) -> float | None:
        """Returns the seconds before the next attempt after ``failed`` ones in a row, or None to give up.

        A tenth of the wait is random, so that many programs do not come back at once. The server's wish is
        respected, unless it is absurd.
        """
        if failure.fault not in PASSING or failed >= self.attempts:
            return None
        if failure.wait_s > self.longest_asked_s:
            return None
        own = min(self.first_wait_s * 2 ** (failed - 1), self.longest_wait_s)
        return max(own * random.uniform(0.9, 1.1), failure.wait_s)
