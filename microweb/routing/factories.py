"""Rule factories: many rules said in few words.

The rule: *a factory yields unbound copies of rules, changed in one respect*. So factories nest in
any order, and the rules that they were given can be used again:

>>> from microweb.routing import Map, Rule
>>> blog = Submount("/blog", [EndpointPrefix("blog.", [Rule("/<slug>", endpoint="entry")])])
>>> Map([Rule("/", endpoint="index"), blog])
Map([<Rule '/' -> index>, <Rule '/blog/<slug>' -> blog.entry>])
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .map import Map
    from .rules import Rule


class RuleFactory:
    """The base: subclasses give an iterable of rules for a map. A rule is a factory of itself."""

    def get_rules(self, map: Map) -> t.Iterable[Rule]:
        """The rules to add to *map*."""
        raise NotImplementedError(f"{type(self).__name__} must define get_rules(map)")


class _Copying(RuleFactory):
    """Walks nested factories; a subclass changes the copies."""

    rules: t.Iterable[RuleFactory]

    def get_rules(self, map: Map) -> t.Iterator[Rule]:
        """Changed copies of the rules."""
        for factory in self.rules:
            for rule in factory.get_rules(map):
                copy = rule.empty()
                self.change(copy)
                yield copy

    def change(self, rule: Rule) -> None:
        """What the factory is for."""
        raise NotImplementedError


class Subdomain(_Copying):
    """Puts rules below a subdomain, which may contain variables."""

    def __init__(self, subdomain: str, rules: t.Iterable[RuleFactory]) -> None:
        self.subdomain = subdomain
        self.rules = rules

    def change(self, rule: Rule) -> None:
        """Set the subdomain."""
        rule.subdomain = self.subdomain


class Submount(_Copying):
    """Puts rules below a path, which may contain variables."""

    def __init__(self, path: str, rules: t.Iterable[RuleFactory]) -> None:
        self.path = path.rstrip("/")
        self.rules = rules

    def change(self, rule: Rule) -> None:
        """Put the path before the rule's."""
        rule.rule = self.path + rule.rule


class EndpointPrefix(_Copying):
    """Puts a text before endpoints, which must be strings."""

    def __init__(self, prefix: str, rules: t.Iterable[RuleFactory]) -> None:
        self.prefix = prefix
        self.rules = rules

    def change(self, rule: Rule) -> None:
        """Put the prefix before the endpoint."""
        rule.endpoint = self.prefix + rule.endpoint


class RuleTemplate:
    """Rules with ``$name`` in path, endpoint, subdomain or defaults: call it to fill them in.

    >>> from microweb.routing import Map, Rule
    >>> resource = RuleTemplate([Rule("/$name/<int:id>", endpoint="$name.show")])
    >>> Map([resource(name="user"), resource(name="page")])
    Map([<Rule '/user/<id>' -> user.show>, <Rule '/page/<id>' -> page.show>])
    """

    def __init__(self, rules: t.Iterable[RuleFactory]) -> None:
        self.rules = list(rules)

    def __call__(self, *args: t.Any, **kwargs: t.Any) -> RuleTemplateFactory:
        return RuleTemplateFactory(self.rules, dict(*args, **kwargs))


class RuleTemplateFactory(_Copying):
    """The rules of a template, filled in with *context*."""

    def __init__(self, rules: t.Iterable[RuleFactory], context: dict[str, t.Any]) -> None:
        self.rules = rules
        self.context = context

    def _fill(self, value: t.Any) -> t.Any:
        from string import Template  # few applications have rule templates

        return Template(value).substitute(self.context) if isinstance(value, str) else value

    def change(self, rule: Rule) -> None:
        """Fill in whatever is text."""
        for name in ("rule", "endpoint", "subdomain"):
            setattr(rule, name, self._fill(getattr(rule, name)))
        if rule.defaults:
            rule.defaults = {key: self._fill(value) for key, value in rule.defaults.items()}
