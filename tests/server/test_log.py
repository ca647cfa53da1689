import logging
import time
import types

import pytest

from microweb.server.head import Head
from microweb.server.log import FORMAT, access, escape, logger


def link(peer="::1", log_format=FORMAT):
    server = types.SimpleNamespace(log_format=log_format)
    return types.SimpleNamespace(client_address=(peer, 1), server=server, started=time.monotonic())


@pytest.fixture
def loud(caplog):
    caplog.set_level(logging.INFO, logger.name)
    return caplog


def test_no_control_character_and_no_blank_gets_through():
    # B142, CVE-2020-7694: a forged line, a terminal's escape sequence, C1, a backslash
    assert escape("/\x1b[2J\r\nx\x7f\x85 \\") == "/\\x1b[2J\\r\\nx\\x7f\\x85\\x20\\\\"
    assert escape("\u2028\u202e") == "\\u2028\\u202e"


def test_access_line(loud):
    access(link(), Head("GET", "/a", 1), "200", 12)
    assert loud.messages[0].startswith("::1 GET /a 200 12B ")
    assert loud.messages[0].endswith("ms")


def test_a_format_of_ones_own(loud):
    head = Head("GET", "/a\x1b", 0)
    head.variables["HTTP_USER_AGENT"] = "x\r\ny"
    access(link(log_format="%(HTTP_USER_AGENT)s %(HTTP_REFERER)s %(protocol)s %(time)s"), head, "200", 12)
    agent, referer, protocol, when = loud.messages[0].split(" ")
    assert (agent, referer, protocol) == ("x\\r\\ny", "-", "HTTP/1.0")
    assert time.strptime(when, "%Y-%m-%dT%H:%M:%SZ")


def test_a_disabled_log_looks_at_nothing(caplog):
    caplog.set_level(logging.WARNING, logger.name)
    access(None, None, "200", 0)
    assert caplog.messages == []
