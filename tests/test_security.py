"""security: password hashes, and paths that stay where they belong."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb import security
from microweb.security import (
    check_password_hash,
    gen_salt,
    generate_password_hash,
    safe_join,
    secure_filename,
)

# Written by Werkzeug 3.1.
WERKZEUG = {
    "scrypt:1024:8:1": "scrypt:1024:8:1$kuE6IANG0sCW7ESb$"
    "a69465fc15ed76cd1e5cb549d5be1c780be20b15f8e094e483c3485b2dee45fb"
    "4ff691fe9e0416ce04cb367bfb623d78ecaf1743b62a0e38f842281b96472fab",
    "pbkdf2:sha1:1": "pbkdf2:sha1:1$GLcxVrEH8uOclmX2$d2a5d8abbd573437da0a1cd653b48fe3fcedc69c",
}
CHEAP = "scrypt:16:8:1"


@pytest.mark.parametrize("pwhash", WERKZEUG.values(), ids=WERKZEUG)
def test_hashes_of_werkzeug(pwhash):
    assert check_password_hash(pwhash, "p\xe4ss")
    assert not check_password_hash(pwhash, "pass")


@pytest.mark.parametrize("method", [CHEAP, "pbkdf2:sha256:1", "pbkdf2:md5:2"])
def test_round_trip(method):
    pwhash = generate_password_hash("secret", method, salt_length=8)
    assert re.fullmatch(re.escape(method) + r"\$[A-Za-z0-9]{8}\$[0-9a-f]+", pwhash)
    assert pwhash != generate_password_hash("secret", method, salt_length=8)
    assert check_password_hash(pwhash, "secret")
    assert not check_password_hash(pwhash, "Secret")


def test_default_method(monkeypatch):
    assert generate_password_hash("x").startswith("scrypt:32768:8:1$")
    monkeypatch.delattr(hashlib, "scrypt")
    monkeypatch.setattr(security, "DEFAULT_PBKDF2_ITERATIONS", 3)
    pwhash = generate_password_hash("x")
    assert pwhash.startswith("pbkdf2:sha256:3$") and check_password_hash(pwhash, "x")
    assert not check_password_hash("scrypt:16:8:1$a$b", "x")


@pytest.mark.parametrize("method", ["", "md5", "scrypt:1", "scrypt:a:b:c", "pbkdf2:sha1:1:1", "pbkdf2:no:1"])
def test_bad_methods(method):
    with pytest.raises(ValueError):
        generate_password_hash("x", method)


@pytest.mark.parametrize(
    "pwhash",
    [
        "",
        "$$",
        "plain",
        "md5$a$b",
        "scrypt:16:8:1$salt$\xff\ud800",
        "scrypt:-16:8:1$a$b",
        "scrypt:3:8:1$a$b",
        "scrypt:1073741824:8:1$a$b",
        "scrypt:1:1:999999999999999$a$b",
        "pbkdf2:sha256:0$a$b",
        "pbkdf2:sha256:-1$a$b",
        "pbkdf2:sha256:99999999999$a$b",
        "pbkdf2:\x00:1$a$b",
    ],
)
def test_garbage_is_no_match(pwhash):
    assert check_password_hash(pwhash, "x") is False


@given(st.text(alphabet="scrypt:pbkdf2$0149-a", max_size=25))
def test_garbage_never_raises(pwhash):
    assert check_password_hash(pwhash.replace("scrypt$", "$"), "x") is False


def test_no_account_costs_what_a_wrong_password_costs_CVE_2024_39329(monkeypatch):
    costs = []

    def scrypt(salt, password, args):
        costs.append(args)
        return b"", "scrypt"

    monkeypatch.setitem(security._methods, "scrypt", scrypt)
    assert not check_password_hash(None, "x")
    assert not check_password_hash("scrypt$salt$ab", "x")
    assert costs == [[], []]


def test_long_passwords_are_refused_CVE_2013_1443():
    long = "x" * 1025
    with pytest.raises(ValueError, match="1024 bytes"):
        generate_password_hash(long)
    assert not check_password_hash(generate_password_hash(long[:-1], CHEAP), long)


def test_gen_salt():
    assert len(gen_salt(20)) == 20 and set(gen_salt(50)) <= set(security.SALT_CHARS)
    with pytest.raises(ValueError):
        gen_salt(0)


@pytest.fixture
def windows(monkeypatch):
    import ntpath

    monkeypatch.setattr(security.os, "name", "nt")
    monkeypatch.setattr(security.os, "path", ntpath)
    monkeypatch.setattr(security, "_os_alt_seps", ["\\"])


#: What leaves the directory somewhere, or is dressed up to be another file there.
EVERYWHERE = [
    *("/etc/passwd", "//server/share/x", "\\\\server\\share", "\\x", "C:/x", "c:\\x", "a\\..\\..\\x"),
    *("..", "../x", "a/../../x", "..\\..\\x", "../static_evil/x", "....//x", "a/.. /x", "...", "a/. ./b"),
    *("ok\0/../../etc", "x\0", "x" * 256, "a/" + "x" * 256),
    *(
        "CON.txt",
        "CON ",
        "con .a.b",
        "example/NUL.tar.gz",
        "COM\xb9.",
        "NUL:",
        "CONIN$.x",
        "prn.",
        "x/CON::$DATA",
    ),
    *("file.txt::$DATA", "a/b::$INDEX_ALLOCATION/c"),
]
#: What is a plain name, but for Windows.
WINDOWS = [
    *(
        "CON",
        "NUL",
        "aux",
        "COM1",
        "LPT9",
        "PRN",
        "COM\xb9",
        "CONIN$",
        "CONOUT$",
        "example/NUL",
        "NUL/example",
    ),
    *("C:x", "a\\b", "12:30", "file.txt:stream", "a.", "a ", "a /b", "a./b"),
]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_safe_join_everywhere_CVE_2024_49766_CVE_2023_41105_CVE_2023_29159(path):
    assert safe_join("root", path) is None
    assert safe_join("root", "a", path) is None


# CVE-2006-0847, CVE-2009-2659 and CVE-2011-1015 are the same attacks on other servers.
@pytest.mark.parametrize("path", EVERYWHERE + WINDOWS)
def test_safe_join_windows_CVE_2025_66221_CVE_2026_21860_CVE_2026_27199(windows, path):
    assert safe_join("root", path) is None


@pytest.mark.parametrize("path", WINDOWS)
def test_what_only_windows_minds_is_refused_where_it_is_asked_for(path):
    assert safe_join("root", path) == f"root/{path}"
    assert safe_join("root", path, portable=True) is None
    assert safe_join("root", "a", path, "b", portable=True) is None


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["b/c"], "root/b/c"),
        (["a/../b", "c"], "root/b/c"),
        (["..x", "", "./y"], "root/..x/y"),
        (["."], "root/."),
        ([".well-known/a b.txt"], "root/.well-known/a b.txt"),
        (["CONTENT", "null.txt", "xCON", "COM10", "COM"], "root/CONTENT/null.txt/xCON/COM10/COM"),
        (["x" * 255], "root/" + "x" * 255),
        ([], "root"),
    ],
)
def test_safe_join(parts, expected, windows):
    assert safe_join("root", *parts) == safe_join("root", *parts, portable=True) == expected


def test_an_empty_directory_is_the_current_one():
    assert safe_join("", "c:test.txt") == "./c:test.txt"
    assert safe_join("", "/etc") is None


@given(st.lists(st.text(alphabet="./\\a :\0", max_size=8), max_size=3))
def test_safe_join_stays_inside(parts):
    import ntpath
    import posixpath

    for portable in (False, True):
        joined = safe_join("/root", *parts, portable=portable)
        if joined is not None:
            assert posixpath.normpath(joined).startswith("/root")
            assert ":" in joined and not portable or ntpath.normpath(joined).startswith("\\root")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My cool movie.mov", "My_cool_movie.mov"),
        ("../../../etc/passwd", "etc_passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\x", "C_x"),
        ("i contain \xfcml\xe4uts.txt", "i_contain_umlauts.txt"),
        ("__filename__", "filename"),
        ("-rf", "rf"),
        ("a-b-", "a-b-"),
        ("<script>.html", "script.html"),
        ("a\0b", "ab"),
        ("..", ""),
        ("\u65e5\u672c", ""),
        ("", ""),
        ("x" * 500 + ".txt", "x" * 196 + ".txt"),
        ("x." + "y" * 500, "x." + "y" * 198),
        ("x" * 199 + "." + "y" * 500, "x" * 199),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1.a.b", "_com1.a.b"),
        ("NUL:", "_NUL"),
        ("file.txt::$DATA", "file.txtDATA"),
        ("\\\\server\\share\\x", "server_share_x"),
        ("name. . ", "name"),
    ],
)
def test_secure_filename(name, expected):
    assert secure_filename(name) == expected


@given(st.text())
def test_secure_filename_is_always_safe(name):
    secured = secure_filename(name)
    assert re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,200}[A-Za-z0-9-])?|", secured)
    assert not secured or safe_join("root", secured, portable=True) == f"root/{secured}"
