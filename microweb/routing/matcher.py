"""Matching: a tree of path segments, and three ways through it.

The rule: *the cost of a match follows the depth of the path, not the number of rules*. Each rule is
a way from the root: the domain, then the segments of its path. Literal segments are keys of a
dict; segments with variables are a list of branches, ordered by weight. The first rule of
this order wins: at each node the literal segment is tried before the branches, and a dead end
leads back to the next one. That is Werkzeug's order, and does not depend on the order of
declaration.

1. A path without variables is a key of a dict of whole paths (`Lane.paths`).
2. Nearly every other path runs straight down: at each node the first branch that fits is the right
   one (`Lane.straight`). It answers only if it arrives, as then it has found the first rule.
3. `Search` is the whole truth: it turns back, knows slashes and what to say when nothing fits. It
   sees each node at most once, whatever the path.

All tables are made by `update`; a matcher that is in use is never changed, but replaced.
"""

from __future__ import annotations

import re
from itertools import takewhile

from .converters import ValidationError
from .exceptions import NoMatch, RequestAliasRedirect, RequestPath
from .pattern import Segment

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .rules import Rule

    #: Method to rule, None standing for all other methods; False where no quick answer is right.
    Table = dict[t.Optional[str], t.Union[Rule, t.Literal[False]]]
    Match = tuple[Rule, dict[str, t.Any]]
    #: Takes a segment of the path; the next node if it fits, to whose values it then adds.
    Step = t.Callable[[str, list[str]], t.Optional["Node"]]
    #: A rule, and the texts of its variables.
    Found = tuple[Rule, list[str]]

#: The regexes of the commonest converters, and what tests the same without a regex.
_PLAIN: dict[str, t.Callable[[str], bool]] = {
    r"(?P<arg0>[^/]{1,})\Z": bool,
    r"(?P<arg0>[^/]+)\Z": bool,
    r"(?P<arg0>[0-9]+)\Z": lambda text: text.isdigit() and text.isascii(),
    # A dot matches no line break, so that one may only be the first character.
    r"(?P<arg0>[^/].*?)\Z": lambda text: text[:1] not in "/" and text.find("\n", 1) < 0,
}

#: Several unbounded converters in one segment cost a power of the text's length when they nearly
#: match (n^2 for two, n^3 for three...), so the more there are, the shorter the text that is tried:
#: 1024 characters, or 4096 of all the rest of a path. One alone is linear and needs no limit.
_LIMITS = {1: (None, None), 2: (1024, 4096), 3: (1024, 1024)}
_MANY_LIMITS = (256, 256)


def _step(segment: Segment, node: Node) -> Step:
    """A branch as a closure, as small as what it has to test."""
    fits = _PLAIN.get(segment.regex)
    if fits is not None:

        def plain_step(text: str, values: list[str]) -> Node | None:
            if not fits(text):
                return None
            values.append(text)
            return node

        return plain_step

    match, suffixed = re.compile(segment.regex).match, segment.suffixed
    names = [f"arg{index}" for index in range(segment.count)]
    limit = _LIMITS.get(segment.count, _MANY_LIMITS)[segment.spanning]

    def step(text: str, values: list[str]) -> Node | None:
        found = None if limit is not None and len(text) > limit else match(text)
        if found is None:
            return None
        values += [found[name] for name in names]
        # A slash at the end is a segment of its own, the empty one, as it is for other rules.
        return node.static[""] if suffixed and found["slash"] else node

    return step


def _first(steps: list[Step]) -> Step:
    if len(steps) == 1:
        return steps[0]

    def step(text: str, values: list[str]) -> Node | None:
        for each in steps:
            node = each(text, values)
            if node is not None:
                return node
        return None

    return step


class Node:
    """A point that rules lead to, or through."""

    __slots__ = ("static", "dynamic", "branches", "step", "tail", "rules", "table")

    def __init__(self) -> None:
        self.static: dict[str, Node] = {}
        self.dynamic: dict[Segment, Node] = {}
        self.rules: list[Rule] = []
        self.table: Table = {}
        #: The branches in order, with whether they take all the rest of the path.
        self.branches: list[tuple[bool, Step]] = []
        #: What `Lane.straight` tries: those before the first that does, and that one.
        self.step: Step = _first([])
        self.tail: Step | None = None

    def finish(self) -> None:
        """Make the tables that matching reads."""
        ranked = sorted(self.dynamic.items(), key=lambda item: item[0].weight)
        self.branches = [(segment.spanning, _step(segment, node)) for segment, node in ranked]
        short = [step for _, step in takewhile(lambda branch: not branch[0], self.branches)]
        self.step = _first(short)
        self.tail = self.branches[len(short)][1] if len(short) < len(self.branches) else None
        for rule in self.rules:
            answer: Rule | t.Literal[False] = rule if rule._direct else False
            for method in () if rule.websocket else rule.methods or (None,):
                self.table.setdefault(method, self.table.get(None, answer))


