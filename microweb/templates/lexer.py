r"""Template text to tokens: `{{ a + 1 }}` to variable_begin, name, add, integer, variable_end.

The rule: a template is text until the next delimiter, and one regular expression made from the
environment's delimiters finds that. Inside a tag another one names each token by the group that
matched. Every search starts where the last one ended, so the cost is linear in the source.

Token types and the methods of `TokenStream` bear Jinja's names: extensions filter the stream and
drive the parser through them.
"""

from __future__ import annotations

import re
from collections import deque, namedtuple
from functools import lru_cache, partial

from .errors import TemplateSyntaxError
from .utils import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Str = t.Optional[str]

operators = {
    "+": "add", "-": "sub", "/": "div", "//": "floordiv", "*": "mul", "%": "mod", "**": "pow",
    "~": "tilde", "[": "lbracket", "]": "rbracket", "(": "lparen", ")": "rparen", "{": "lbrace",
    "}": "rbrace", "==": "eq", "!=": "ne", ">": "gt", ">=": "gteq", "<": "lt", "<=": "lteq",
    "=": "assign", ".": "dot", ":": "colon", "|": "pipe", ",": "comma", ";": "semicolon",
}  # fmt: skip

#: How messages call the token types.
_DESCRIPTIONS = {type_: sign for sign, type_ in operators.items()}
_DESCRIPTIONS |= {"data": "template data / text", "eof": "end of template", "linecomment": "comment"}
_TAGS = {"comment": "comment", "block": "statement block", "variable": "print statement"}
_TAGS["linestatement"] = "line statement"
for _kind, _name in _TAGS.items():
    _DESCRIPTIONS |= {f"{_kind}_begin": f"begin of {_name}", f"{_kind}_end": f"end of {_name}"}

#: What the parser never sees, though `Environment.lex` shows it; and what it sees as something else.
_RENAMED: dict[str, t.Any] = dict.fromkeys(words("whitespace comment comment_begin comment_end raw_begin"))
_RENAMED.update(dict.fromkeys(words("raw_end linecomment linecomment_begin linecomment_end")))
_RENAMED.update(linestatement_begin="block_begin", linestatement_end="block_end")

# Extensions import the types of tokens as constants: TOKEN_NAME, TOKEN_BLOCK_BEGIN, ...
for _type in (*_DESCRIPTIONS, *_RENAMED, *words("name string integer float operator initial")):
    globals()[f"TOKEN_{_type.upper()}"] = _type

_compile = partial(re.compile, flags=re.M | re.S | re.X)
#: How deep brackets, and tags, may be nested. The parser, and Python's own, need stack for each.
MOST_NESTED = 100
_CLOSING = {"(": ")", "[": "]", "{": "}"}

#: Blanks are skipped on the way; a newline is not, as it may be what ends a line statement. A float is
#: not the 2.3 of a.1.2.3. Some characters of names are no \w; what is none after all is found by
#: isidentifier().
_TOKENS = r"""[^\S\n]* (?: %s
    (?P<name> (?:[^\W\d]|%s) \w* (?:%s\w*)* )
  | (?P<operator> \*\* | // | [=!<>]= | [-+/*%%~\[\](){}<>=.:|,;] )
  | (?P<string> '[^'\\]*(?:\\.[^'\\]*)*' | "[^"\\]*(?:\\.[^"\\]*)*" )
  | (?P<float> (?<!\.) DIGITS (?: (?: \.DIGITS )? [eE][+\-]?DIGITS | \.DIGITS ) )
  | (?P<integer> 0[bB](?:_?[01])+ | 0[oO](?:_?[0-7])+ | 0[xX](?:_?[\da-fA-F])+ | [1-9](?:_?\d)* | 0(?:_?0)* )
  | (?P<whitespace>\s+)
)""".replace("DIGITS", r"(?:\d+_)*\d+")


def describe_token(token: Token) -> str:
    """Name a token for a message: its text if it is a name, else its kind."""
    return str(token.value) if token.type == "name" else _DESCRIPTIONS.get(token.type, token.type)


