"""The User-Agent header is kept, not parsed."""

from __future__ import annotations

from microweb.http.request import UserAgent


def test_is_its_string():
    agent = UserAgent("Mozilla/5.0")
    assert (agent.string, str(agent), agent.to_header()) == ("Mozilla/5.0",) * 3
    assert not agent
    assert repr(agent) == "<UserAgent None/None>"


def test_a_subclass_may_parse_it():
    class Parsed(UserAgent):
        browser, version = "firefox", "94"

    assert Parsed("")
    assert repr(Parsed("")) == "<Parsed firefox/94>"
