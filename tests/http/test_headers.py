from __future__ import annotations

import copy

import pytest

from microweb.exceptions import BadRequest
from microweb.http import headers as h
from microweb.http.datastructures import MultiDict
from microweb.http.headers import EnvironHeaders, Headers

FIELDS = [("Content-Type", "text/plain"), ("X-A", "1"), ("x-a", "2")]


def test_reading():
    headers = Headers(FIELDS)
    assert (headers["content-TYPE"], headers["X-a"], headers.getlist("X-A"), headers.get_all("X-A")) == (
        "text/plain",
        "1",
        ["1", "2"],
        ["1", "2"],
    )
    assert (headers.get("X-B"), headers.get("X-B", 5), "x-b" in headers, len(headers)) == (None, 5, False, 3)
    assert (headers.get("X-A", type=int), headers.get("Content-Type", 7, type=int)) == (1, 7)
    assert headers.getlist("x-a", type=int) == [1, 2] and Headers({"a": ["x", "3"]}).getlist(
        "a", type=int
    ) == [3]
    assert (headers[0], headers[1:] == Headers(FIELDS[1:]), list(headers)) == (FIELDS[0], True, FIELDS)
    assert list(headers.keys(lower=True)) == ["content-type", "x-a", "x-a"]
    assert (list(headers.items()), list(headers.values())) == (FIELDS, ["text/plain", "1", "2"])
    assert (
        str(Headers([("A", "1")])) == "A: 1\r\n\r\n"
        and repr(Headers([("A", "1")])) == "Headers([('A', '1')])"
    )
    with pytest.raises(KeyError) as caught:
        headers["X-B"]
    assert isinstance(caught.value, BadRequest)
    with pytest.raises(TypeError):
        hash(headers)


def test_first_of_a_name_counts_whatever_its_case():
    assert Headers([("x-a", "1"), ("X-A", "2")])["X-A"] == "1"


@pytest.mark.parametrize("source", [{"a": ["1", 2]}, [("a", "1"), ("a", 2)], MultiDict([("a", 1), ("a", 2)])])
def test_made_from(source):
    assert Headers(source).to_wsgi_list() == [("a", "1"), ("a", "2")]


def test_changes():
    headers = Headers(FIELDS)
    headers.add("Set-Cookie", "c")
    headers.add("Content-Disposition", "attachment", filename='a"b', max_age=3)
    assert headers["content-disposition"] == 'attachment; filename="a\\"b"; max-age=3'
    headers.set("x-A", "3")
    assert headers.getlist("X-A") == ["3"] and headers[1] == ("x-A", "3")
    headers["New"] = 1
    assert headers.setdefault("new", "2") == "1" and headers.setdefault("Newer", 5) == "5"
    headers.setlist("x-a", ["4", "5"])
    assert headers.setlistdefault("x-a", ["6"]) == ["4", "5"] and headers.setlistdefault("L", "ab") == [
        "a",
        "b",
    ]
    headers.setlist("L", [])
    headers.extend({"E": ["1", "2"]}, e="3")
    assert headers.getlist("e") == ["1", "2", "3"]
    headers.update({"E": "4"}, new=["7", "8"])
    headers.update(Headers([("E", "5"), ("E", "6")]))
    headers.update([("Content-Type", "x/y")])
    assert (headers.getlist("e"), headers.getlist("new"), headers["Content-Type"]) == (
        ["5", "6"],
        ["7", "8"],
        "x/y",
    )
    assert headers.pop("E") == "5" and "E" not in headers and headers.pop("E", None) is None
    headers.remove("new")
    del headers["x-a"], headers[0]
    assert headers.pop(0) == ("Set-Cookie", "c")
    assert headers.pop() == ("Newer", "5") and headers.popitem()[0] == "Content-Disposition"
    with pytest.raises(BadRequest):
        headers.pop("E")
    headers[:] = FIELDS
    headers[0] = "A", 1
    assert headers[0] == ("A", "1")
    headers.clear()
    assert not headers


def test_copies_and_unions():
    headers = Headers(FIELDS)
    for other in (headers.copy(), copy.copy(headers), headers | {"X-A": "9"}):
        other.add("B", "1")
        assert "B" not in headers and headers == Headers(FIELDS)
    headers |= {"X-A": "9"}
    assert headers.getlist("x-a") == ["9"]
    with pytest.raises(TypeError):
        headers | [("a", "b")]


def test_unchecked_list_is_taken_as_it_is():
    fields = [("A", "1")]
    headers = Headers._from_checked(fields)
    headers.add("B", "2")
    assert fields == [("A", "1"), ("B", "2")]


BAD = ["a\r\nX: y", "a\nb", "a\rb", "a\x00b", "a\x1bb", "a\x7fb"]