def describe_token_expr(expr: str) -> str:
    """Name what `Token.test` was asked for: "name:endif" is endif, "rparen" is )."""
    type_, _, value = expr.partition(":")
    return value if type_ == "name" and value else _DESCRIPTIONS.get(type_, type_)


class Token(namedtuple("Token", "lineno type value")):
    """One token; `value` is text, or the number that an integer or float token stands for."""

    __slots__ = ()

    __str__ = describe_token

    def test(self, expr: str) -> bool:
        """Is the token of this type, or of this "type:value"?"""
        return self.type == expr or (":" in expr and expr == f"{self.type}:{self.value}")

    def test_any(self, *iterable: str) -> bool:
        """Does any of these `test` expressions hold?"""
        return any(map(self.test, iterable))


class TokenStream:
    """Tokens with a `current` one and any look-ahead; `next(stream)` moves on, returns the old."""

    def __init__(self, generator: t.Iterable[Token], name: Str, filename: Str) -> None:
        self._iter = iter(generator)
        self._pushed: deque[Token] = deque()
        self.name, self.filename = name, filename
        self.current = Token(1, "initial", "")
        next(self)

    def __iter__(self) -> t.Iterator[Token]:
        while self.current.type != "eof":
            yield next(self)

    def __bool__(self) -> bool:
        return bool(self._pushed) or self.current.type != "eof"

    #: Is this the end of the stream?
    eos = property(lambda self: not self)

    def __next__(self) -> Token:
        token = self.current
        if self._pushed:
            self.current = self._pushed.popleft()
        elif token.type != "eof":
            self.current = next(self._iter, None) or Token(token.lineno, "eof", "")
        return token

    def push(self, token: Token) -> None:
        """Put a token back, to come after the current one."""
        self._pushed.append(token)

    def look(self) -> Token:
        """Return the token after the current one."""
        current = next(self)
        following, self.current = self.current, current
        self.push(following)
        return following

    def skip(self, n: int = 1) -> None:
        """Move `n` tokens on."""
        for _ in range(n):
            next(self)

    def next_if(self, expr: str) -> Token | None:
        """Move on and return the token if it passes the test, else None."""
        return next(self) if self.current.test(expr) else None

    def skip_if(self, expr: str) -> bool:
        """Move on if the token passes the test, and say whether it did."""
        return self.next_if(expr) is not None

    def close(self) -> None:
        """End the stream here."""
        self.current = Token(self.current.lineno, "eof", "")

    def expect(self, expr: str) -> Token:
        """Move on and return the token, which must pass the test."""
        token = self.current
        if token.test(expr):
            return next(self)
        message = f"expected token {describe_token_expr(expr)!r}, got {describe_token(token)!r}"
        if token.type == "eof":
            message = f"unexpected end of template, expected {describe_token_expr(expr)!r}."
        raise TemplateSyntaxError(message, token.lineno, self.name, self.filename)


_Settings = namedtuple(
    "_Settings",
    "block_start_string block_end_string variable_start_string variable_end_string comment_start_string"
    " comment_end_string line_statement_prefix line_comment_prefix trim_blocks lstrip_blocks"
    " newline_sequence keep_trailing_newline",
)


def get_lexer(environment: t.Any) -> Lexer:
    """Return the lexer for an environment's delimiters and whitespace rules."""
    return _lexers(_Settings(*(getattr(environment, name) for name in _Settings._fields)))


