from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.http.dates import as_utc, dump_age, http_date, parse_age, parse_date

MOMENT = datetime(1994, 11, 6, 8, 49, 37, tzinfo=timezone.utc)
TEXT = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, TEXT),
        (MOMENT.replace(tzinfo=None), TEXT),
        (MOMENT.astimezone(timezone(timedelta(hours=-8))), TEXT),
        (784111777.9, TEXT),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (date(2020, 1, 1), "Wed, 01 Jan 2020 00:00:00 GMT"),
        (datetime(999, 1, 1), "Tue, 01 Jan 0999 00:00:00 GMT"),
        (time.localtime(784111777), TEXT),
    ],
)
def test_written(moment, text):
    assert http_date(moment) == text


@pytest.mark.parametrize("value", ["Sun, 06 Nov 1994 08:49:37 GMT", (1994, 11, 6), object()])
def test_what_is_no_moment_is_said(value):
    with pytest.raises(TypeError, match="is a datetime, a date, seconds or"):
        http_date(value)


def test_now():
    assert abs(parse_date(http_date()).timestamp() - time.time()) < 60


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f" {TEXT} ",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "6 Nov 1994 00:49:37 -0800",
    ],
)
def test_read(text):
    assert parse_date(text) == MOMENT and parse_date(text).tzinfo is not None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        "Thu, 33 Jan 1970 00:00:00 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, ０6 Nov 1994 08:49:37 GMT",
        TEXT * 5,
    ],
)
def test_not_a_date(text):
    assert parse_date(text) is None


@given(st.datetimes())
def test_what_is_written_is_read(moment):
    assert parse_date(http_date(moment)) == moment.replace(microsecond=0, tzinfo=timezone.utc)


@given(
    st.text(max_size=40)
    | st.from_regex(r"\w{3}, \d\d [JFMA][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", fullmatch=True)
)
def test_nothing_raises(text):
    parse_date(text)


def test_utc():
    assert as_utc(MOMENT.replace(tzinfo=None)) == MOMENT
    assert as_utc(MOMENT.astimezone(timezone(timedelta(hours=3)))).tzinfo is timezone.utc


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("42", 42),
        (" 0 ", 0),
        ("-1", None),
        ("x", None),
        ("", None),
        (None, None),
        ("1_0", None),
        ("9" * 18, None),
    ],
)
def test_age(text, seconds):
    assert parse_age(text) == (None if seconds is None else timedelta(seconds=seconds))


def test_age_is_written():
    assert (dump_age(timedelta(minutes=1)), dump_age(3.7), dump_age(None)) == ("60", "3", None)
    with pytest.raises(ValueError, match="not negative"):
        dump_age(-1)
