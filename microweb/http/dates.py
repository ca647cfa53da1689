"""Dates and ages as HTTP writes them.

The rule (RFC 9110 5.6.7): one form is written, `Sun, 06 Nov 1994 08:49:37 GMT`, in English
whatever the locale; it is also the one that is read without help. The obsolete forms, and what
mail calls a date, are left to the standard library. Everything is UTC: a naive datetime counts as
UTC, and what comes back is aware.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache

from .wsgi import plain_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import date, datetime, timedelta

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF_DATE = re.compile(r"..., ([0-9]{2}) (...) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT")

#: No form of a date is longer, and the general parser need not see more.
_MAX_DATE_LENGTH = 100


def http_date(timestamp: date | datetime | float | time.struct_time | None = None) -> str:
    """A moment as HTTP writes it: now, or a timestamp, a datetime, a date (its midnight), a local
    struct_time.

    >>> http_date(784111777)
    'Sun, 06 Nov 1994 08:49:37 GMT'
    """
    moment: t.Any = timestamp
    if isinstance(moment, time.struct_time):
        moment = time.mktime(moment)
    if moment is None or isinstance(moment, (int, float)):
        return _of_second((time.time() if moment is None else moment) // 1)
    # A date has no time, so it is the same everywhere.
    parts = getattr(moment, "utctimetuple", None) or getattr(moment, "timetuple", None)
    if parts is None:
        raise TypeError(f"A moment is a datetime, a date, seconds or a struct_time, not {moment!r}.")
    return _of_tuple(parts())


@lru_cache(maxsize=64)
def _of_second(second: float) -> str:
    # Kept, as most dates are of this very second, or of a file that is asked for again.
    return _of_tuple(time.gmtime(second))


def _of_tuple(moment: time.struct_time) -> str:
    year, month, day, hour, minute, second, weekday = moment[:7]
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year:04} {hour:02}:{minute:02}:{second:02} GMT"


def parse_date(value: str | None) -> datetime | None:
    """The aware datetime that a header names, None if it names none."""
    # Digits of other scripts are digits to int() as well.
    if not value or len(value) > _MAX_DATE_LENGTH or not value.isascii():
        return None
    from datetime import datetime, timezone  # not for a request that has no date

    try:
        match = _IMF_DATE.fullmatch(value)
        if match is not None:
            day, month, *rest = match.groups()
            year, hour, minute, second = map(int, rest)
            month_number = _MONTHS.index(month) + 1
            return datetime(year, month_number, int(day), hour, minute, second, tzinfo=timezone.utc)
        # 20 ms of imports, for dates that no browser of this century sends.
        from email.utils import parsedate_to_datetime

        moment = parsedate_to_datetime(value)
        return as_utc(moment) if moment.tzinfo is None else moment
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def as_utc(moment: datetime) -> datetime:
    """The same moment, aware and in UTC; without a zone it is taken to be there already."""
    from datetime import timezone  # imported already, by whoever made the datetime

    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def parse_age(value: str | None = None) -> timedelta | None:
    """The timedelta of a count of seconds, None if it is no such count."""
    from datetime import timedelta

    try:
        seconds = plain_int(value or "")
        return timedelta(seconds=seconds) if seconds >= 0 else None
    except (ValueError, OverflowError):
        return None


def parse_retry_after(value: str) -> datetime | None:
    """When to come back: a date or, of at most nine digits, seconds from now (RFC 9110 10.2.3)."""
    from datetime import datetime, timezone

    seconds = parse_age(value) if len(value) < 10 else None
    return parse_date(value) if seconds is None else datetime.now(timezone.utc) + seconds


def dump_age(age: timedelta | float | None = None) -> str | None:
    """A duration as a count of seconds; None stays None.

    :raises ValueError: if it is negative.
    """
    if age is None:
        return None
    if whole_seconds(age) < 0:
        raise ValueError(f"An age is not negative: {age!r}.")
    return str(whole_seconds(age))


def whole_seconds(duration: timedelta | t.SupportsInt) -> int:
    """The seconds of a timedelta or of a number."""
    total = getattr(duration, "total_seconds", None)
    return int(duration if total is None else total())  # type: ignore[arg-type]
