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

from .errors import TemplateSyntaxError
from .utils import LRUCache, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    from .environment import Environment

    RawToken = tuple[int, str, str]

operators = {
    "+": "add", "-": "sub", "/": "div", "//": "floordiv", "*": "mul", "%": "mod", "**": "pow",
    "~": "tilde", "[": "lbracket", "]": "rbracket", "(": "lparen", ")": "rparen", "{": "lbrace",
    "}": "rbrace", "==": "eq", "!=": "ne", ">": "gt", ">=": "gteq", "<": "lt", "<=": "lteq",
    "=": "assign", ".": "dot", ":": "colon", "|": "pipe", ",": "comma", ";": "semicolon",
}  # fmt: skip

#: How messages call the token types that are not operators.
_DESCRIPTIONS = {
    "comment_begin": "begin of comment", "comment_end": "end of comment", "comment": "comment",
    "linecomment": "comment", "block_begin": "begin of statement block",
    "block_end": "end of statement block", "variable_begin": "begin of print statement",
    "variable_end": "end of print statement", "data": "template data / text",
    "linestatement_begin": "begin of line statement", "eof": "end of template",
    "linestatement_end": "end of line statement",
}  # fmt: skip
_DESCRIPTIONS.update((type_, sign) for sign, type_ in operators.items())

#: What the parser never sees; `Environment.lex` shows it.
_IGNORED = frozenset(
    words(
        "whitespace comment_begin comment comment_end raw_begin raw_end linecomment_begin linecomment"
        " linecomment_end"
    )
)

# Extensions import the types of tokens as constants: TOKEN_NAME, TOKEN_BLOCK_BEGIN, ...
for _type in (*_DESCRIPTIONS, *_IGNORED, *words("name string integer float operator initial")):
    globals()[f"TOKEN_{_type.upper()}"] = _type

newline_re = re.compile(r"\r\n|\r|\n")

_CLOSING = {"(": ")", "[": "]", "{": "}"}

_TOKENS = r"""
    (?P<whitespace>\s+)
  | (?P<float>
        (?<!\.)(?:\d+_)*\d+                         # not the 2.3 of a.1.2.3
        (?: (?:\.(?:\d+_)*\d+)? [eE][+\-]?(?:\d+_)*\d+ | \.(?:\d+_)*\d+ )
    )
  | (?P<integer>
        0[bB](?:_?[01])+ | 0[oO](?:_?[0-7])+ | 0[xX](?:_?[\da-fA-F])+ | [1-9](?:_?\d)* | 0(?:_?0)*
    )
    # Some characters of identifiers are no \w; what is none after all is found by isidentifier().
  | (?P<name>(?:\w|(?!%(end)s)[^\x00-\x7f\s])+)
  | (?P<string>'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")
  | (?P<operator>%(operators)s)
"""


def describe_token(token: Token) -> str:
    """Name a token for a message: its text if it is a name, else its kind."""
    return str(token.value) if token.type == "name" else _DESCRIPTIONS.get(token.type, token.type)


def describe_token_expr(expr: str) -> str:
    """Name what `Token.test` was asked for: "name:endif" is endif, "rparen" is )."""
    type_, _, value = expr.partition(":")
    return value if type_ == "name" and value else _DESCRIPTIONS.get(type_, type_)


def count_newlines(value: str) -> int:
    """Count line ends of any kind; for extensions that filter a stream."""
    return len(newline_re.findall(value))


class Token(namedtuple("Token", "lineno type value")):
    """One token; `value` is text, or the number that an integer or float token stands for."""

    __slots__ = ()

    def __str__(self) -> str:
        return describe_token(self)

    def test(self, expr: str) -> bool:
        """Is the token of this type, or of this "type:value"?"""
        if self.type == expr:
            return True
        return ":" in expr and expr == f"{self.type}:{self.value}"

    def test_any(self, *iterable: str) -> bool:
        """Does any of these `test` expressions hold?"""
        return any(map(self.test, iterable))


class TokenStream:
    """Tokens with a `current` one and any look-ahead; `next(stream)` moves on, returns the old."""

    def __init__(self, generator: c.Iterable[Token], name: str | None, filename: str | None) -> None:
        self._iter = iter(generator)
        self._pushed: deque[Token] = deque()
        self.name = name
        self.filename = filename
        self.closed = False
        self.current = Token(1, "initial", "")
        next(self)

    def __iter__(self) -> c.Iterator[Token]:
        while self.current.type != "eof":
            yield next(self)
        self.close()

    def __bool__(self) -> bool:
        return bool(self._pushed) or self.current.type != "eof"

    @property
    def eos(self) -> bool:
        """Is this the end of the stream?"""
        return not self

    def __next__(self) -> Token:
        token = self.current
        if self._pushed:
            self.current = self._pushed.popleft()
        elif token.type != "eof":
            try:
                self.current = next(self._iter)
            except StopIteration:
                self.close()
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
        self._iter = iter(())
        self.closed = True

    def expect(self, expr: str) -> Token:
        """Move on and return the token, which must pass the test."""
        token = self.current
        if token.type != expr and not token.test(expr):
            wanted = describe_token_expr(expr)
            if token.type == "eof":
                message = f"unexpected end of template, expected {wanted!r}."
            else:
                message = f"expected token {wanted!r}, got {describe_token(token)!r}"
            raise TemplateSyntaxError(message, token.lineno, self.name, self.filename)
        return next(self)