@pytest.mark.parametrize("value", BAD)
def test_what_cannot_be_sent_is_refused_where_it_is_set(value):
    # B136, B139: CVE-2016-9964, CVE-2020-7695, CVE-2012-2374, CVE-2018-1000164.
    headers = Headers({"A": "1"})
    for change in (
        lambda: headers.add("X-Name", value),
        lambda: headers.add("X-Name", "v", option=value),
        lambda: headers.set("X-Name", value),
        lambda: headers.__setitem__("X-Name", value),
        lambda: headers.__setitem__(0, ("X-Name", value)),
        lambda: headers.__setitem__(slice(0, 1), [("X-Name", value)]),
        lambda: headers.setlist("X-Name", ["good", value]),
        lambda: headers.setdefault("X-Name", value),
        lambda: headers.extend({"X-Name": value}),
        lambda: headers.update({"X-Name": value}),
        lambda: headers.update([("X-Name", [value])]),
        lambda: Headers([("X-Name", value)]),
    ):
        with pytest.raises(ValueError, match="'X-Name'"):
            change()
    assert list(headers) == [("A", "1")]


@pytest.mark.parametrize("value", ["☃", "\u0100", "\ud800"])
def test_what_is_not_latin1_is_refused_where_it_is_sent(value):
    headers = Headers([("A", "\xff"), ("X-Name", value)])
    assert headers["x-name"] == value
    with pytest.raises(ValueError, match="'X-Name' must be Latin-1"):
        headers.to_wsgi_list()
    del headers["X-Name"]
    assert headers.to_wsgi_list() == [("A", "\xff")]


def test_names_cannot_break_out_either():
    for name in ("a\r\nb", "a\x00"):
        with pytest.raises(ValueError, match="no header name"):
            Headers([(name, "v")])


def test_values_become_plain_text():
    class Text(str):
        def __str__(self):
            return "something else"

    values = Headers([("a", Text("text")), ("b", 5), ("c", "tab\tand é\xa0")]).to_wsgi_list()
    assert values == [("a", "text"), ("b", "5"), ("c", "tab\tand é\xa0")]
    assert {type(value) for _, value in values} == {str}


def test_environ_headers():
    environ = {
        "HTTP_ACCEPT": "*",
        "HTTP_X_A": "",
        "CONTENT_TYPE": "text/html",
        "CONTENT_LENGTH": "",
        "HTTP_CONTENT_LENGTH": "5",
        "wsgi.version": (1, 0),
    }
    headers = EnvironHeaders(environ)
    assert list(headers) == [("Accept", "*"), ("X-A", ""), ("Content-Type", "text/html")]
    assert (len(headers), bool(headers), bool(EnvironHeaders({}))) == (3, True, False)
    assert (headers["accept"], headers.get("x-a"), headers["Content-Type"], headers["X_A"]) == (
        "*",
        "",
        "text/html",
        "",
    )
    assert (headers.get("Content-Length"), headers.getlist("Content-Length")) == ("", [])
    assert ("Accept" in headers, "X-B" in headers, 42 in headers, headers.getlist("accept")) == (
        True,
        False,
        False,
        ["*"],
    )
    assert headers.to_wsgi_list() == list(headers) and str(headers).startswith("Accept: *\r\n")
    # A view: it shows what the environ becomes.
    environ["HTTP_X_B"] = "new"
    assert headers["X-B"] == "new"
    assert headers == EnvironHeaders(environ) and headers != EnvironHeaders(dict(environ)) and headers != 5
    for read in (lambda: headers["X-C"], lambda: headers[0]):
        with pytest.raises(BadRequest):
            read()


def test_environ_headers_are_read_only():
    headers = EnvironHeaders({"HTTP_A": "1"})
    for change in (
        "add",
        "set",
        "remove",
        "extend",
        "update",
        "pop",
        "popitem",
        "clear",
        "setdefault",
        "setlist",
    ):
        with pytest.raises(TypeError, match="immutable"):
            getattr(headers, change)()
    for change in (
        headers.copy,
        lambda: headers | {},
        lambda: headers.__ior__({}),
        lambda: headers.__delitem__("A"),
    ):
        with pytest.raises(TypeError):
            change()


def test_kinds_of_headers():
    fields = [("Content-Type", "a"), ("Expires", "b"), ("Connection", "c"), ("X", "d")]
    headers = Headers(fields)
    h.remove_entity_headers(headers)
    h.remove_hop_by_hop_headers(headers)
    assert list(headers) == [("Expires", "b"), ("X", "d")]
    h.remove_entity_headers(fields, allowed=["Content-Type"])
    assert fields == [("Content-Type", "a"), ("Connection", "c"), ("X", "d")]
    assert (
        h.is_entity_header("ALLOW") and h.is_hop_by_hop_header("Upgrade") and not h.is_hop_by_hop_header("X")
    )
