"""What a routing test says in one line: these rules, this path, that outcome."""

from __future__ import annotations

from microweb.exceptions import HTTPException
from microweb.routing import Map, RequestRedirect, Rule


def make(*rules, **options):
    """A map of rules, each a text, or a text and its options; a rule's endpoint is its text."""
    urls = Map(**options)
    for rule in rules:
        text, more = (rule, {}) if isinstance(rule, str) else rule
        urls.add(Rule(text, **{"endpoint": text, **more}))
    return urls


def outcome(urls, path, method="GET", host="example.com", script="/", subdomain=None, **more):
    """(endpoint, values), the URL of a redirect, or the code of an error."""
    adapter = urls.bind(host, script, subdomain)
    try:
        found = adapter.match(path, method, **more)
    except RequestRedirect as redirect:
        found = redirect.new_url
    except HTTPException as error:
        found = error.code
    quick = urls.find(path, method)
    if quick is not None and subdomain is None and not more:
        assert (quick[0].endpoint, quick[1]) == found, "find and match differ"
    return found