class Lexer:
    """The regular expressions for one set of delimiters, and the loop that applies them."""

    def __init__(self, environment: t.Any) -> None:
        self.settings = environment
        ends = ("block_start_string", "block_end_string", "variable_end_string", "comment_end_string")
        start, end, var_end, comment_end = (re.escape(getattr(environment, name)) for name in ends)
        # {% x -%} eats all space that follows, {% x +%} none, {% x %} a newline if trimming is on.
        newline = "\\n?" if environment.trim_blocks else ""
        block_ends, comment_ends = (rf"\+{end}|-{end}\s*|{end}{newline}" for end in (end, comment_end))
        # What ends text: one pattern a kind of tag, with a group for its sign. Where no language
        # is inside, it goes up to the end of the tag, if there is one.
        openings = [
            rf"(?P<raw_begin>{start}(?P<raw_sign>[-+]?)\s*raw\s*(?:-{end}\s*|{end}))"
            rf"(?:(?P<raw>.*?)(?P<raw_end>{start}(?P<raw_end_sign>[-+]?)\s*endraw\s*(?:{block_ends})))?"
        ]
        comment = rf"(?:(?P<comment>.*?)(?P<comment_end>{comment_ends}))?"
        line = r"(?P<linecomment>[^\n]*)(?P<linecomment_end>)"
        kinds = [
            (environment.comment_start_string, "comment", "", comment),
            (environment.block_start_string, "block", "", ""),
            (environment.variable_start_string, "variable", "", ""),
            (environment.line_statement_prefix, "linestatement", r"^[ \t\v]*", ""),
            (environment.line_comment_prefix, "linecomment", r"(?:^|(?<=\S))[^\S\r\n]*", line),
        ]
        # The longest first, so that "<%=" for variables wins over "<%" for blocks.
        kinds.sort(key=lambda kind: (len(kind[0] or ""), kind[1]), reverse=True)
        for text, kind, before, after in kinds:
            if text is not None:
                openings.append(f"(?P<{kind}_begin>{before}{re.escape(text)}(?P<{kind}_sign>[-+]?)){after}")
        self.root = _compile("|".join(openings))
        odd = rf"(?!{end}|{var_end})[^\x00-\x7f\s]"
        tags = {"block": block_ends, "variable": rf"-{var_end}\s*|{var_end}", "linestatement": r"\s*(?:\n|$)"}
        patterns = {kind: _TOKENS % (f"(?P<{kind}_end>{ends}) |", odd, odd) for kind, ends in tags.items()}
        self.tag = {kind: _compile(pattern) for kind, pattern in patterns.items()}
        # Between brackets "}}" closes two of them, so there the end is not looked for.
        self.inside = _compile(_TOKENS % ("", odd, odd))

    def tokenize(self, source: str, name: Str = None, filename: Str = None, state: Str = None) -> TokenStream:
        """Return the tokens that the parser wants, their values converted."""
        raw = self.tokeniter(source, name, filename, state=state)
        return TokenStream(self.wrap(raw, name, filename), name, filename)

    def wrap(self, stream: t.Iterable[t.Any], name: Str = None, filename: Str = None) -> t.Iterator[Token]:
        """Turn raw tokens into `Token` objects with Python values."""
        new = tuple.__new__  # what Token() does, by a detour
        newline = self.settings.newline_sequence
        value: t.Any
        for lineno, type_, value in stream:
            if type_ == "operator":
                type_ = operators[value]
            elif type_ in _CONVERT:
                try:
                    # tokeniter has left no other line ends
                    value = _CONVERT[type_](value if newline == "\n" else value.replace("\n", newline))
                except ValueError as error:
                    message = str(error).split(":")[-1].strip()
                    raise TemplateSyntaxError(message, lineno, name, filename) from error
            elif type_ in _RENAMED:
                type_ = _RENAMED[type_]
                if type_ is None:
                    continue
            yield new(Token, (lineno, type_, value))

    def tokeniter(self, source: str, *names: Str, state: Str = None) -> t.Iterator[t.Any]:
        """Yield every token, even white space and comments, as (line, type, text)."""
        source = source.replace("\r\n", "\n").replace("\r", "\n")
        if not self.settings.keep_trailing_newline:
            source = source.removesuffix("\n")
        scan = _Scan(self, source)
        if state is not None:
            yield from scan.tag(state)
        while scan.pos < len(source) and not scan.mistake:
            yield from scan.text()
        if scan.mistake:
            raise TemplateSyntaxError(scan.mistake, scan.lineno, *names)


#: Environments with the same delimiters share one lexer.
_lexers = lru_cache(50)(Lexer)


def _unquote(text: str) -> str:
    if "\\" not in text:
        return text[1:-1]
    return text[1:-1].encode("ascii", "backslashreplace").decode("unicode-escape")


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise ValueError("Invalid character in identifier")
    return text


