"""converters: which text is a value, and which value is text."""

from __future__ import annotations

import sys
import uuid

import pytest

from microweb.routing import BaseConverter, BuildError, Map, Rule, ValidationError

from .assertions import make, outcome

UUID = "a8098c1a-f86e-11da-bd1a-00112444be1e"


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [
        ("<x>", "a b", "a b"),
        ("<string:x>", "é", "é"),
        ("<string(length=2):x>", "de", "de"),
        ("<string(length=2):x>", "deu", None),
        ("<string(minlength=2, maxlength=3):x>", "a", None),
        ("<string(minlength=2, maxlength=3):x>", "abc", "abc"),
        ("<any(a, 'b,c'):x>", "b,c", "b,c"),
        ("<any(a.b):x>", "aXb", None),
        ("<int:x>", "007", 7),
        ("<int:x>", "-7", None),
        ("<int:x>", "+7", None),
        ("<int:x>", "1_0", None),
        ("<int:x>", "٣", None),
        ("<int:x>", "²", None),
        ("<int(signed=True):x>", "-7", -7),
        ("<int(fixed_digits=3):x>", "007", 7),
        ("<int(fixed_digits=3):x>", "7", None),
        ("<int(min=2, max=3):x>", "1", None),
        ("<int(min=2, max=3):x>", "3", 3),
        ("<float:x>", "1.5", 1.5),
        ("<float:x>", "1", None),
        ("<float(signed=True, min=-1.0):x>", "-0.5", -0.5),
        ("<uuid:x>", UUID, uuid.UUID(UUID)),
        ("<uuid:x>", UUID[:-1], None),
        ("<path:x>", "a/b//c", "a/b//c"),
        ("<path:x>", "a\nb", None),
    ],
)
def test_text_to_value(rule, text, value):
    expected = 404 if value is None else ("e", {"x": value})
    assert outcome(make((f"/{rule}", {"endpoint": "e"})), f"/{text}") == expected


@pytest.mark.parametrize(
    ("rule", "value", "url"),
    [
        ("<x>", "a b/ü?", "/a%20b/%C3%BC%3F"),
        ("<x>", 42, "/42"),
        ("<x>", "", "/"),
        ("<string(length=2):x>", "deu", BuildError),
        ("<any(a, b):x>", "a", "/a"),
        ("<any(a, b):x>", "c", ValueError),
        ("<int:x>", "7", "/7"),
        ("<int:x>", -7, "/-7"),
        ("<int:x>", [1], TypeError),
        ("<int(fixed_digits=3):x>", 7, "/007"),
        ("<int(fixed_digits=3):x>", 7777, BuildError),
        ("<int(max=3):x>", 4, BuildError),
        ("<float:x>", 1, "/1.0"),
        ("<uuid:x>", uuid.UUID(UUID), f"/{UUID}"),
        ("<path:x>", "a/b", "/a/b"),
    ],
)
def test_value_to_url(rule, value, url):
    adapter = make((f"/{rule}", {"endpoint": "e"})).bind("example.com")
    if isinstance(url, str):
        assert adapter.build("e", {"x": value}) == url
    else:
        with pytest.raises(url):
            adapter.build("e", {"x": value})


@pytest.mark.parametrize("rule", ["/<int:x>", "/v<int:x>", "/<path:p>/<int:x>", "/<float:x>"])
def test_b132_a_huge_number_is_no_match(rule):
    digits = "9" * 5000
    text = f"{digits}.0" if "float" in rule else digits
    assert outcome(make(rule), rule.replace("<path:p>", "p").partition("<")[0] + text) == 404


def test_the_longest_number():
    assert outcome(make("/<int:x>"), "/" + "9" * 640)[1] == {"x": 10**640 - 1}
    assert outcome(make("/<int:x>"), "/" + "9" * 641) == 404


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="an older Python")
def test_a_lower_limit_of_python_is_no_match():
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert outcome(make("/<int:x>"), "/" + "9" * 700) == 404
    finally:
        sys.set_int_max_str_digits(limit)


class Even(BaseConverter):
    regex = "[0-9]+"

    def to_python(self, value):
        if int(value) % 2:
            raise ValidationError("odd")
        return int(value)

    def to_url(self, value):
        return str(value)


class Pair(BaseConverter):
    regex = r"\w+/\w+"

    def to_python(self, value):
        return tuple(value.split("/"))


def test_custom_converters():
    urls = make("/even/<even:x>", "/pair/<pair:x>/end", converters={"even": Even, "pair": Pair})
    assert outcome(urls, "/even/4") == ("/even/<even:x>", {"x": 4})
    assert outcome(urls, "/even/5") == 404
    assert outcome(urls, "/pair/a/b/end") == ("/pair/<pair:x>/end", {"x": ("a", "b")})


def test_an_error_in_a_converter_is_not_hidden():
    class Broken(BaseConverter):
        def to_python(self, value):
            raise ValueError("a bug")

    urls = make("/<broken:x>", converters={"broken": Broken})
    assert urls.find("/a", "GET") is None
    with pytest.raises(ValueError, match="a bug"):
        urls.bind("example.com").match("/a")


def test_a_subclass_with_an_inherited_regex_converts():
    class Upper(Map.default_converters["string"]):
        def to_python(self, value):
            return value.upper()

        def to_url(self, value):
            return super().to_url(value.lower())

    urls = make(("/<upper:x>", {"endpoint": "e"}), converters={"upper": Upper})
    assert outcome(urls, "/ab") == ("e", {"x": "AB"})
    assert urls.bind("h").build("e", {"x": "A B"}) == "/a%20b"


def test_part_isolating_follows_a_regex_of_its_own():
    assert not Pair.part_isolating
    assert Even.part_isolating

    class Inherits(Pair):
        pass

    assert not Inherits.part_isolating


def test_unknown_converter():
    with pytest.raises(LookupError, match="'nope' does not exist"):
        Map([Rule("/<nope:x>")])
