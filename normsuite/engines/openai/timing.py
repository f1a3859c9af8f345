"""How long things may take, and how long to pause between two tries."""

from __future__ import annotations

from dataclasses import dataclass

from tenacity import RetryCallState
from tenacity.wait import wait_base, wait_random_exponential

from normsuite.engines.openai.failures import BusyError


@dataclass(frozen=True)
class Timing:
    """How long things may take, in seconds.

    Attributes:
        patience_s: how long a request may go unanswered, and how long a server that is gone is waited for.
        first_wait_s: the longest pause before the second try; doubled with each try after it.
        longest_wait_s: the longest pause between two tries.
        sign_of_life_s: how long a server has to show that it is there.
        tries: of a request that fails while others are answered.
    """

    patience_s: float = 300.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    sign_of_life_s: float = 10.0
    tries: int = 6

    def pauses(self) -> wait_base:
        """Pauses from 0 to a bound that doubles: drawn, so that those who wait do not come all at once."""
        return wait_random_exponential(multiplier=self.first_wait_s, max=self.longest_wait_s)

    def pauses_unless_asked(self) -> wait_base:
        """The same, but none where a busy server says how long to stay away, which all requests heed."""
        return _UnlessAsked(self.pauses())


class _UnlessAsked(wait_base):
    def __init__(self, pauses: wait_base) -> None:
        self._pauses = pauses

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = isinstance(error, BusyError) and error.wait_s is not None
        return 0.0 if asked else self._pauses(retry_state)
