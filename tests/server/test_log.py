from microweb.server.head import Head
from microweb.server.log import access, escape, logger


def test_no_control_character_and_no_blank_gets_through():
    # CVE-2020-7694: a forged line, a terminal's escape sequence, C1, a backslash
    assert escape(b"/\x1b[2J\r\nx\x7f\x85 \\") == "/\\x1b[2J\\r\\nx\\x7f\\x85\\x20\\\\"
    assert escape("\u2028\u202e") == "\\u2028\\u202e"


def test_access_line(caplog):
    logger.setLevel("INFO")
    access("::1", Head(b"GET", b"/a", 1), "200", 12, 0.0015)
    assert caplog.messages == ["::1 GET /a 200 12B 1.5ms"]
