"""Which variable does a name mean? Settled for a whole body before any code for it exists.

The rule: each body with variables of its own (the template, a block, a loop, a macro, ...) has a
`Scope`. Scanning the body gives every name in it an identifier, `l_<level>_<name>`, and says
where its first value comes from:

- "param": whoever enters the scope sets it: a call, or the loop that binds its target;
- "alias": it starts as the same name of an outer scope and may then be assigned here;
- "missing": it has no value until it is assigned;
- "resolve": it is asked of the context. That happens where the function begins, not where the
  scope does, so that a loop does not ask again for every item.

A name that an outer scope knows needs nothing: Python's own closures find it.

>>> scope = Scope()
>>> scope.scan([nodes.Assign(nodes.Name("a", "store"), nodes.Name("b", "load"))])
>>> scope.refs
{'b': 'l_0_b', 'a': 'l_0_a'}
>>> scope.loads
{'l_0_b': ('resolve', 'b'), 'l_0_a': ('missing', None)}
"""

from __future__ import annotations

from . import nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c

#: Names that mean something only where nothing else was assigned to them.
SPECIAL = frozenset(["self", "super", "loop", "caller", "varargs", "kwargs"])

#: Which fields of a statement belong to the scope around it; the others have scopes of their own.
#: What a macro defaults to is evaluated when it is called, so in the macro's scope.
_OUTER_FIELDS: dict[type[nodes.Node], tuple[str, ...]] = {
    nodes.For: ("iter",),
    nodes.CallBlock: ("call",),
    nodes.FilterBlock: (),
    nodes.With: ("values",),
    nodes.Macro: (),
    nodes.AssignBlock: ("target",),
    nodes.OverlayScope: ("context",),
    nodes.Scope: (),
    nodes.Block: (),
    nodes.Assign: ("node", "target"),  # in the order of evaluation
}


class Scope:
    """The names of one body; `function` says that its code is a Python function of its own."""

    def __init__(self, parent: Scope | None = None, function: bool = False) -> None:
        self.parent = parent
        #: From here outwards, as names are looked up.
        self.chain: tuple[Scope, ...] = (self,) if parent is None else (self, *parent.chain)
        self.level: int = 0 if parent is None else parent.level + 1
        self.function = function or parent is None
        self.refs: dict[str, str] = {}
        self.loads: dict[str, tuple[str, str | None]] = {}
        self.stores: set[str] = set()

    # -- looking up

    def find_ref(self, name: str) -> str | None:
        """The identifier that `name` has here, or None."""
        for scope in self.chain:
            if name in scope.refs:
                return scope.refs[name]
        return None

    def ref(self, name: str) -> str:
        """The identifier of a name that has been scanned, or is asked of the context now."""
        self.load(name)
        return self.find_ref(name) or ""

    def is_param(self, ident: str) -> bool:
        """Does this identifier always have a value?"""
        for scope in self.chain:
            if ident in scope.loads:
                return scope.loads[ident][0] == "param"
        return False

    def all_stores(self) -> dict[str, str]:
        """All that has been assigned here and around, name to identifier: the local variables."""
        names = dict.fromkeys(name for scope in self.chain for name in sorted(scope.stores))
        return {name: self.ref(name) for name in names}

    # -- defining

    def _define(self, name: str, kind: str, source: str | None = None, ident: str | None = None) -> str:
        self.refs[name] = ident = ident or f"l_{self.level}_{name}"
        self.loads[ident] = kind, source
        return ident

    def declare_parameter(self, name: str, ident: str | None = None) -> str:
        """`name` is set by whoever enters the scope, in the variable `ident` if that is given."""
        self.stores.add(name)
        return self._define(name, "param", None, ident)

    def load(self, name: str) -> None:
        """`name` is read here."""
        if self.find_ref(name) is None:
            next(scope for scope in self.chain if scope.function)._define(name, "resolve", name)

    def store(self, name: str) -> None:
        """`name` is assigned here."""
        self.stores.add(name)
        if name not in self.refs:
            outer = self._outer(name)
            self._define(name, "missing" if outer is None else "alias", outer)

    # -- scanning

    def scan(self, body: c.Iterable[nodes.Node], as_param: bool = False) -> None:
        """Note all names in these nodes that belong to this scope."""
        for node in body:
            self._scan(node, as_param)

    def _scan(self, node: nodes.Node, as_param: bool) -> None:
        kind = type(node)
        if kind is nodes.TemplateData or kind is nodes.Const:
            return
        if kind is nodes.Name:
            if as_param or node.ctx == "param":
                self.declare_parameter(node.name)
            elif node.ctx == "store":
                self.store(node.name)
            else:
                self.load(node.name)
        elif kind is nodes.NSRef:
            self.load(node.name)
        elif kind is nodes.If:
            self._scan_if(node)
        else:
            for child in _outer_children(node):
                self._scan(child, as_param)
            for name in _bound_names(node):
                self.store(name)

    def _scan_if(self, node: nodes.Node) -> None:
        """What only some branches assign may come from outside."""
        stored = self.stores.copy()
        for child in node.iter_child_nodes():
            self._scan(child, False)
        for name in self.stores - stored:
            outer = self._outer(name)
            self.loads[self.refs[name]] = ("resolve", name) if outer is None else ("alias", outer)

    def _outer(self, name: str) -> str | None:
        return None if self.parent is None else self.parent.find_ref(name)


def _outer_children(node: nodes.Node) -> c.Iterable[nodes.Node]:
    """The nodes in a statement that belong to the scope around it."""
    fields = _OUTER_FIELDS.get(type(node))
    if fields is None:
        return node.iter_child_nodes()
    return [child for field in fields for child in node.iter_child_nodes(only=(field,))]


def _bound_names(node: nodes.Node) -> list[str]:
    """The names that a statement binds without a `Name` node."""
    if isinstance(node, nodes.Macro):
        return [node.name]
    if isinstance(node, nodes.Import):
        return [node.target]
    if isinstance(node, nodes.FromImport):
        return [name if isinstance(name, str) else name[1] for name in node.names]
    return []


def _names(body: c.Iterable[nodes.Node]) -> c.Iterator[nodes.Name]:
    """The names in some nodes, in the order of the source; not those in blocks."""
    for node in body:
        if isinstance(node, nodes.Name):
            yield node
        elif not isinstance(node, nodes.Block):
            yield from _names(node.iter_child_nodes())


def special_names(body: c.Iterable[nodes.Node]) -> set[str]:
    """The `SPECIAL` names that a body reads before it assigns them."""
    found: dict[str, str] = {}
    for node in _names(body):
        if node.name in SPECIAL:
            found.setdefault(node.name, node.ctx)
    return {name for name, ctx in found.items() if ctx == "load"}
