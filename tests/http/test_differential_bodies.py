"""Bodies parsed here and by Werkzeug, where that is installed: the same result, or a difference that is
meant.

Meant: a message keeps to the line break that its first delimiter has; the limits on preambles, headers and
padding; part headers must be headers; boundaries must be boundaries; a part without a name is called ''.
"""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.http.forms import FormDataParser

formparser = pytest.importorskip("werkzeug.formparser")
if formparser.__spec__.loader.__class__.__module__.startswith("microweb"):
    pytest.skip("this is the alias layer", allow_module_level=True)


def result(parser_class, body, mimetype, options):
    # Into memory: theirs leaves temporary files open when a body is malformed.
    parser = parser_class(lambda **about: io.BytesIO(), silent=False)
    try:
        _, form, files = parser.parse(io.BytesIO(body), mimetype, len(body), options)
    except ValueError:
        return "malformed"
    uploads = []
    for name, file in files.items(multi=True):
        uploads.append((name, file.filename, list(file.headers), file.read()))
        file.close()
    return list(form.items(multi=True)), uploads


def assert_same(body, mimetype, options=None):
    ours = result(FormDataParser, body, mimetype, options)
    theirs = result(formparser.FormDataParser, body, mimetype, options)
    assert ours == theirs


@given(st.binary(max_size=60) | st.text("a=&+%4fF;é\x80 \n", max_size=40).map(str.encode))
def test_urlencoded(body):
    assert_same(body, "application/x-www-form-urlencoded")


@given(st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=3), max_size=5))
def test_urlencoded_as_browsers_do(fields):
    from urllib.parse import urlencode

    try:
        body = urlencode(fields, doseq=True).encode()
    except UnicodeEncodeError:
        return
    assert_same(body, "application/x-www-form-urlencoded")


values = st.lists(
    st.sampled_from([b"\r\n", b"-", b"--", b"--b", b"b", b"text", b"\xc3\xa4", b"\xff", b" "]), max_size=8
).map(b"".join)
heads = st.sampled_from(
    [
        b"Content-Disposition: form-data; name=a",
        b'Content-Disposition: form-data; name="b \xc3\xa4"',
        b'content-disposition:form-data; name="c"; filename="d.txt"\r\nContent-Type: text/plain',
        b'Content-Disposition: form-data; name="e"; filename=""',
        b"Content-Disposition: form-data; name=f;\r\n\tfilename*=UTF-8''%C3%A4",
        b"Content-Disposition: form-data; name=g\r\nContent-Type: text/plain; charset=iso-8859-1",
        b"Content-Disposition: form-data; name=h\r\nContent-Type: text/plain; charset=utf-16",
        b"Content-Type: text/plain",
    ]
)


@given(st.lists(st.tuples(heads, values), max_size=4), st.booleans(), st.sampled_from([b"", b"\r\n", b" x"]))
def test_multipart(parts, is_ended, epilogue):
    body = b"".join(b"--b\r\n" + head + b"\r\n\r\n" + value + b"\r\n" for head, value in parts)
    if is_ended:
        body += b"--b--" + epilogue
    assert_same(body, "multipart/form-data", {"boundary": "b"})


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
@given(st.lists(st.sampled_from(["x", "--bx", "--b--", "--", "", "PART"]), max_size=8))
def test_multipart_lines(line_break, lines):
    part = line_break.join(["--b", "Content-Disposition: form-data; name=a", ""])
    lines = [part if line == "PART" else line for line in ["PART", *lines]]
    assert_same(line_break.join([*lines, "--b--"]).encode(), "multipart/form-data", {"boundary": "b"})
