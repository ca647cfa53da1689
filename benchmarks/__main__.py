"""``python -m benchmarks [--quick] [--kept] [PART ...]``: measure, print, write docs.

A full run rewrites docs/benchmarks.md and its plots; ``--quick`` and a choice of parts only print. With
``--kept`` nothing is measured: the page is written from what the last run of each part has kept.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from . import http, imports, memory, observer, requests, routing, server, sessions, templates
from .harness import FULL, PAGE, QUICK, US, load_json, save_json, versions

PARTS: dict[str, Any] = {
    "requests": requests,
    "sessions": sessions,
    "http": http,
    "routing": routing,
    "templates": templates,
    "imports": imports,
    "memory": memory,
    "server": server,
    "observer": observer,
}

TEXTS = {
    "requests": (
        "## Requests\n\nThe time of a request in process, from the environ to the last byte of the body:"
        f" how many times that of {US}. *raw WSGI* is the same work without a framework."
    ),
    "http": (
        "## Messages\n\nThe time to read a form, an upload and a browser's headers into Python values, and to"
        f" send a file from an application: how many times that of {US}. By *sendfile* means that the server"
        " has a wrapper for files. Not every framework negotiates."
    ),
    "sessions": (
        "## Sessions\n\nThe time of a request that reads and writes a signed session; and of a page that"
        " does, flashes a message, builds 20 URLs and extends another template: how many times that of"
        f" {US}. The cookie of each answer comes with the next request."
    ),
    "routing": (
        "## Routing\n\nThe time to match a path, averaged over paths all over the map: how many times that of"
        f" {US} with as many rules of the same shape."
    ),
    "templates": (
        "## Templates\n\nThe time to render, and to compile, the same template: how many times that of"
        f" {US}. All engines escape, and produce the same text."
    ),
    "imports": (
        "## Imports\n\nThe time of an import, and of an import together with an empty application, in a"
        f" fresh interpreter: how many times that of {US}; and how many modules are loaded beyond those of"
        " the bare interpreter."
    ),
    "memory": (
        "## Memory\n\nWhat large bodies add to a process of the bundled server, at its peak: never more than"
        f" {memory.LIMIT} MiB, whatever passes, and no file is left behind."
    ),
    "server": (
        "## The server\n\nThe time of a request to one process of the server, which 16 connections keep busy,"
        f" and that of the slowest hundredth: how many times that of {US}. The rows say who else is there:"
        " sockets that say nothing, or clients that send a byte of a head now and then. In none of them"
        f" does a request to {US} wait for more than {server.PATIENCE:.0f} s."
    ),
    "observer": (
        "## The tracer, off\n\nThe time of a request in a process that has traced one before, in units of one"
        " that has not: what the observer costs while nobody looks. The range is that of single rounds."
    ),
}

HEAD = """# Benchmarks

Written by `python -m benchmarks`, which runs all frameworks beside each other: fresh processes that take
turns, every ratio taken between values of the same round. A figure is the median of the rounds, in brackets
the lowest and the highest. Times depend on the machine, so that none are given; ratios depend on it a little,
and your application depends on its own work most of all.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: the order of things only")
    parser.add_argument("--kept", action="store_true", help="do not measure: write what the last runs kept")
    options = parser.parse_args()
    unknown = set(options.part) - PARTS.keys()
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    page = [
        HEAD,
        versions(["bottle", "falcon", "flask", "werkzeug", "jinja2", "mako", "waitress", "gunicorn"]) + ".\n",
    ]
    print(page[1])
    write = options.kept or not (options.quick or options.part)
    for name in options.part or PARTS:
        part = PARTS[name]
        if options.kept:
            found = load_json(name)
        else:
            found = part.run(QUICK if options.quick else FULL)
            save_json(name, found)
        told = part.report(found)
        print(f"{TEXTS[name]}\n\n{told}\n", flush=True)
        page += [TEXTS[name] + "\n", told + "\n"]
        if write:
            page.append(part.draw(found) + "\n")
    if write:
        PAGE.write_text("\n".join(page), "utf-8")
        print(f"{PAGE} is written.")
    return 0


sys.exit(main())