# Python's own numbers may be written with the same underscores.
_CONVERT: dict[str, t.Any] = {"data": str, "name": _identifier, "string": _unquote, "float": float}
_CONVERT["integer"] = partial(int, base=0)
_ONE_LINE = frozenset({"name", "operator", "integer", "float"})


class _Scan:
    """One pass over one source: a position, a line number, and for each state a step, a list of tokens."""

    #: What is wrong at the position. It is told when the parser has come that far, and not before.
    mistake = ""

    def __init__(self, lexer: Lexer, source: str) -> None:
        self.lexer, self.source = lexer, source
        self.pos, self.lineno = 0, 1

    def text(self) -> list[t.Any]:
        """The outermost state: text up to an opening delimiter, and the tag that follows."""
        match = self.lexer.root.search(self.source, self.pos)
        if match is None:
            return self.piece("data", self.source[self.pos :])
        kind, _, edge = (match.lastgroup or "").rpartition("_")
        begin, end = f"{kind}_begin", f"{kind}_end"
        found = self.data("data", match.start(), kind, match[f"{kind}_sign"])
        found += self.piece(begin, match[begin])
        if kind in self.lexer.tag:
            found += self.tag(kind)
        elif edge == "end":
            type_, sign = ("data", match["raw_end_sign"]) if kind == "raw" else (kind, "+")
            found += self.data(type_, match.start(end), kind, sign)
            found += self.piece(end, match[end])
        elif self.pos < len(self.source):
            # An opening at the very end of the template is let pass, as Jinja does.
            self.mistake = f"Missing end of {'raw directive' if kind == 'raw' else 'comment tag'}"
        return found

    def piece(self, type_: str, text: str) -> list[t.Any]:
        """A token that begins at the position; go behind it."""
        lineno = self.lineno
        self.pos += len(text)
        self.lineno += text.count("\n")
        return [(lineno, type_, text)]

    def data(self, type_: str, end: int, kind: str, sign: str) -> list[t.Any]:
        """The text up to a tag, less the white space that the tag takes away."""
        start = self.pos
        [(lineno, _, data)] = self.piece(type_, self.source[start:end])
        if sign == "-":
            data = data.rstrip()
        elif sign != "+" and self.lexer.settings.lstrip_blocks and kind != "variable":
            line = data.rfind("\n") + 1
            line_starts_here = line > 0 or start == 0 or self.source[start - 1] == "\n"
            if line_starts_here and data[line:].isspace():
                data = data[:line]
        return [(lineno, type_, data)] if data else []

    def tag(self, kind: str) -> list[t.Any]:
        """The inside of a tag, up to its end."""
        source, pos, lineno, found = self.source, self.pos, self.lineno, []
        match_token, ending = self.lexer.tag[kind].match, f"{kind}_end"
        brackets: list[str] = []
        type_ = ""
        while type_ != ending and (match := match_token(source, pos)) is not None:
            type_ = match.lastgroup or ""
            start, end = match.span(type_)
            text = source[start:end]
            if type_ == "operator" and text in "()[]{}":
                self.mistake = self.bracket(brackets, text)
                if self.mistake:
                    break
                match_token = (self.lexer.inside if brackets else self.lexer.tag[kind]).match
            if start > pos:
                found.append((lineno, "whitespace", source[pos:start]))
            found.append((lineno, type_, text))
            pos = end
            if type_ not in _ONE_LINE:
                lineno += text.count("\n")
        self.pos, self.lineno = pos, lineno
        if type_ != ending and pos < len(source):
            self.mistake = self.mistake or f"unexpected char {source[pos]!r} at {pos}"
        return found

    def bracket(self, brackets: list[str], text: str) -> str:
        """Keep account of what has to be closed; return what is wrong with that."""
        if text in _CLOSING:
            brackets.append(_CLOSING[text])
            too_deep = f"brackets are nested more than {MOST_NESTED} deep"
            return too_deep if len(brackets) > MOST_NESTED else ""
        wanted = brackets.pop() if brackets else ""
        return "" if wanted == text else f"unexpected '{text}'" + (wanted and f", expected '{wanted}'")
