from __future__ import annotations

import pickle

import pytest

from microweb.http.accept import Accept, CharsetAccept, LanguageAccept, MIMEAccept, parse_accept_header

from .linear import assert_linear


def test_list_of_pairs():
    accepted = parse_accept_header("b;q=0.5, a, *;q=0.1")
    assert list(accepted) == [("a", 1), ("b", 0.5), ("*", 0.1)]
    assert (accepted.best, accepted["B"], accepted["x"], accepted[0], accepted[1:]) == (
        "a", 0.5, 0.1, ("a", 1), [("b", 0.5), ("*", 0.1)]
    )  # fmt: skip
    assert (accepted.index("b"), accepted.find("x"), accepted.index(("a", 1)), list(accepted.values())) == (
        1, 2, 0, ["a", "b", "*"]
    )  # fmt: skip
    assert (
        str(accepted) == "a,b;q=0.5,*;q=0.1"
        and repr(accepted) == "Accept([('a', 1), ('b', 0.5), ('*', 0.1)])"
    )
    assert (
        accepted.provided and not parse_accept_header(None).provided and parse_accept_header("").best is None
    )
    assert pickle.loads(pickle.dumps(accepted)) == accepted == Accept(accepted) and hash(accepted)
    assert Accept(parse_accept_header(None)).provided is False
    with pytest.raises(TypeError):
        accepted.append(1)
    with pytest.raises(ValueError):
        Accept([("a", 1)]).index("b")
    assert Accept([("a", 1)]).find("b") == -1 and Accept([("a", 1)])["b"] == 0


@pytest.mark.parametrize("weight", ["x", "2", "-1", ".5", "+1", "1_0", "1.", "nan"])
def test_bad_weight(weight):
    assert list(parse_accept_header(f"a;q={weight}, b").values()) == ["b"]


@pytest.mark.parametrize(
    ("kind", "header", "offers", "choice"),
    [
        (Accept, "gzip;q=0, *", ["gzip", "br"], "br"),
        (Accept, "a, b", ["b", "a"], "b"),
        (Accept, "a;q=0", ["a"], None),
        (MIMEAccept, "text/*;q=0.5, text/html, */*;q=0.1", ["a/b", "text/plain", "text/html"], "text/html"),
        (
            MIMEAccept,
            "text/html;level=1, text/html;q=0.3",
            ["text/html", "text/html; level=1"],
            "text/html; level=1",
        ),
        (MIMEAccept, "text/html;a=1;b=2", ["text/html;b=2;a=1"], "text/html;b=2;a=1"),
        (MIMEAccept, "nonsense, */json", ["application/json"], None),
        (LanguageAccept, "en-us", ["EN_US", "en"], "EN_US"),
        (LanguageAccept, "en-GB", ["de", "en"], "en"),
        (LanguageAccept, "en", ["de", "en-US"], "en-US"),
        (LanguageAccept, "fr", ["de", "en"], None),
        (CharsetAccept, "latin1, utf-8;q=0.7", ["UTF8", "iso-8859-1"], "iso-8859-1"),
        (CharsetAccept, "made-up", ["MADE_UP"], "MADE_UP"),
    ],
)
def test_best_match(kind, header, offers, choice):
    accepted = parse_accept_header(header, kind)
    assert accepted.best_match(offers) == choice
    assert accepted.best_match(offers, default="d") == (choice or "d")


def test_media_type_questions():
    accepted = parse_accept_header("application/xml, application/json", MIMEAccept)
    assert (accepted.accept_html, accepted.accept_xhtml, accepted.accept_json) == (True, True, True)
    for wrong in ("html", "*/html"):
        with pytest.raises(ValueError, match="invalid mimetype"):
            accepted.quality(wrong)
    assert accepted["*/*"] == 1


def test_limits():
    # B47: CVE-2007-5712, CVE-2023-23969, CVE-2024-39614.
    assert len(parse_accept_header(",".join(f"l{n}" for n in range(2000)), LanguageAccept)) == 20
    assert len(parse_accept_header("a," * 2000)) == 100
    assert_linear(lambda value: parse_accept_header(value, LanguageAccept), lambda n: "en;q=0.5," * n)


def test_charsets_of_clients_are_not_looked_up():
    import encodings

    before = len(encodings._cache)
    assert "utf-8" not in parse_accept_header("no-such-charset-1, no-such-charset-2", CharsetAccept)
    assert len(encodings._cache) == before
