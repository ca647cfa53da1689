from __future__ import annotations

import base64
import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.http.auth import Authorization, WWWAuthenticate


def basic(user_pass):
    return "Basic " + base64.b64encode(user_pass).decode()


def test_basic():
    sent = Authorization.from_header(basic("ü:p:w".encode()))
    assert (sent.type, sent.username, sent["password"], sent.get("realm", "r")) == ("basic", "ü", "p:w", "r")
    assert "username" in sent and sent.token is None and sent.nothing is None
    assert sent.to_header() == str(sent) == basic("ü:p:w".encode())
    assert sent == Authorization("basic", {"username": "ü", "password": "p:w"}) != Authorization("basic")
    assert copy.copy(sent) == pickle.loads(pickle.dumps(sent)) == sent and sent != 5


@pytest.mark.parametrize(
    "value",
    ["Basic !!!!", "Basic", "Basic x", "basic " + "=" * 9, basic(b"no colon"), basic(b"\xff:x"), "Basic é"],
)
def test_senseless_basic_is_no_credentials(value):
    # B162: strict base64, and never an error.
    assert Authorization.from_header(value) is None


@given(st.text())
def test_nothing_raises(value):
    for header in (value, f"Basic {value}", f"Digest {value}"):
        parsed = Authorization.from_header(header)
        assert parsed is None or parsed.to_header() is not None
        WWWAuthenticate.from_header(header)


def test_token_and_parameters():
    bearer = Authorization.from_header("Bearer abc==")
    assert (bearer.type, bearer.token, bearer.parameters, repr(bearer)) == (
        "bearer", "abc==", {}, "<Authorization Bearer abc==>"
    )  # fmt: skip
    digest = Authorization.from_header('Digest username="Mufasa", qop=auth')
    assert (digest.token, digest.username, str(digest)) == (
        None,
        "Mufasa",
        "Digest username=Mufasa, qop=auth",
    )
    assert Authorization.from_header("") is Authorization.from_header(None) is None


def test_challenge():
    calls = []
    challenge = WWWAuthenticate("Basic", {"realm": "a"})
    challenge._on_update = calls.append
    challenge.realm = "b c"
    challenge["charset"] = "UTF-8"
    assert str(challenge) == 'Basic realm="b c", charset=UTF-8' and challenge.get("realm") == "b c"
    challenge.charset = None
    del challenge.realm, challenge.nothing
    assert str(challenge) == "Basic" and len(calls) == 4
    challenge.type, challenge.token = "bearer", "t"
    assert str(challenge) == "Bearer t"
    challenge.token = None
    challenge.parameters = {"x": "1"}
    challenge["y"] = "2"
    assert str(challenge) == "Bearer x=1, y=2" and len(calls) == 9
    assert challenge == WWWAuthenticate("bearer", {"x": "1", "y": "2"}) != 5 and "x" in challenge


def test_digest_challenge_quotes_what_has_to_be_quoted():
    parsed = WWWAuthenticate.from_header("Digest realm=r, qop=auth, algorithm=MD5")
    assert parsed.to_header() == 'Digest realm="r", qop="auth", algorithm=MD5'
    assert repr(WWWAuthenticate.from_header("Token abc")) == "<WWWAuthenticate Token abc>"
    assert WWWAuthenticate.from_header(None) is None
