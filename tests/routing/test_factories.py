"""factories: rules by the dozen."""

from __future__ import annotations

import pytest

from microweb.routing import EndpointPrefix, Map, Rule, RuleFactory, RuleTemplate, Subdomain, Submount


def described(*factories):
    return sorted((rule.rule, rule.subdomain, rule.endpoint) for rule in Map(factories).iter_rules())


def test_factories_nest():
    inner = EndpointPrefix("blog.", [Rule("/<slug>", endpoint="entry"), Rule("/", endpoint="index")])
    found = described(Subdomain("<lang>", [Submount("/blog/", [inner])]))
    assert found == [("/blog/", "<lang>", "blog.index"), ("/blog/<slug>", "<lang>", "blog.entry")]


def test_rules_of_a_factory_stay_unbound():
    rule = Rule("/x", endpoint="x")
    Map([Submount("/a", [rule])])
    assert rule.map is None
    assert rule.rule == "/x"


def test_templates_fill_in_whatever_is_text():
    defaults = {"kind": "$name", "n": 1}
    rule = Rule("/$name/<int:id>", endpoint="$name.show", subdomain="$name", defaults=defaults)
    template = RuleTemplate([rule])
    (rule,) = Map([template(name="user")]).iter_rules()
    assert (rule.rule, rule.endpoint, rule.subdomain) == ("/user/<int:id>", "user.show", "user")
    assert rule.defaults == {"kind": "user", "n": 1}


def test_copies_keep_options():
    (rule,) = Map([Submount("/a", [Rule("/ws", websocket=True, merge_slashes=False)])]).iter_rules()
    assert rule.websocket
    assert rule.merge_slashes is False


def test_a_factory_must_say_its_rules():
    with pytest.raises(NotImplementedError):
        Map([RuleFactory()])
