"""Links out of plain text: `urlize` finds addresses among the words.

The rule: the text is escaped first, whole, and links are put around words of the result. So
whatever the text holds, nothing of it can be markup, nor leave an attribute. Each word is looked
at once, from its ends, and very long ones not at all: time is in proportion to the text
(CVE-2020-28493, CVE-2024-38875).

    "(see www.example.com)."  ->  "(see", "www.example.com)." -> head "", link, tail ")."
"""

from __future__ import annotations

import re

from ..markup import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Str = t.Optional[str]

# Longer than any address that people write, and short enough for anything done to one word.
_MAX_WORD = 2048

#: A name below any top level domain, a bare name below the old ones (others are words as well), IPv4
#: or IPv6; then a port; then path, query, fragment.
_address = re.compile(
    r"""(?i: (?: https?:// | www\. ) (?: [\w%-]+ \. )* (?: [a-z]{2,63} | xn--[\w%]{2,59} )
    | (?: [\w%-]{2,63} \. )+ (?: com | net | int | edu | gov | org | info | mil )
    | https?:// \d{1,3} (?: \.\d{1,3} ){3}
    | https?:// \[ (?: [\da-f]{0,4}: ){2} (?: [\da-f]{0,4}:? ){1,6} \]
    ) (?: :\d{1,5} )? (?: [/?\#] \S* )?""",
    re.VERBOSE,
)
_mail_address = re.compile(r"\S+@\w[\w.-]*\.\w+")
_opening = re.compile(r"(?:[(<]|&lt;)+")
_closing = (")", ">", ".", ",", "&gt;")
_pairs = (("(", ")"), ("<", ">"), ("&lt;", "&gt;"))


def urlize(
    text: str, trim_url_limit: t.Any = None, rel: Str = None, target: Str = None, extra_schemes: t.Any = None
) -> str:
    """Return `text` escaped, its web and mail addresses linked.

    :param trim_url_limit: the length that links are cut to where they are shown.
    :param rel: the attribute `rel` of links, and `target` likewise.
    :param extra_schemes: what else makes a link of a word that begins with it, such as `tel:`.

    >>> urlize("see <www.example.com>")
    'see &lt;<a href="https://www.example.com">www.example.com</a>&gt;'
    """
    given = {"rel": rel, "target": target}
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in given.items() if value)
    schemes = tuple(extra_schemes or ())

    def link(word: str) -> str:
        # Nothing else can be an address, and most words have none of the three.
        possible = schemes or "." in word or "@" in word or ":" in word
        if not possible or len(word) > _MAX_WORD:
            return word
        head, address, tail = _peel(word)
        return f"{head}{_link(address, trim_url_limit, attributes, schemes)}{tail}"

    return "".join(map(link, re.split(r"(\s+)", str(escape(text)))))


def _peel(word: str) -> tuple[str, str, str]:
    """Take brackets and punctuation off both ends of a word, unless they belong to it."""
    opening = _opening.match(word)
    start, end = opening.end() if opening else 0, len(word)
    while end > start and word.endswith(_closing, start, end):
        end -= 4 if word.endswith("&gt;", start, end) else 1
    head, middle, tail = word[:start], word[start:end], word[end:]
    # A bracket opened inside the address closes there: .../Foo_(bar)
    for opens, closes in _pairs:
        is_open = middle.count(opens) > middle.count(closes)
        for _ in range(min(middle.count(opens), tail.count(closes)) if is_open else 0):
            cut = tail.index(closes) + len(closes)
            middle, tail = middle + tail[:cut], tail[cut:]
    return head, middle, tail


def _link(address: str, limit: int | None, attributes: str, schemes: tuple[str, ...]) -> str:
    """Return the link for an address, or the word itself if it is none."""
    if _address.fullmatch(address):
        shown = address if limit is None or len(address) <= limit else f"{address[:limit]}..."
        scheme = "" if address.startswith(("http://", "https://")) else "https://"
        return f'<a href="{scheme}{address}"{attributes}>{shown}</a>'
    mail = address[7:] if address.startswith("mailto:") else address
    # @name@host is somebody, not a mail address; and `:` would begin another scheme.
    is_mail = mail != address or not (":" in address or address.startswith(("www.", "@")))
    if is_mail and _mail_address.fullmatch(mail):
        return f'<a href="mailto:{mail}">{mail}</a>'
    if address.startswith(schemes) and address not in schemes:
        return f'<a href="{address}"{attributes}>{address}</a>'
    return address
