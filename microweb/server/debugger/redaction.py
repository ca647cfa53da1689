"""What a page that is meant to be shown around does not say.

The rule: a value is hidden for the name that it goes by; and a value that goes by the name of a secret once
is hidden wherever else it occurs, in a message, a line of source or the text of another value.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

HIDDEN = "[hidden]"
_WORDS = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|credential|authorization|cookie|session_?id|csrf"
    r"|(?:key|pin)s?(?![a-z])"
)
_SECRET = re.compile(_WORDS, re.IGNORECASE)
# `password='...'` in the text of an object, `"token": '...'` in that of a mapping, `token=...` in a query.
# Every repetition is bounded, so that hostile text costs linear time.
_ASSIGNED = re.compile(
    rf"""((?<!\w)\w{{0,40}}?(?:{_WORDS})\w{{0,40}}['"]?\s?[=:]\s?)(b?'[^'\n]*'|b?"[^"\n]*"|(?<==)[^\s&;,'")]+)""",
    re.IGNORECASE,
)
# The user's password in an address.
_USERINFO = re.compile(r"(://[^\s/:@]{1,100}:)[^\s/@]{1,200}(?=@)")
# Alone, these are words of every parser, or a shell's for a directory: hidden, but not elsewhere.
_COMMON = {"key", "keys", "token", "tokens", "pwd", "oldpwd"}
#: A shorter value would be found in words that are none of its business.
_SHORTEST = 6


def is_secret(name: object) -> bool:
    """Whether what goes by this name is nobody's business."""
    return isinstance(name, str) and _SECRET.search(name) is not None


class Redactor:
    """Knows the secrets of one page."""

    def __init__(self, *namespaces: t.Mapping[t.Any, t.Any]) -> None:
        found = {text for names in (os.environ, *namespaces) for text in _values(names)}
        # Longest first, as one may begin like another.
        texts = sorted(found, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, texts)) or "(?!)")

    def known(self, text: str) -> str:
        """The text without the values that are known to be secret."""
        return self._known.sub(HIDDEN, text)

    def text(self, text: str) -> str:
        """The text of a value: without what it gives a secret's name, too."""
        text = _ASSIGNED.sub(rf"\1{HIDDEN}", self.known(text))
        return _USERINFO.sub(rf"\1{HIDDEN}", text)


def _values(names: t.Mapping[t.Any, t.Any]) -> t.Iterator[str]:
    for name, value in list(names.items()):
        if not is_secret(name) or name.lower() in _COMMON:
            continue
        for each in value if isinstance(value, (list, tuple)) else [value]:
            text = each.decode("latin-1") if isinstance(each, bytes) else each
            # SECRET_KEY = "secret" is none, and would hide every "secret" on the page.
            if isinstance(text, str) and len(text) >= _SHORTEST and not _SECRET.fullmatch(text):
                yield text
