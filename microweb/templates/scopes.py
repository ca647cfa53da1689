"""Which variable does a name mean? Settled for a whole body before any code for it exists.

The rule: each body with variables of its own (the template, a block, a loop, a macro, ...) has a
`Scope`. Scanning the body gives every name in it an identifier, `l_<level>_<name>`, and says
where its first value comes from:

- "param": whoever enters the scope sets it: a call, or the loop that binds its target;
- "offer": whoever enters the scope would set it (`loop`) if it were asked for, which makes it a
  "param";
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
    import typing as t

#: Which fields of a statement belong to the scope around it; the others have scopes of their own.
#: What a macro defaults to is evaluated when it is called, so in the macro's scope.
_OUTER_FIELDS: dict[t.Any, tuple[t.Any, ...]] = {
    nodes.For: ("iter",), nodes.CallBlock: ("call",), nodes.With: ("values",), nodes.AssignBlock: ("target",),
    nodes.OverlayScope: ("context",), nodes.Assign: ("node", "target"),  # in the order of evaluation
    **dict.fromkeys((nodes.FilterBlock, nodes.Macro, nodes.Scope, nodes.Block), ()),
}  # fmt: skip

_NAMES = frozenset({nodes.Name, nodes.NSRef})


class Scope:
    """The names of one body; `function` says that its code is a Python function of its own."""

    def __init__(self, parent: Scope | None = None, function: bool = False) -> None:
        self.parent = parent
        #: From here outwards, as names are looked up.
        self.chain: tuple[Scope, ...] = (self,) if parent is None else (self, *parent.chain)
        self.level = len(self.chain) - 1
        self.function = function or parent is None
        self.refs: dict[str, str] = {}
        self.loads: dict[str, tuple[str, str | None]] = {}
        self.stores: set[str] = set()

    # -- looking up

    def look_up(self, name: str) -> tuple[Scope | None, str, str]:
        """The scope, here or around, that defines a name, its identifier, and where its value is from."""
        for scope in self.chain:
            if (ident := scope.refs.get(name)) is not None:
                return scope, ident, scope.loads[ident][0]
        return None, "", ""

    def kind(self, name: str) -> str:
        """Where the first value of a name comes from, if it is defined."""
        return self.look_up(name)[2]

    def all_stores(self) -> dict[str, str]:
        """All that has been assigned here and around, name to identifier: the local variables."""
        names = dict.fromkeys(name for scope in self.chain for name in sorted(scope.stores))
        return {name: self.load(name) for name in names}

    # -- defining

    def _define(self, name: str, kind: str, source: str | None = None, ident: str | None = None) -> str:
        self.refs[name] = ident = ident or f"l_{self.level}_{name}"
        self.loads[ident] = kind, source
        return ident

    def declare_parameter(self, name: str, ident: str | None = None) -> str:
        """`name` is set by whoever enters the scope, in the variable `ident` if that is given."""
        self.stores.add(name)
        return self._define(name, "param", None, ident)

    def offer(self, name: str) -> str:
        """`name` is set by whoever enters the scope, if it is read here."""
        return self._define(name, "offer")

    def load(self, name: str) -> str:
        """`name` is read here; return its identifier."""
        home, ident, kind = self.look_up(name)
        if home is None:
            return next(scope for scope in self.chain if scope.function)._define(name, "resolve", name)
        return home.declare_parameter(name, ident) if kind == "offer" else ident

    def store(self, name: str) -> None:
        """`name` is assigned here."""
        self.stores.add(name)
        if name not in self.refs or self.loads[self.refs[name]][0] == "offer":
            outer = self._outer(name)
            self._define(name, "alias" if outer else "missing", outer)

    def _outer(self, name: str) -> str | None:
        _, ident, kind = self.parent.look_up(name) if self.parent else (None, "", "")
        return None if kind == "offer" else ident or None

    # -- scanning

    def scan(self, body: t.Iterable[nodes.Node], as_param: bool = False) -> None:
        """Note all names in these nodes that belong to this scope."""
        for node in body:
            kind = type(node)
            if kind in _NAMES:
                # An NSRef has no ctx: it reads the namespace that it changes.
                ctx = "param" if as_param else getattr(node, "ctx", "load")
                getattr(self, "declare_parameter" if ctx == "param" else ctx)(node.name)
            elif isinstance(node, nodes.Expr):
                if node.parts:  # walk() needs no stack, however long a chain is
                    self.scan([part for part in node.walk() if type(part) in _NAMES], as_param)
            elif kind is nodes.If:
                self._scan_if(node)
            else:
                for field in _OUTER_FIELDS.get(kind, (None,)):
                    self.scan(node.iter_child_nodes(only=field and (field,)), as_param)
                for name in _bound_names(node):
                    self.store(name)

    def _scan_if(self, node: nodes.Node) -> None:
        """What only some branches assign may come from outside."""
        stored = self.stores.copy()
        self.scan(node.iter_child_nodes())
        for name in self.stores - stored:
            if self.kind(name) != "param":  # an offer that a branch has taken
                outer = self._outer(name)
                self.loads[self.refs[name]] = ("resolve", name) if outer is None else ("alias", outer)


def _bound_names(node: nodes.Node) -> list[str]:
    """The names that a statement binds without a `Name` node."""
    if isinstance(node, nodes.FromImport):
        return [name if isinstance(name, str) else name[1] for name in node.names]
    field = {nodes.Import: "target", nodes.Macro: "name"}.get(type(node))
    return [] if field is None else [getattr(node, field)]
