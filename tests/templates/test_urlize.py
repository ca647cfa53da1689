"""templates.urlize: what becomes a link, what does not, and that nothing else can."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.markup import Markup
from microweb.templates.urlize import urlize


def link(href, text=None):
    return f'<a href="{href}">{text or href}</a>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("no links. none: at all", "no links. none: at all"),
        ("http://a.de/?x=1&y", link("http://a.de/?x=1&amp;y")),
        ("www.a.de", link("https://www.a.de", "www.a.de")),
        ("example.org", link("https://example.org", "example.org")),
        ("ab.cd.example.info:80/x#y", link("https://ab.cd.example.info:80/x#y", "ab.cd.example.info:80/x#y")),
        ("example.de", "example.de"),
        ("HTTP://A.COM", link("https://HTTP://A.COM", "HTTP://A.COM")),
        ("http://xn--bcher-kva.example", link("http://xn--bcher-kva.example")),
        ("http://127.0.0.1:8000/", link("http://127.0.0.1:8000/")),
        ("http://[::1]/", link("http://[::1]/")),
        ("http://[2001:db8::1]:80/", link("http://[2001:db8::1]:80/")),
        ("a@b.de", link("mailto:a@b.de", "a@b.de")),
        ("mailto:a@b.de", link("mailto:a@b.de", "a@b.de")),
        ("@a@b.de", "@a@b.de"),
        ("mailto:nobody", "mailto:nobody"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("ftp://a.de", "ftp://a.de"),
        ("a\n\twww.a.de b", f"a\n\t{link('https://www.a.de', 'www.a.de')} b"),
        ("(www.a.de).", f"({link('https://www.a.de', 'www.a.de')})."),
        ("<www.a.de>,", f"&lt;{link('https://www.a.de', 'www.a.de')}&gt;,"),
        ("http://a.de/Foo_(bar)", link("http://a.de/Foo_(bar)")),
        ("http://a.de/((x))).", f"{link('http://a.de/((x))')})."),
        ("www.a.de/<x>", link("https://www.a.de/&lt;x&gt;", "www.a.de/&lt;x&gt;")),
        ('http://a.de/"onclick=x', link("http://a.de/&#34;onclick=x")),
    ],
)
def test_urlize(text, expected):
    assert urlize(text) == expected


def test_markup_is_not_escaped_again():
    assert urlize(Markup("&amp; http://a.de")) == f"&amp; {link('http://a.de')}"


def test_settings():
    text = 'http://a.de/long tel:1 tel: "'
    assert urlize(text, 8, 'x"', "_top", ["tel:"]) == (
        '<a href="http://a.de/long" rel="x&#34;" target="_top">http://a...</a>'
        ' <a href="tel:1" rel="x&#34;" target="_top">tel:1</a> tel: &#34;'
    )


PIECES = [
    "http://",
    "www.",
    "a",
    ".com",
    "@",
    ":",
    "(",
    ")",
    "<",
    ">",
    "&",
    '"',
    "'",
    " ",
    "\n",
    "&gt;",
    "[::1]",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_text_stays_text(text):
    result = urlize(text)
    plain = re.sub(r'<a href="[^"<>]*">([^<>]*)</a>', r"\1", result)
    assert not set(plain) & set("<>\"'")
    for href in re.findall(r'href="([^"]*)"', result):
        assert href.startswith(("http://", "https://", "mailto:"))


@pytest.mark.parametrize("piece", ["(", ")", ".", "a@", "&:", "http://\xe9", "www.", "a.", "x" * 2000 + "."])
@pytest.mark.parametrize("gap", [1, 2000])
def test_urlize_is_linear_CVE_2020_28493_CVE_2024_38875(piece, gap):
    # Where it is not, this takes hours.
    urlize((piece * gap)[:2040].join(["!", " "]) * (300_000 // gap if gap > 1 else 1) + piece * 100_000)


def test_very_long_words_are_left_alone():
    text = "http://a.de/" + "x" * 3000
    assert urlize(text) == text
