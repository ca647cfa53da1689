"""Extensions and programs that were written for Flask, with their own suites: with Flask, then without.

``python -m tests.upstream.extensions [NAME ...] [--update]`` runs each suite twice: in an environment with
the real packages, and in one that has none of them, under the alias layer. What passes in the first and not
in the second is shown, and fails the run. ``--update`` writes down the counts, for docs/conformance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from .sources import SOURCES, Source, cache_dir, environment, made_environment, unpack_source

ROOT = Path(__file__).resolve().parents[2]
COUNTS = Path(__file__).with_name("extensions.json")
SECONDS_A_SUITE = 600

EXTENSIONS = {
    "Flask-Login": Source("0.6.3", "5e23d14a607ef12806c699590b89d0f0e0d67baeec599d75947bf9c147330333"),
    "flask_wtf": Source("1.3.0", "61d5dabc50c3df885c297dcbd80810443a5d632106c8a69cab8ce740f0cdd7cc"),
    "flask_sqlalchemy": Source("3.1.1", "e4b68bb881802dda1a7d878b2fc84c06d1ee57fb40b874d3dc97dabfa36b8312"),
    "flask_migrate": Source("4.1.0", "1a336b06eb2c3ace005f5f2ded8641d534c18798d64061f6ff11f79e1434126d"),
    "flask_cors": Source("6.0.5", "30c5031552cd59f620ac0c8211dac45b345d3b2df310e7721879e4f46ef9c601"),
    "flask_smorest": Source("0.47.0", "a415ce7db3d7e63dd854eb16d59047686dbf5d31c4913e245fa5657f88e7788d"),
    "flask_marshmallow": Source("1.5.0", "7c06b56e41647eccdb3cd57c25b109f19191b4c62509362bd64920cdf601a066"),
    "flask_httpauth": Source("4.8.1", "88499b22f1353893743c3cd68f2ca561c4ad9ef75cd6bcc7f621161cd0e80744"),
    "flask_jwt_extended": Source("4.7.4", "78fd0f460317facf3a0084a6457ffaf2f1dda9eefbd576f94cea35b0eadd5531"),
    "flask_compress": Source("1.25", "802954fb3af048cf4ca2a3b414393bf2b98466ae8067e6654ea0aa34ba34aff5"),
    "flask_moment": Source("1.0.6", "2f8969907cbacde4a88319792e8f920ba5c9dd9d99ced2346cad563795302b88"),
    "flask_reuploaded": Source("1.6.0", "c18910646384281fbcaa2ee7325f3dc68c3278d33ff4cf1f6053716b580954ac"),
}


class Program(NamedTuple):
    """An application in a source distribution: the archive, where in it, and where its tests are."""

    archive: str
    source: Source
    folder: str = ""
    tests: str = "tests"
    # pytest-flask pushes contexts of its own; only a suite that is written for it gets them.
    options: tuple[str, ...] = ("-p", "no:flask")


PROGRAMS = {
    "flaskr": Program("flask", SOURCES["flask"], "examples/tutorial"),
    "js_example": Program("flask", SOURCES["flask"], "examples/javascript"),
    "httpbin": Program(
        "httpbin", Source("0.10.4", "6023a5a2e8fb8e91abdd6d34d1f1f455092f97d567c25600e1b48ee1178aa738")
    ),
    "ihatemoney": Program(
        "ihatemoney",
        Source("7.2.1", "e74fc718f68e1ec400cf9c4364025a91febb86c9b523aeb33a52e5adbeaa77e1"),
        tests="ihatemoney/tests",
        options=(),
    ),
}

#: The stack that is replaced, and what else the extensions and their suites import.
STACK = [
    "Flask==3.1.3",
    "Werkzeug==3.1.9",
    "Jinja2==3.1.6",
    "MarkupSafe==3.0.4",
    "itsdangerous==2.2.0",
    "blinker==1.9.0",
    "click==8.1.8",
]
# Every dependency by name: pip must not follow those that lead to the stack.
LIBRARIES = [
    "Flask-Login==0.6.3",
    "Flask-WTF==1.3.0",
    "Flask-SQLAlchemy==3.1.1",
    "Flask-Migrate==4.1.0",
    "flask-cors==6.0.5",
    "flask-smorest==0.47.0",
    "flask-marshmallow==1.5.0",
    "Flask-HTTPAuth==4.8.1",
    *["Flask-JWT-Extended==4.7.4", "PyJWT", "cryptography", "Flask-Caching==2.5.1", "cachelib"],
    *["Flask-Compress==1.25", "brotli", "backports.zstd", "Flask-Moment==1.0.6", "Flask-Reuploaded==1.6.0"],
    *["alembic", "Mako", "SQLAlchemy<2.0.44", "greenlet", "typing_extensions", "WTForms"],
    *["email-validator", "dnspython", "idna", "marshmallow", "marshmallow-sqlalchemy", "webargs", "apispec"],
    *[
        "PyYAML",
        "asgiref",
        "semantic-version",
        "pytest==8.4.2",
        "pluggy",
        "iniconfig",
        "packaging",
        "Pygments",
    ],
    # What the programs import beside these.
    *["flask-babel==4.0.0", "Flask-Limiter==4.1.1", "Flask-Mail==0.10.0", "Flask-RESTful==0.3.10"],
    *["flask-talisman==1.1.0", "SQLAlchemy-Continuum==1.5.2", "flasgger==0.9.7.1", "brotlicffi", "cffi"],
    *["pycparser", "decorator", "six", "mistune", "jsonschema", "jsonschema-specifications", "referencing"],
    *["rpds-py", "attrs", "babel", "pytz", "aniso8601", "limits", "ordered-set", "Deprecated", "wrapt<3"],
    *[
        "cachetools",
        "debts",
        "python-dateutil",
        "pytest-flask==1.3.0",
        "qrcode",
        "requests",
        "urllib3",
        "certifi",
        "charset-normalizer",
    ],
]

#: What the distribution called Flask installs, and a suite calls.
COMMAND = "#!{python}\nimport sys\n\nfrom flask.cli import main\n\nsys.exit(main())\n"


def with_flask() -> Path:
    """The interpreter of an environment with the real packages."""
    return made_environment([*STACK, *LIBRARIES], "--no-deps")


def without_flask() -> Path:
    """The interpreter of one without any of them, in which the alias layer answers."""
    python = environment(LIBRARIES, "--no-deps")
    command = python.with_name("flask")
    command.write_text(COMMAND.format(python=python), encoding="utf-8")
    command.chmod(0o755)
    return python


def outcomes(python: Path, folder: Path, program: Program, *alias: str) -> tuple[set[str], str]:
    """The names of the tests that pass, and the end of what the run printed."""
    report = folder / "report.xml"
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-W", "ignore", f"--junitxml={report}"]
    settings = ["-o", "addopts=", "-o", "filterwarnings="]
    env = dict(os.environ, PATH=os.pathsep.join([os.fspath(python.parent), os.environ["PATH"]]))
    if alias:
        env["PYTHONPATH"] = os.fspath(ROOT)
    done = subprocess.run(
        [python, *alias, "-m", "pytest", program.tests, *program.options, *options, *settings],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_A_SUITE,
    )
    if not report.exists():
        return set(), done.stdout + done.stderr
    cases = ElementTree.parse(report).iter("testcase")
    passed = {
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if not any(child.tag in {"failure", "error", "skipped"} for child in case)
    }
    return passed, done.stdout[-2000:]


def compare(name: str, real: Path, ours: Path, work: Path) -> dict[str, object]:
    """Run one suite both ways; print the counts, and what only passes with Flask."""
    program = PROGRAMS.get(name) or Program(name, EXTENSIONS[name])
    source, passed, told = program.source, [], ""
    # Of an extension nothing but the tests, so that they take what is installed.
    wanted = (program.folder,) if name in PROGRAMS else ("pyproject.toml", "tests/")
    for python, alias in ((real, ()), (ours, ("-m", "microweb", "compat"))):
        target = work / name / ("alias" if alias else "flask")
        folder = unpack_source(program.archive, source, real, target, wanted) / program.folder
        names, told = outcomes(python, folder, program, *alias)
        passed.append(names)
    lost = sorted(passed[0] - passed[1])
    print(f"{name} {source.version}: {len(passed[0])} with Flask, {len(passed[1])} with microweb", flush=True)
    if lost or not passed[0]:
        print("only with Flask:", *lost, told, sep="\n  ", flush=True)
    return {"version": source.version, "flask": len(passed[0]), "microweb": len(passed[1]), "lost": lost}


def main() -> int:
    """Run what is asked for; 1 when a test passes with Flask only."""
    parser = argparse.ArgumentParser(prog="python -m tests.upstream.extensions", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join([*EXTENSIONS, *PROGRAMS])} (all)")
    parser.add_argument("--update", action="store_true", help="write the counts down")
    options = parser.parse_args()
    real, ours = with_flask(), without_flask()
    work = Path(tempfile.mkdtemp(prefix="work-", dir=cache_dir()))
    try:
        found = {name: compare(name, real, ours, work) for name in options.name or [*EXTENSIONS, *PROGRAMS]}
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if options.update:
        known = json.loads(COUNTS.read_text("utf-8")) if COUNTS.exists() else {}
        COUNTS.write_text(json.dumps({**known, **found}, indent=1) + "\n", "utf-8")
    return int(any(row["lost"] or not row["flask"] for row in found.values()))


if __name__ == "__main__":
    sys.exit(main())
