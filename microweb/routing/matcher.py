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
3. `search` is the whole truth: it turns back, knows slashes and what to say when nothing fits. It
   keeps its own stack, and sees each node at most once, so that neither deep trees nor long
   paths can hurt it.

All tables are made by `update`; a matcher that is in use is never changed, but replaced.
"""

from __future__ import annotations

import re

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
    #: A place in the tree, the number of the next segment, and the values so far.
    Place = tuple["Node", int, list[str]]

# -- branches: a step is a closure, as small as what it has to test


def _word(node: Node) -> Step:
    def step(text: str, values: list[str]) -> Node | None:
        if not text:
            return None
        values.append(text)
        return node

    return step


def _digits(node: Node) -> Step:
    def step(text: str, values: list[str]) -> Node | None:
        if not (text.isdigit() and text.isascii()):
            return None
        values.append(text)
        return node

    return step


def _rest(node: Node) -> Step:
    def step(text: str, values: list[str]) -> Node | None:
        if not text or text[0] == "/" or "\n" in text:
            return None
        values.append(text)
        return node

    return step


#: The regexes of the commonest converters, and what tests the same without a regex.
_PLAIN_STEPS = {
    r"(?P<arg0>[^/]{1,})\Z": _word,
    r"(?P<arg0>[^/]+)\Z": _word,
    r"(?P<arg0>[0-9]+)\Z": _digits,
    r"(?P<arg0>[^/].*?)\Z": _rest,
}


def _regex(segment: Segment, node: Node) -> Step:
    match, names, limit = re.compile(segment.regex).match, segment.names, segment.limit
    suffixed = segment.suffixed

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


class Branch:
    """A segment with variables, and the way to the node behind it."""

    __slots__ = ("node", "spanning", "step", "weight")

    def __init__(self, segment: Segment, node: Node) -> None:
        self.node = node
        self.weight = segment.weight
        self.spanning = segment.spanning
        plain = _PLAIN_STEPS.get(segment.regex)
        self.step = _regex(segment, node) if plain is None else plain(node)

    def follow(self, parts: list[str], index: int, values: list[str]) -> Place | None:
        """Where the branch leads from *index* on, None if it does not fit."""
        end = len(parts) if self.spanning else index + 1
        found = values[:]
        node = self.step("/".join(parts[index:end]), found)
        return None if node is None else (node, end, found)


class Node:
    """A point that rules lead to, or through."""

    __slots__ = ("static", "dynamic", "branches", "step", "tail", "rules", "table")

    def __init__(self) -> None:
        self.static: dict[str, Node] = {}
        self.dynamic: dict[t.Any, Branch] = {}
        self.branches: list[Branch] = []
        self.step: Step = _first([])
        self.tail: Branch | None = None
        self.rules: list[Rule] = []
        self.table: Table = {}

    def child(self, part: str | Segment) -> Node:
        """The node behind *part*, made if there is none."""
        if isinstance(part, str):
            return self.static.setdefault(part, Node())
        branch = self.dynamic.get(part.key)
        if branch is None:
            branch = self.dynamic[part.key] = Branch(part, Node())
        return branch.node

    def finish(self) -> None:
        """Make the tables that matching reads."""
        self.branches = sorted(self.dynamic.values(), key=lambda branch: branch.weight)
        steps = []
        for branch in self.branches:
            if branch.spanning:
                self.tail = branch
                break
            steps.append(branch.step)
        self.step = _first(steps)
        self.table = {}
        for rule in self.rules:
            if not rule.websocket:
                answer: Rule | t.Literal[False] = rule if rule._direct else False
                for method in (None,) if rule.methods is None else rule.methods:
                    self.table.setdefault(method, self.table.get(None, answer))


class Lane:
    """The quick ways through the rules of one domain. None means: ask `search`."""

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
                child = node.tail.step("/".join([part, *parts]), texts)
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
            node = node.child(part)
        node.rules.append(rule)

    def update(self) -> None:
        """Make the tables, once all rules are there."""
        for domain, node in self.root.static.items():
            self.lanes[domain] = Lane(node)
        pending = [self.root]
        while pending:
            node = pending.pop()
            node.finish()
            pending += node.static.values()
            pending += [branch.node for branch in node.branches]
            for rule in node.rules:
                self._add_path(rule, node)

    def _add_path(self, rule: Rule, node: Node) -> None:
        domain, *parts = rule._parts
        path = "/".join([part for part in parts if isinstance(part, str)])
        varies = any(isinstance(part, Segment) for part in rule._parts)
        # Requests for "//x" are taken as "/x": a rule for it is never matched.
        if isinstance(domain, str) and not varies and path[:2] != "//":
            self.lanes[domain].paths[path] = node.table

    def match(self, domain: str, path: str, method: str, websocket: bool = False) -> Match:
        """The first rule in the order of weights, and its values.

        Raises NoMatch, or RequestPath or RequestAliasRedirect if another URL is the right one.
        """
        search = _Search(self.root, domain, method, websocket)
        found = search.run(path)
        if found is None:
            merged = re.sub("/{2,}", "/", path)
            if self.merge_slashes and merged != path:
                found = search.run(merged)
            if found is None or not found[0].merge_slashes:
                raise search.failure
            raise RequestPath(merged)
        rule, texts = found
        try:
            values = rule._values(texts)
        except ValidationError as error:
            raise search.failure from error
        if rule.alias and rule.map.redirect_defaults:
            raise RequestAliasRedirect(values, rule.endpoint)
        return rule, values


class _Search:
    """A walk through the tree that turns back at dead ends, and notes what they were."""

    def __init__(self, root: Node, domain: str, method: str, websocket: bool) -> None:
        self.root = root
        self.domain = domain
        self.method = method
        self.websocket = websocket
        self.failure = NoMatch(set(), False)

    def run(self, path: str) -> tuple[Rule, list[str]] | None:
        """The first rule and the texts of its variables, None if no rule fits."""
        parts = [self.domain, *path.split("/")]
        end = len(parts)
        stack: list[t.Iterator[Place]] = [iter([(self.root, 0, [])])]
        while stack:
            place = next(stack[-1], None)
            if place is None:
                stack.pop()
            elif place[1] < end:
                stack.append(self._onward(place, parts))
            else:
                rule = self._arrived(place, end, path)
                if rule is not None:
                    return rule, place[2]
        return None

    def _onward(self, place: Place, parts: list[str]) -> t.Iterator[Place]:
        """The places to try from one, best first."""
        node, index, values = place
        part = parts[index]
        child = node.static.get(part)
        if child is not None:
            yield child, index + 1, values
        for branch in node.branches:
            further = branch.follow(parts, index, values)
            if further is not None:
                yield further
        if not part and index + 1 == len(parts):
            # A slash too many: beyond the end are the rules that do not mind.
            yield node, len(parts) + 1, values

    def _arrived(self, place: Place, end: int, path: str) -> Rule | None:
        node, index, _ = place
        if index > end:
            return self._accept([rule for rule in node.rules if not rule.strict_slashes])
        return self._accept(node.rules) or self._with_slash(node, path)

    def _accept(self, rules: list[Rule]) -> Rule | None:
        """The first rule for the method and the protocol."""
        for rule in rules:
            if rule.methods is not None and self.method not in rule.methods:
                self.failure.have_match_for.update(rule.methods)
            elif rule.websocket != self.websocket:
                self.failure.websocket_mismatch = True
            else:
                return rule
        return None

    def _with_slash(self, node: Node, path: str) -> Rule | None:
        """The rule of the same path with a slash behind it, which is a redirect if it is strict."""
        slashed = node.static.get("")
        for rule in () if slashed is None else slashed.rules:
            if rule.websocket == self.websocket and (rule.methods is None or self.method in rule.methods):
                if rule.strict_slashes:
                    raise RequestPath(f"{path}/")
                return rule
        return None
