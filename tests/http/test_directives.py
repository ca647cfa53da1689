from __future__ import annotations

from microweb.http.directives import ContentSecurityPolicy, csp_property, parse_csp_header
from microweb.http.response import COEP, COOP


def test_directives_are_attributes():
    calls = []
    policy = parse_csp_header("default-src 'self'; script-src 'none' *; img-src ; x", calls.append)
    assert (policy.default_src, policy["script-src"], policy.img_src) == ("'self'", "'none' *", None)
    policy.img_src = "*"
    policy.default_src = None
    del policy.script_src, policy.font_src
    assert str(policy) == "img-src *" and len(calls) == 3
    assert repr(policy) == "<ContentSecurityPolicy img-src='*'>"


def test_presence_and_subclasses():
    class Own(ContentSecurityPolicy):
        trusted_types = csp_property("trusted-types")

    assert parse_csp_header("trusted-types a b", cls=Own).trusted_types == "a b"
    assert not parse_csp_header(None) and ContentSecurityPolicy().provided
    assert not ContentSecurityPolicy(None).provided


def test_cross_origin_policies():
    assert COEP("require-corp") is COEP.REQUIRE_CORP and COOP.SAME_ORIGIN.value == "same-origin"
