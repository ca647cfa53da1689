"""The lists in the pages are complete, and their links lead somewhere.

``python -m tests.test_pages`` writes the lists anew.
"""

from __future__ import annotations

import re

import pytest

import microweb
from tests.house import ROOT
from tests.test_porting import ROWS

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# In the name of a test the hyphens are underscores.
ADVISORY = re.compile(r"(?<![A-Za-z0-9])(?:CVE[-_]\d{4}[-_]\d{4,}|GHSA(?:[-_][0-9a-z]{4}){3})(?![0-9])")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def names() -> str:
    """The table of the public names, a row a module."""
    rows = [
        f"| `microweb.{module}` | {_quoted(line.split())} |\n" for module, line in microweb._HOMES.items()
    ]
    return "| module | names |\n|---|---|\n" + "".join(rows) + "| `microweb` | `json` |\n"


def _quoted(words) -> str:
    return ", ".join(f"`{word}`" for word in words)


def advisories() -> str:
    """The table of advisories that tests name, a row a file."""
    rows = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        found = sorted({each.replace("_", "-") for each in ADVISORY.findall(path.read_text("utf-8"))})
        if found:
            rows.append(f"| `{path.relative_to(ROOT).as_posix()}` | {', '.join(found)} |\n")
    return "| tests | advisories |\n|---|---|\n" + "".join(rows)


def differences() -> str:
    """The table of what differs from Flask's stack on purpose, a row a test."""
    rows = [f"| {' | '.join(row)} |\n" for row in ROWS]
    return "| where | Flask's stack | here | why |\n|---|---|---|---|\n" + "".join(rows)


LISTS = {
    "docs/api.md": ("names", names),
    "docs/security.md": ("advisories", advisories),
    "docs/porting.md": ("differences", differences),
}


@pytest.mark.parametrize("page", LISTS)
def test_lists(page):
    mark, make = LISTS[page]
    listed = f"<!-- {mark} -->\n{make()}<!-- /{mark} -->"
    assert listed in (ROOT / page).read_text("utf-8"), "`python -m tests.test_pages` writes it down"


def test_all_is_in_the_list():
    listed = {name for line in microweb._HOMES.values() for name in line.split()}
    assert set(microweb.__all__) == listed | {"json", "__version__"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links(page):
    for link in LINK.findall(re.sub("```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        path = page.parent / target if target else page
        assert path.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(path), f"{link}: no such heading"


def test_every_page_is_reached_from_the_readme():
    reached, todo = set(), [PAGES[0]]
    while todo:
        page = todo.pop()
        if page not in reached:
            reached.add(page)
            links = [link.partition("#")[0] for link in LINK.findall(page.read_text("utf-8"))]
            todo += [
                (page.parent / link).resolve() for link in links if link.endswith(".md") and "://" not in link
            ]
    assert sorted(set(PAGES) - reached) == []


def anchors(path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rewrite() -> None:
    for name, (mark, make) in LISTS.items():
        page = ROOT / name
        before, _, rest = page.read_text("utf-8").partition(f"<!-- {mark} -->\n")
        after = rest[rest.index(f"<!-- /{mark} -->") :]
        page.write_text(f"{before}<!-- {mark} -->\n{make()}{after}", "utf-8")
        print(f"{name}: {mark}")


if __name__ == "__main__":
    rewrite()
