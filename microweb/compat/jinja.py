"""Names that only programs written for Jinja use; the engine has no need of them."""

from __future__ import annotations

import re
from collections import OrderedDict, UserDict

from ..templates.checks import TESTS
from ..templates.environment import Environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


# Jinja's defaults are constants of a module, and its tests are functions of one.
globals().update((name.upper(), value) for name, value in Environment.defaults.items())
globals().update((f"test_{name}", test) for name, test in TESTS.items())

newline_re = re.compile(r"\r\n|\r|\n")


def count_newlines(value: str) -> int:
    """Count line ends of any kind; for extensions that filter a stream."""
    return len(newline_re.findall(value))


class NodeVisitor:
    """Walks a tree of nodes: a `visit_Name` method gets each `Name`, and decides itself about those below."""

    def visit(self, node: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Call the method for this type of node."""
        visit = getattr(self, f"visit_{type(node).__name__}", self.generic_visit)
        return visit(node, *args, **kwargs)

    def generic_visit(self, node: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Visit the children."""
        for child in node.iter_child_nodes():
            self.visit(child, *args, **kwargs)


def consume(iterable: t.Iterable[t.Any]) -> None:
    """Run an iterable to its end."""
    for _ in iterable:
        pass


class LRUCache(UserDict):  # type: ignore[type-arg]
    """A mapping of limited size that forgets what was used longest ago.

    Safe among threads without a lock: each operation of an OrderedDict is atomic, and a race costs at
    worst an order that is slightly off. Iterates from the most recently used; that is no use.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.data: OrderedDict[t.Any, t.Any] = OrderedDict()

    def __getitem__(self, key: t.Any) -> t.Any:
        value = self.data[key]
        self[key] = value
        return value

    def __setitem__(self, key: t.Any, value: t.Any) -> None:
        self.data.pop(key, None)
        self.data[key] = value
        while len(self.data) > self.capacity:
            self.data.popitem(last=False)

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter([*self.data][::-1])

    def __reversed__(self) -> t.Iterator[t.Any]:
        return iter([*self.data])

    def items(self) -> t.Any:
        """The pairs, most recently used first."""
        return [*self.data.items()][::-1]

    def values(self) -> t.Any:
        """The values, most recently used first."""
        return [value for _, value in self.items()]

    def keys(self) -> t.Any:
        """The keys, most recently used first."""
        return [*self]

    copy = UserDict.__copy__

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {dict(self.data)!r}>"
