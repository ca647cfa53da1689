from __future__ import annotations

from datetime import datetime, timezone

import pytest

from microweb.http.caching import (
    ContentRange,
    Range,
    parse_content_range_header,
    parse_if_range_header,
    parse_range_header,
)

from .linear import assert_linear


@pytest.mark.parametrize(
    ("header", "ranges", "written"),
    [
        ("bytes=52-", [(52, None)], "bytes=52-"),
        ("bytes=52-99,-1000", [(52, 100), (-1000, None)], "bytes=52-99,-1000"),
        ("Lines = 1 - 100", [(1, 101)], "lines=1-100"),
    ],
)
def test_range(header, ranges, written):
    parsed = parse_range_header(header)
    assert (parsed.ranges, str(parsed)) == (ranges, written)


@pytest.mark.parametrize(
    "header",
    # B85: CVE-2025-62727. Malformed is as good as not there.
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=-0",
        "bytes=5-1",
        "bytes=a-b",
        "bytes=5",
        "bytes=0-,1-",
        "bytes=-1,2-3",
    ]
    + [
        "bytes=5-9,0-3",
        "bytes=1_0-",
        "bytes=+1-",
        "bytes=٣-",
        "bytes=--5",
        "bytes=5--3",
        "bytes=0-" + "9" * 5000,
    ],
)
def test_malformed_range(header):
    assert parse_range_header(header) is None


@pytest.mark.parametrize(
    ("header", "length", "part"),
    [
        ("bytes=0-499", 1000, (0, 500)),
        ("bytes=0-99999999999999", 1000, (0, 1000)),
        ("bytes=-100", 1000, (900, 1000)),
        ("bytes=990-", 1000, (990, 1000)),
        ("bytes=1000-", 1000, None),
        ("bytes=-2000", 1000, None),
        ("bytes=0-1", None, None),
        ("lines=0-1", 1000, None),
        # B85: several parts are not served.
        ("bytes=0-1,2-3", 1000, None),
    ],
)
def test_part_of_a_body(header, length, part):
    parsed = parse_range_header(header)
    assert parsed.range_for_length(length) == part
    answer = None if part is None else f"bytes {part[0]}-{part[1] - 1}/{length}"
    assert parsed.to_content_range_header(length) == answer
    assert str(parsed.make_content_range(length)) == str(answer)


def test_linear():
    assert_linear(parse_range_header, lambda n: "bytes=" + ",".join(f"{i}-{i}" for i in range(n)))


@pytest.mark.parametrize("ranges", [[(0, 0)], [(None, 1)], [(1, 0)], [(0, 1), (-5, 10)]])
def test_impossible_range(ranges):
    with pytest.raises(ValueError):
        Range("bytes", ranges)


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("bytes 0-98/*", ("bytes", 0, 99, None)),
        ("bytes 0-98/100", ("bytes", 0, 99, 100)),
        ("bytes */100", ("bytes", None, None, 100)),
        ("bytes */*", ("bytes", None, None, None)),
    ],
)
def test_content_range(header, parts):
    parsed = parse_content_range_header(header)
    assert (parsed.units, parsed.start, parsed.stop, parsed.length) == parts
    assert str(parsed) == header and parsed


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes 0-98",
        "bytes 0-98/x",
        "bytes 0-98/50x",
        "bytes */-1",
        "bytes 5/10",
        "bytes 9-5/10",
        "bytes 10-11/10",
    ],
)
def test_malformed_content_range(header):
    assert parse_content_range_header(header) is None


def test_content_range_reports_changes():
    calls = []
    content_range = ContentRange("bytes", 0, 10, 100, on_update=calls.append)
    calls.clear()
    content_range.stop = 20
    assert (str(content_range), repr(content_range), calls) == (
        "bytes 0-19/100", "<ContentRange 'bytes 0-19/100'>", [content_range]
    )  # fmt: skip
    content_range.set(5, 6, 7)
    content_range.unset()
    assert len(calls) == 3 and not content_range and str(content_range) == ""
    with pytest.raises(ValueError, match="no valid range"):
        content_range.set(5, 4)


def test_if_range():
    assert str(parse_if_range_header('"a"')) == '"a"'
    weak = parse_if_range_header('W/"a"')
    assert (weak.etag, weak.weak, weak.date) == ("a", True, None)
    date = parse_if_range_header("Thu, 01 Jan 1970 00:00:00 GMT")
    assert (date.etag, date.date) == (None, datetime(1970, 1, 1, tzinfo=timezone.utc))
    assert repr(date) == "<IfRange 'Thu, 01 Jan 1970 00:00:00 GMT'>"
    for nothing in (None, "", '"a"b', 'a"', '"a"b"'):
        assert str(parse_if_range_header(nothing)) == ""
