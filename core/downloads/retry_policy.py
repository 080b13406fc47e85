"""How long a download keeps trying: waits that grow, and that begin small again once something has arrived."""

from __future__ import annotations

import random
from dataclasses import dataclass

from core.downloads.failures import PASSING, Failure


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to give up, and how long to wait before the next attempt.

    Attributes:
        attempts: how often in a row without a single new byte.
        first_wait_s, longest_wait_s: the wait doubles from the first to the longest.
    """

    attempts: int = 8
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_asked_s: float = 900.0

    def wait_s(self, failure: Failure, failed: int) -> float | None:
        """Seconds before the next attempt after ``failed`` ones in a row, None to give up.

        A tenth of the wait is left to chance, so that many programs do not come back at once. What the server
        asks for is kept to, unless it is absurd.
        """
        if failure.fault not in PASSING or failed >= self.attempts:
            return None
        if failure.wait_s > self.longest_asked_s:
            return None
        own = min(self.first_wait_s * 2 ** (failed - 1), self.longest_wait_s)
        return max(own * random.uniform(0.9, 1.1), failure.wait_s)