#: Environments with the same delimiters share one lexer.
_lexers = LRUCache(50)

_SETTINGS = words(
    "block_start_string block_end_string variable_start_string variable_end_string"
    " comment_start_string comment_end_string line_statement_prefix line_comment_prefix"
    " trim_blocks lstrip_blocks newline_sequence keep_trailing_newline"
)


def get_lexer(environment: Environment) -> Lexer:
    """Return the lexer for an environment's delimiters and whitespace rules."""
    key = tuple(getattr(environment, name) for name in _SETTINGS)
    lexer: Lexer | None = _lexers.get(key)
    if lexer is None:
        _lexers[key] = lexer = Lexer(environment)
    return lexer


class Lexer:
    """The regular expressions for one set of delimiters, and the loop that applies them."""

    def __init__(self, environment: Environment) -> None:
        self.lstrip_blocks = environment.lstrip_blocks
        self.newline_sequence = environment.newline_sequence
        self.keep_trailing_newline = environment.keep_trailing_newline

        start = re.escape(environment.block_start_string)
        end = re.escape(environment.block_end_string)
        variable_end = re.escape(environment.variable_end_string)
        comment_end = re.escape(environment.comment_end_string)
        # {% x -%} eats all space that follows, {% x +%} none, {% x %} a newline if trimming is on.
        newline = "\\n?" if environment.trim_blocks else ""
        block_ends = rf"\+{end}|-{end}\s*|{end}{newline}"

        self.root = self._compile("|".join(self._openings(environment, start, end)))
        self.comment_end = self._compile(rf"\+{comment_end}|-{comment_end}\s*|{comment_end}{newline}")
        self.raw_end = self._compile(rf"{start}([-+]?)\s*endraw\s*(?:{block_ends})")
        self.line_end = self._compile(r"(?=\n|$)")
        signs = "|".join(map(re.escape, sorted(operators, key=len, reverse=True)))
        tokens = _TOKENS % {"end": f"(?:{end}|{variable_end})", "operators": signs}
        # Between brackets "}}" closes two of them, so there the end is not looked for.
        self.inside = self._compile(tokens)
        self.tag = {
            "block_begin": self._compile(rf"(?P<block_end>{block_ends})|{tokens}"),
            "variable_begin": self._compile(rf"(?P<variable_end>-{variable_end}\s*|{variable_end})|{tokens}"),
            "linestatement_begin": self._compile(rf"(?P<linestatement_end>\s*(?:\n|$))|{tokens}"),
        }

    @staticmethod
    def _compile(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, re.M | re.S | re.X)

    @staticmethod
    def _openings(environment: Environment, start: str, end: str) -> c.Iterator[str]:
        """What ends text: one pattern a kind of tag, each followed by the group of its sign."""
        yield rf"(?P<raw_begin>{start}([-+]?)\s*raw\s*(?:-{end}\s*|{end}))"
        rules = [
            ("comment_begin", environment.comment_start_string, ""),
            ("block_begin", environment.block_start_string, ""),
            ("variable_begin", environment.variable_start_string, ""),
            ("linestatement_begin", environment.line_statement_prefix, r"^[ \t\v]*"),
            ("linecomment_begin", environment.line_comment_prefix, r"(?:^|(?<=\S))[^\S\r\n]*"),
        ]
        known = [rule for rule in rules if rule[1] is not None]
        # The longest first, so that "<%=" for variables wins over "<%" for blocks.
        known.sort(key=lambda rule: (len(rule[1] or ""), rule[0], rule[2]), reverse=True)
        for type_, text, before in known:
            yield f"(?P<{type_}>{before}{re.escape(text or '')}([-+]?))"

    def tokenize(
        self, source: str, name: str | None = None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        """Return the tokens that the parser wants, their values converted."""
        raw = self.tokeniter(source, name, filename, state)
        return TokenStream(self.wrap(raw, name, filename), name, filename)

    def wrap(
        self, stream: c.Iterable[RawToken], name: str | None = None, filename: str | None = None
    ) -> c.Iterator[Token]:
        """Turn raw tokens into `Token` objects with Python values."""
        new = tuple.__new__  # what Token() does, by a detour
        for lineno, type_, text in stream:
            if type_ in _IGNORED:
                continue
            value: t.Any = text
            if type_ in _CONVERT:
                if self.newline_sequence != "\n":  # the one that tokeniter has left
                    text = text.replace("\n", self.newline_sequence)
                try:
                    value = _CONVERT[type_](text)
                except ValueError as error:
                    message = str(error).split(":")[-1].strip()
                    raise TemplateSyntaxError(message, lineno, name, filename) from error
            elif type_ == "operator":
                type_ = operators[text]
            elif type_.startswith("linestatement"):
                type_ = type_.replace("linestatement", "block")
            yield new(Token, (lineno, type_, value))

    def tokeniter(
        self, source: str, name: str | None = None, filename: str | None = None, state: str | None = None
    ) -> c.Iterator[RawToken]:
        """Yield every token, even white space and comments, as (line, type, text)."""
        source = newline_re.sub("\n", source)
        if not self.keep_trailing_newline and source.endswith("\n"):
            source = source[:-1]
        scan = _Scan(self, source, name, filename)
        if state is not None and state != "root":
            yield from scan.tokens(f"{state}_begin")
        yield from scan.text()


def _unquote(text: str) -> str:
    if "\\" not in text:
        return text[1:-1]
    return text[1:-1].encode("ascii", "backslashreplace").decode("unicode-escape")


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise ValueError("Invalid character in identifier")
    return text


_CONVERT: dict[str, c.Callable[[str], t.Any]] = {
    "data": str,
    "name": _identifier,
    "string": _unquote,
    "integer": lambda text: int(text.replace("_", ""), 0),
    "float": lambda text: float(text.replace("_", "")),
}


class _Scan:
    """One pass over one source: a position, a line number, and a generator for each state."""

    def __init__(self, lexer: Lexer, source: str, name: str | None, filename: str | None) -> None:
        self.lexer = lexer
        self.source = source
        self.name = name
        self.filename = filename
        self.pos = 0
        self.lineno = 1

    def fail(self, message: str) -> t.NoReturn:
        raise TemplateSyntaxError(message, self.lineno, self.name, self.filename)

    def advance(self, end: int) -> None:
        self.lineno += self.source.count("\n", self.pos, end)
        self.pos = end

    def text(self) -> c.Iterator[RawToken]:
        """The outermost state: text, and what follows each opening delimiter."""
        search, source = self.lexer.root.search, self.source
        while (match := search(source, self.pos)) is not None:
            type_ = match.lastgroup or ""
            # Each opening is a named group around the unnamed one that has its sign.
            data = self.data(match.start(), type_, match.group((match.lastindex or 0) + 1))
            if data:
                yield self.lineno, "data", data
            self.advance(match.start())
            yield self.lineno, type_, match.group()
            self.advance(match.end())
            if type_ in self.lexer.tag:
                yield from self.tokens(type_)
            else:
                yield from self.until_end(type_)
        if self.pos < len(source):
            yield self.lineno, "data", source[self.pos :]

    def data(self, end: int, type_: str, sign: str) -> str:
        """The text up to a tag, less the white space that the tag takes away."""
        source, start = self.source, self.pos
        data = source[start:end]
        if sign == "-":
            return data.rstrip()
        if sign != "+" and self.lexer.lstrip_blocks and type_ != "variable_begin":
            line = data.rfind("\n") + 1
            line_starts_here = line > 0 or start == 0 or source[start - 1] == "\n"
            if line_starts_here and data[line:].isspace():
                return data[:line]
        return data

    def tokens(self, type_: str) -> c.Iterator[RawToken]:
        """The inside of a tag, up to its end."""
        source, inside = self.source, self.lexer.inside.match
        outside = match_token = self.lexer.tag[type_].match
        ending = type_.replace("begin", "end")
        brackets: list[str] = []
        while (match := match_token(source, self.pos)) is not None:
            kind, text = match.lastgroup or "", match.group()
            if kind == "name":
                yield self.lineno, kind, text
                self.pos = match.end()
                continue
            if kind == "operator":
                if text in _CLOSING:
                    brackets.append(_CLOSING[text])
                elif text in ")]}":
                    self.close_bracket(brackets, text)
                match_token = inside if brackets else outside
                yield self.lineno, kind, text
                self.pos = match.end()
                continue
            yield self.lineno, kind, text
            self.advance(match.end())
            if kind == ending:
                return
        if self.pos < len(source):
            self.fail(f"unexpected char {source[self.pos]!r} at {self.pos}")

    def close_bracket(self, brackets: list[str], text: str) -> None:
        if not brackets:
            self.fail(f"unexpected '{text}'")
        expected = brackets.pop()
        if expected != text:
            self.fail(f"unexpected '{text}', expected '{expected}'")

    def until_end(self, type_: str) -> c.Iterator[RawToken]:
        """A comment or raw section: text up to the first match of its end."""
        lexer = self.lexer
        end_re, inner, problem = {
            "comment_begin": (lexer.comment_end, "comment", "Missing end of comment tag"),
            "raw_begin": (lexer.raw_end, "data", "Missing end of raw directive"),
            "linecomment_begin": (lexer.line_end, "linecomment", ""),
        }[type_]
        match = end_re.search(self.source, self.pos)
        if match is None:
            # An opening at the very end of the template is let pass, as Jinja does.
            if self.pos < len(self.source):
                self.fail(problem)
            return
        text = self.source[self.pos : match.start()]
        if inner == "data":
            text = self.data(match.start(), type_, match.group(1))
        if text:
            yield self.lineno, inner, text
        self.advance(match.start())
        yield self.lineno, type_.replace("begin", "end"), match.group()
        self.advance(match.end())
