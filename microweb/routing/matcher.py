"""Matching: a tree of path segments, and three ways through it.

The rule: *the cost of a match follows the depth of the path, not the number of rules*. Each rule is
a way from the root: the domain, then the segments of its path. Literal segments are keys of a
dict; segments with variables are a list of branches, ordered by weight. The first rule of
this order wins: at each node the literal segment is tried before the branches, and a dead end
leads back to the next one. That is Werkzeug's order, and does not depend on the order of
declaration.

1. A path without variables is a key of a dict of whole paths (`Node.paths`).
2. Nearly every other path runs straight down: at each node the first branch is the right one. So
   it is taken unseen, and the rule where it arrives tests and converts all variables in one
   expression (`pattern.values_function`). If they fit, this is the first rule. `Map.find` does both.
3. `Search` is the whole truth: it turns back, knows slashes and what to say when nothing fits. It
   sees each node at most once, whatever the path.

All tables are made by `update`; a matcher that is in use is never changed, but replaced.
"""

from __future__ import annotations

import re

from .converters import ValidationError
from .exceptions import RequestAliasRedirect, RequestPath
from .pattern import PLAIN, Segment, matcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .rules import Rule

    Match = tuple[Rule, dict[str, t.Any]]
    #: The next node if a text of the path fits.
    Step = t.Callable[[str], t.Optional["Node"]]
    Table = dict[t.Optional[str], t.Union[Rule, t.Literal[False]]]


def _step(segment: Segment, node: Node) -> Step:
    match, suffixed = matcher(segment), segment.suffixed

    def step(text: str) -> Node | None:
        found = match(text)
        # A slash at the end is a segment of its own, the empty one, as it is for other rules.
        return node.static[""] if suffixed and found and found["slash"] else found and node

    return step


class Node:
    """A point that rules lead to, or through."""

    __slots__ = ("static", "dynamic", "branches", "only", "rules", "table", "paths")

    def __init__(self) -> None:
        self.static: dict[str, Node] = {}
        self.dynamic: dict[Segment, Node] = {}
        self.rules: list[Rule] = []
        #: Method to rule, None standing for all other methods; False where no quick answer is right.
        self.table: Table = {}
        #: The tables of whole paths without variables, if this is the node of a domain.
        self.paths: dict[str, Table] = {}
        #: The branches in order, with whether they take all the rest of the path.
        self.branches: list[tuple[bool, Step, Node]] = []
        #: Where `Map.find` goes without a look at the text, if there is but one branch.
        self.only: Node | None = None

    def finish(self) -> None:
        """Make the tables that matching reads, from here on."""
        for segment, node in sorted(self.dynamic.items(), key=lambda item: item[0].weight):
            step = _step(segment, node)
            self.branches.append((segment.spanning, step, node))
            if segment.spanning:
                node.only = node  # the rest of the path leads nowhere else
            if len(self.dynamic) == 1 and (segment.regex in PLAIN or not (segment.spanning or step(""))):
                self.only = node
        for rule in self.rules:
            answer: Rule | t.Literal[False] = rule if rule._direct else False
            # A rule with no methods at all is for none, not for all.
            methods = (None,) if rule.methods is None else rule.methods
            for method in () if rule.websocket else methods:
                self.table.setdefault(method, self.table.get(None, answer))
        if False in self.table.values():
            self.table.pop(None, None)
        for node in (*self.static.values(), *self.dynamic.values()):
            node.finish()

    def pick(self, part: str) -> Node | None:
        """Where `Map.find` goes if there is a choice.

        Not for empty text: requests for "//x" are taken as "/x".
        """
        for spanning, step, node in self.branches if part else ():
            if spanning or step(part):
                return node
        return None


class StateMachineMatcher:
    """The tree of all rules of a map."""

    def __init__(self, rules: t.Iterable[Rule] = ()) -> None:
        self.root = Node()
        for rule in rules:
            if rule._parts[2:3] != [""] or len(rule._parts) == 3:  # or else it is for "//x": see `pick`
                self._add(rule)
        self.root.finish()

    def _add(self, rule: Rule) -> None:
        node = self.root
        for part in rule._parts:
            children: dict[t.Any, Node] = node.static if isinstance(part, str) else node.dynamic
            node = children.setdefault(part, Node())
        node.rules.append(rule)
        if not rule._converters:
            domain, *path = map(str, rule._parts)
            self.root.static[domain].paths["/".join(path)] = node.table

    def match(self, domain: str, path: str, method: str, websocket: bool, merge: bool) -> Match | Search:
        """The first rule in the order of weights, and its values.

        A search that has found none is returned: raising would cost as much as searching. Raises
        RequestPath or RequestAliasRedirect if another URL is the right one, with *merge* one that
        has no two slashes in a row.
        """
        search = Search(domain, path, method, websocket)
        rule = search.walk(self.root, 0)
        if rule is None and merge and "//" in path:
            merged = re.sub("/{2,}", "/", path)
            search.parts = [domain, *merged.split("/")]
            other = search.walk(self.root, 0)
            if other is not None and other.merge_slashes:
                raise RequestPath(merged)
        if rule is None:
            return search
        try:
            values = (rule._values or rule._make_values())(search.parts[1:], domain)
        except ValidationError:
            return search
        assert values is not None, "the rule has accepted the path"
        if rule.alias and rule.map.redirect_defaults:
            raise RequestAliasRedirect(values, rule.endpoint)
        return rule, values


class Search:
    """A walk through the tree that turns back at dead ends, and notes what they were."""

    #: Methods of rules that the path fits.
    methods: frozenset[str] = frozenset()
    #: Whether a rule for the other protocol fits.
    websocket_mismatch = False

    def __init__(self, domain: str, path: str, method: str, websocket: bool) -> None:
        self.parts = [domain, *path.split("/")]
        self.method = method
        self.websocket = websocket

    def walk(self, node: Node | None, index: int) -> Rule | None:
        """The first rule from *node* on. Recursion is as deep as rules are, not as paths are."""
        parts, last = self.parts, len(self.parts) - 1
        while node is not None and index < last and not node.branches:  # nothing to come back to
            node, index = node.static.get(parts[index]), index + 1
        if node is None:
            return None
        if index > last:
            return self._accept(node.rules) or self._with_slash(node)
        part = parts[index]
        found = self.walk(node.static.get(part), index + 1)
        for spanning, step, _ in node.branches if found is None else ():
            text, end = ("/".join(parts[index:]), last + 1) if spanning else (part, index + 1)
            found = self.walk(step(text), end)
            if found is not None:
                return found
        if not part and found is None and index == last:
            return self._accept([rule for rule in node.rules if not rule.strict_slashes])
        return found

    def _accept(self, rules: list[Rule]) -> Rule | None:
        """The first rule for the method and the protocol."""
        for rule in rules:
            if rule.methods is not None and self.method not in rule.methods:
                self.methods |= rule.methods
            elif rule.websocket != self.websocket:
                self.websocket_mismatch = True
            else:
                return rule
        return None

    def _with_slash(self, node: Node) -> Rule | None:
        """The rule of the same path with a slash behind it, which is a redirect if it is strict."""
        for rule in node.static[""].rules if "" in node.static else ():
            suits = rule.methods is None or self.method in rule.methods
            if suits and rule.websocket == self.websocket:
                if rule.strict_slashes:
                    raise RequestPath("/".join(self.parts[1:]) + "/")
                return rule
        return None
