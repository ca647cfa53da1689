"""A guest of the guestbook: one visit, the same through whatever serves it.

A server is known by one function, ``ask(method, path, headers, body)``, which returns an `Answer`.
"""

from __future__ import annotations

import re

#: The smallest things that begin like a picture and like none.
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
BOUNDARY = "a-boundary"


class Answer:
    """Status, headers by lower-case name, body."""

    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers}
        self.text = body.decode(errors="replace")


def form(fields, picture=None):
    """The body of a posted form, and its type."""
    parts = [f'Content-Disposition: form-data; name="{k}"\r\n\r\n{v}'.encode() for k, v in fields.items()]
    if picture is not None:
        head = 'Content-Disposition: form-data; name="picture"; filename="me.png"\r\n\r\n'
        parts.append(head.encode() + picture)
    body = b"".join(b"--%s\r\n%s\r\n" % (BOUNDARY.encode(), part) for part in parts)
    return body + f"--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


class Guest:
    """A browser with one cookie."""

    def __init__(self, ask):
        self.ask, self.cookie = ask, ""

    def open(self, path, method="GET", body=b"", content_type=None):
        headers = {"Cookie": self.cookie} if self.cookie else {}
        if content_type:
            headers["Content-Type"] = content_type
        answer = self.ask(method, path, headers, body)
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def post(self, path, fields, picture=None):
        return self.open(path, "POST", *form(fields, picture))


def visit(ask):
    """Everything that a guest does: it raises AssertionError where the book is not as it should be."""
    guest, stranger = Guest(ask), Guest(ask)
    page = guest.open("/")
    assert page.status == 200 and "Nobody has written anything yet." in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    style = guest.open("/static/style.css")
    assert style.status == 200 and style.headers["content-type"] == "text/css; charset=utf-8"
    assert int(style.headers["content-length"]) == len(style.body) > 0

    written = guest.post("/", {"author": "Ada <3", "message": "Grüße\nund Küsse"}, PICTURE)
    assert (written.status, written.headers["location"]) == (303, "/entries/1")
    page = guest.open("/entries/1")
    assert "Thank you" in page.text and "<h2>Ada &lt;3</h2>" in page.text and "Grüße" in page.text
    assert "Thank you" not in guest.open("/entries/1").text
    picture = guest.open(re.search('src="(/pictures/[^"]+)"', page.text)[1])
    assert (picture.headers["content-type"], picture.body) == ("image/png", PICTURE)

    missing = guest.open("/nothing/gr%C3%BC%C3%9Fe")
    assert missing.status == 404 and "<h2>Not Found</h2>" in missing.text
    wrong = guest.open("/entries/1", "DELETE")
    assert wrong.status == 405 and set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    head = guest.open("/", "HEAD")
    assert (head.status, head.body) == (200, b"")
    moved = guest.open("/page/1?a=b")
    assert moved.status == 308 and moved.headers["location"].endswith("/?a=b")
    large = guest.open("/", "POST", b"x" * (5 * 1024 * 1024), "application/x-www-form-urlencoded")
    assert large.status == 413

    assert stranger.post("/entries/1/delete", {}).status == 403
    assert guest.post("/entries/1/delete", {}).status == 303
    assert "Your entry is gone." in guest.open("/").text
    assert guest.open("/entries/1").status == 404
