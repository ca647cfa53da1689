"""json: the functions, with and without an application."""

from __future__ import annotations

import io
import re

import pytest

from microweb import json
from microweb.markup import Markup


class Provider:
    def dumps(self, obj, **kwargs):
        return f"dumps {obj} {kwargs}"

    def dump(self, obj, fp, **kwargs):
        fp.write(f"dump {obj}")

    def loads(self, s, **kwargs):
        return f"loads {s}"

    def load(self, fp, **kwargs):
        return f"load {fp.read()}"

    def response(self, *args, **kwargs):
        return args, kwargs


@pytest.fixture
def provider(monkeypatch):
    monkeypatch.setattr(json, "_current_provider", Provider)


@pytest.fixture
def detached(monkeypatch):
    monkeypatch.setattr(json, "_current_provider", lambda: json._detached)


def test_detached(detached):
    file = io.StringIO()
    json.dump({"b": 1, "a": Markup("<")}, file)
    assert file.getvalue() == json.dumps({"b": 1, "a": "<"}) == '{"b": 1, "a": "<"}'
    file.seek(0)
    assert json.load(file) == json.loads(b'{"b": 1, "a": "<"}') == {"b": 1, "a": "<"}


def test_jsonify_needs_an_application(detached):
    with pytest.raises(RuntimeError, match=re.escape("with app.app_context():")):
        json.jsonify(1)


def test_the_current_provider_does_it(provider):
    file = io.StringIO()
    json.dump(1, file, indent=2)
    assert file.getvalue() == "dump 1"
    assert json.dumps(1, indent=2) == "dumps 1 {'indent': 2}"
    assert json.loads("1") == "loads 1"
    assert json.load(io.StringIO("1")) == "load 1"
    assert json.jsonify(1, a=2) == ((1,), {"a": 2})


@pytest.mark.parametrize("kwargs", [{}, {"ensure_ascii": False}])
def test_htmlsafe_CVE_free_in_script_and_attribute(detached, kwargs):
    nasty = "</script><!--&amp;'\u2028\u2029"
    text = json.htmlsafe_dumps([nasty], **kwargs)
    assert isinstance(text, Markup)
    assert not set(text) & set("<>&'\u2028\u2029")
    assert json.loads(str(text)) == [nasty]
    file = io.StringIO()
    json.htmlsafe_dump(nasty, file)
    assert "<" not in file.getvalue()
