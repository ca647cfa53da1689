import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.cli.dotenv import load_dotenv, parse


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1", {"A": "1"}),
        (" export A = 1 \r\nB=2", {"A": "1", "B": "2"}),
        ("# no\n\nA=1 # comment\nB=1#2", {"A": "1", "B": "1#2"}),
        ("A=\nB", {"A": "", "B": None}),
        ("A='x # y'\nB=\"p q\" # c", {"A": "x # y", "B": "p q"}),
        (r"A='it\'s \n'", {"A": r"it's \n"}),
        (r'A="say \"x\" \t\\ \z"', {"A": 'say "x" \t\\ \\z'}),
        ('A="two\nlines"\nB=3', {"A": "two\nlines", "B": "3"}),
        ("A=a b  c", {"A": "a b  c"}),
        ("A=x=y", {"A": "x=y"}),
        ("'a key'=1", {"a key": "1"}),
        ("A=1\nB=${A}/${C}/${NO}/${NO:-d}", {"A": "1", "B": "1/env//d"}),
        ("A=$A ${A", {"A": "$A ${A"}),
        ("C=own\nB=${C}", {"C": "own", "B": "own"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A= # empty\nB=#c\nC='x'#c", {"A": "", "B": "#c", "C": "x"}),
        ("it's\nB#c\nexport # no", {"it's": None, "B": None}),
        ("A=1\rB=2\r\nC=3", {"A": "1", "B": "2", "C": "3"}),
        ("'two\nlines'=\\n${A:-a:-b}", {"two\nlines": "\\na:-b"}),
    ],
)
def test_parse(text, values):
    assert parse(text, {"C": "env"}) == (values, [])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("A=1\nB='open\nC=2", [2]),
        ("=x\nA=1", [1]),
        ("A B=1\nC=2", [1]),
        ("A='x' y", [1]),
        ("A=1\nexport =x", [2]),
        ("A='1\n2' y\nB='", [1, 3]),
        ("A=x\0y\nB=1", [1]),
    ],
)
def test_lines_that_are_none(text, lines):
    assert parse(text, {})[1] == lines


@given(st.text(alphabet="AB=' \"\\#${}:-\n\r", max_size=60))
def test_any_text_is_read_to_its_end(text):
    values, wrong = parse(text, {})
    assert all(0 < line <= text.count("\n") + 1 for line in wrong)


def test_load(tmp_path, monkeypatch, capsys):
    below = tmp_path / "a"
    below.mkdir()
    monkeypatch.chdir(below)
    for name in ["ONE", "TWO", "THREE", "SET", "FOUR"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SET", "kept")
    (tmp_path / ".flaskenv").write_text("ONE=flask\nTWO=flask\nSET=lost\nTHREE=flask")
    (tmp_path / ".env").write_text("TWO=env\nTHREE=env\nwrong line", encoding="utf-8")
    (tmp_path / "more").write_bytes(b"\xef\xbb\xbfTHREE=h\xc3\xa9\nFOUR=\xe9")
    try:
        assert load_dotenv(tmp_path / "more")
        assert [os.environ.get(name) for name in ("ONE", "TWO", "THREE", "SET")] == [
            "flask",
            "env",
            "h\xe9",
            "kept",
        ]
        assert capsys.readouterr().err.endswith(".env, line 3: no NAME=value; left out.\n")
        assert os.environb[b"FOUR"] == b"\xe9"
        assert not load_dotenv("no such file", load_defaults=False)
    finally:
        for name in ("ONE", "TWO", "THREE", "FOUR"):
            os.environ.pop(name, None)
