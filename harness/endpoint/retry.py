"""When to ask again, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter, within bounds.

    max_retries: attempts after the first. base_s, cap_s: the first wait and the longest, in seconds, before jitter.
    total_s: seconds from the first attempt to the end of the last one, waits included.
    """

    max_retries: int = 6
    base_s: float = 1.0
    cap_s: float = 60.0
    total_s: float = 1800.0

    def wait_s(self, retry: int, asked_s: float | None, rng: random.Random) -> float:
        """Seconds to wait before retry number ``retry`` (from 0): what the server asked for, or longer.

        Jitter is drawn from the upper half of the backoff, so that clients that failed together do not return
        together.
        """
        backoff = min(self.cap_s, self.base_s * 2.0 ** min(retry, 60))
        return max(backoff * (0.5 + rng.random() / 2), asked_s or 0.0)


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the server asks to wait (RFC 9110, 10.2.3: a number or a date), None where it names none.

    ``now``: seconds since the epoch. ``headers`` must ignore case.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.fromtimestamp(now, timezone.utc)).total_seconds())
