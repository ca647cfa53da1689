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
        self.level: int = 0 if parent is None else parent.level + 1
        self.function = function or parent is None
        self.refs: dict[str, str] = {}
        self.loads: dict[str, tuple[str, str | None]] = {}
        self.stores: set[str] = set()

    # -- looking up

    def find_ref(self, name: str) -> str | None:
        """The identifier that `name` has here, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.refs:
                return scope.refs[name]
            scope = scope.parent
        return None

    def ref(self, name: str) -> str:
        """The identifier of a name that has been scanned, or is asked of the context now."""
        self.load(name)
        return self.find_ref(name) or ""

    def is_param(self, ident: str) -> bool:
        """Does this identifier always have a value?"""
        scope: Scope | None = self
        while scope is not None:
            if ident in scope.loads:
                return scope.loads[ident][0] == "param"
            scope = scope.parent
        return False

    def all_stores(self) -> dict[str, str]:
        """All that has been assigned here and around, name to identifier: the local variables."""
        found: dict[str, str] = {}
        scope: Scope | None = self
        while scope is not None:
            for name in sorted(scope.stores):
                if name not in found:
                    found[name] = self.find_ref(name) or ""
            scope = scope.parent
        return found

    # -- defining

    def _define(self, name: str, kind: str, source: str | None = None) -> str:
        ident = f"l_{self.level}_{name}"
        self.refs[name] = ident
        self.loads[ident] = kind, source
        return ident

    def declare_parameter(self, name: str, ident: str | None = None) -> str:
        """`name` is set by whoever enters the scope, in the variable `ident` if that is given."""
        self.stores.add(name)
        if ident is None:
            return self._define(name, "param")
        self.refs[name] = ident
        self.loads[ident] = "param", None
        return ident

    def load(self, name: str) -> None:
        """`name` is read here."""
        if self.find_ref(name) is None:
            scope = self
            while not scope.function and scope.parent is not None:
                scope = scope.parent
            scope._define(name, "resolve", name)

    def store(self, name: str) -> None:
        """`name` is assigned here."""
        self.stores.add(name)
        if name not in self.refs:
            outer = self.parent.find_ref(name) if self.parent is not None else None
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
        """Scan the branches apart: what only some of them assign may come from outside."""
        self._scan(node.test, False)
        branches = []
        for body in (node.body, node.elif_, node.else_):
            branch = self._copy()
            branch.scan(body)
            branches.append(branch)
        assigned = set().union(*(branch.stores for branch in branches)) - self.stores
        for branch in branches:
            self.refs.update(branch.refs)
            self.loads.update(branch.loads)
            self.stores |= branch.stores
        for name in assigned:
            outer = self.parent.find_ref(name) if self.parent is not None else None
            load = ("resolve", name) if outer is None else ("alias", outer)
            self.loads[self.refs[name]] = load

    def _copy(self) -> Scope:
        other = Scope(self.parent, self.function)
        other.refs = self.refs.copy()
        other.loads = self.loads.copy()
        other.stores = self.stores.copy()
        return other


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


def special_names(body: c.Iterable[nodes.Node]) -> frozenset[str]:
    """The `SPECIAL` names that a body reads before it assigns them."""
    return _special(list(body))[0]


def assigned_specials(node: nodes.Node) -> frozenset[str]:
    """The `SPECIAL` names that are assigned anywhere in a node."""
    return _special([node])[1]


def _special(body: c.Iterable[nodes.Node]) -> tuple[frozenset[str], frozenset[str]]:
    """What nodes read, and what they assign, among the special names.

    Kept on each node, so that nested bodies, which all ask, cost no more than one walk.
    """
    read: frozenset[str] = frozenset()
    assigned: frozenset[str] = frozenset()
    for node in body:
        found = node.__dict__.get("_special")
        if found is None:
            found = node.__dict__["_special"] = _special_of(node)
        read |= found[0] - assigned
        assigned |= found[1]
    return read, assigned


def _special_of(node: nodes.Node) -> tuple[frozenset[str], frozenset[str]]:
    nothing: frozenset[str] = frozenset()
    if isinstance(node, nodes.Name):
        name = SPECIAL & {node.name}
        return (name, nothing) if node.ctx == "load" else (nothing, name)
    if isinstance(node, nodes.Block):
        return nothing, nothing
    return _special(node.iter_child_nodes())