class Lane:
    """The quick ways through the rules of one domain. None means: search."""

    __slots__ = ("paths", "root")

    def __init__(self, root: Node) -> None:
        self.root = root
        #: Whole paths of rules without variables.
        self.paths: dict[str, Table] = {}

    def find(self, path: str, method: str) -> Match | None:
        """The rule for a plain HTTP request, if it is plain to see."""
        table = self.paths.get(path)
        if table is None:
            return self.straight(path, method)
        rule = table.get(method)
        if rule is None:
            rule = table.get(None)
        if not rule:
            return None
        return rule, dict(rule.defaults) if rule.defaults else {}

    def straight(self, path: str, method: str) -> Match | None:
        """The same for paths with variables: down the tree, and never back."""
        if path[1:2] == "/":
            return None
        node = self.root
        texts: list[str] = []
        parts = iter(path.split("/"))
        for part in parts:
            child = node.static.get(part) or node.step(part, texts)
            if child is None and node.tail is not None:
                child = node.tail("/".join([part, *parts]), texts)
            if child is None:
                return None
            node = child
        rule = node.table.get(method)
        if rule is None:
            rule = node.table.get(None)
        try:
            return (rule, rule._values(texts)) if rule else None
        except ValueError:
            return None  # perhaps a ValidationError, perhaps an error in a converter: search tells


class StateMachineMatcher:
    """The tree of all rules of a map."""

    def __init__(self, merge_slashes: bool) -> None:
        self.merge_slashes = merge_slashes
        self.root = Node()
        #: Domain to lane, for domains without variables.
        self.lanes: dict[str, Lane] = {}

    def add(self, rule: Rule) -> None:
        """Put a rule into the tree."""
        node = self.root
        for part in rule._parts:
            children: dict[t.Any, Node] = node.static if isinstance(part, str) else node.dynamic
            node = children.setdefault(part, Node())
        node.rules.append(rule)

    def update(self) -> None:
        """Make the tables, once all rules are there."""
        self.lanes = {domain: Lane(node) for domain, node in self.root.static.items()}
        pending = [self.root]
        while pending:
            node = pending.pop()
            node.finish()
            pending += [*node.static.values(), *node.dynamic.values()]
            for rule in node.rules:
                domain, *path = [part for part in rule._parts if isinstance(part, str)]
                # Requests for "//x" are taken as "/x": a rule for it is never matched.
                if len(path) + 1 == len(rule._parts) and (path[1] or len(path) == 2):
                    self.lanes[domain].paths["/".join(path)] = node.table

    def match(self, domain: str, path: str, method: str, websocket: bool = False) -> Match:
        """The first rule in the order of weights, and its values.

        Raises NoMatch, or RequestPath or RequestAliasRedirect if another URL is the right one.
        """
        found = self.search(domain, path, method, websocket)
        if isinstance(found, Search):
            raise NoMatch(found.have_match_for, found.websocket_mismatch)
        return found

    def search(self, domain: str, path: str, method: str, websocket: bool) -> Match | Search:
        """The same, but a failed search is returned: raising costs as much as searching."""
        search = Search(domain, method, websocket)
        found = search.run(self.root, path)
        if found is None and self.merge_slashes and "//" in path:
            merged = re.sub("/{2,}", "/", path)
            found = search.run(self.root, merged)
            if found is not None and found[0].merge_slashes:
                raise RequestPath(merged)
            return search
        if found is None:
            return search
        rule, texts = found
        try:
            values = rule._values(texts)
        except ValidationError:
            return search
        if rule.alias and rule.map.redirect_defaults:
            raise RequestAliasRedirect(values, rule.endpoint)
        return rule, values


class Search:
    """A walk through the tree that turns back at dead ends, and notes what they were."""

    def __init__(self, domain: str, method: str, websocket: bool) -> None:
        self.domain = domain
        self.method = method
        self.websocket = websocket
        #: Methods of rules that the path fits.
        self.have_match_for: set[str] = set()
        self.websocket_mismatch = False

    def run(self, root: Node, path: str) -> Found | None:
        """The first rule for *path* and the texts of its variables."""
        self.path = path
        self.parts = [self.domain, *path.split("/")]
        return self._walk(root, 0, [])

    def _walk(self, node: Node, index: int, texts: list[str]) -> Found | None:
        """The first rule from *node* on. Recursion is as deep as rules are, not as paths are."""
        parts = self.parts
        if index == len(parts):
            return self._accept(node.rules, texts) or self._with_slash(node, texts)
        child = node.static.get(parts[index])
        found = None if child is None else self._walk(child, index + 1, texts)
        for spanning, step in node.branches if found is None else ():
            end = len(parts) if spanning else index + 1
            values = texts[:]
            child = step("/".join(parts[index:end]), values)
            found = None if child is None else self._walk(child, end, values)
            if found is not None:
                break
        if found is None and not parts[index] and index + 1 == len(parts):
            return self._accept([rule for rule in node.rules if not rule.strict_slashes], texts)
        return found

    def _accept(self, rules: list[Rule], texts: list[str]) -> Found | None:
        """The first rule for the method and the protocol."""
        for rule in rules:
            if rule.methods is not None and self.method not in rule.methods:
                self.have_match_for.update(rule.methods)
            elif rule.websocket != self.websocket:
                self.websocket_mismatch = True
            else:
                return rule, texts
        return None

    def _with_slash(self, node: Node, texts: list[str]) -> Found | None:
        """The rule of the same path with a slash behind it, which is a redirect if it is strict."""
        for rule in node.static[""].rules if "" in node.static else ():
            suits = rule.methods is None or self.method in rule.methods
            if suits and rule.websocket == self.websocket:
                if rule.strict_slashes:
                    raise RequestPath(f"{self.path}/")
                return rule, texts
        return None
