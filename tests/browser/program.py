"""An application under the development server, as a developer has it on a terminal."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from tests.house import ROOT

SECONDS = 60

APP = '''\
from microweb import Microweb, render_template_string

from shop import total

app = Microweb(__name__)
app.secret_key = "a-key-that-nobody-sees"


@app.route("/")
def index():
    return "<h1>shop</h1>"


@app.route("/cart")
def cart():
    password = "correct-horse"
    items = {"tea": 3, "cups": 0}
    return str(total(items, discount=0.25))


@app.route("/page")
def page():
    return render_template_string(TEMPLATE, items=[1])


TEMPLATE = """<ul>
{% for item in items %}
  <li>{{ item.name.upper() }}
{% endfor %}
</ul>"""

if __name__ == "__main__":
    app.run(port=0, debug=True)
'''

SHOP = """\
def total(items, discount):
    prices = {name: 100 / count for name, count in items.items()}
    return sum(prices.values()) * (1 - discount)
"""


class Program:
    """The files of an application, and the processes that serve it."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.folder = folder
        self.write("app.py", APP)
        self.write("shop.py", SHOP)
        env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("FLASK_", "MICROWEB_", "WERKZEUG_"))
        }
        env.update(PYTHONPATH=str(ROOT), PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1")
        self.lines: list[str] = []
        self._told = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, *(command or ["app.py"])],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of their own, to be ended together.
            start_new_session=True,
        )
        # What is said is read as it comes: a full pipe would stop the program.
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.url = re.search(r"http://\S+", self.wait_for("http://"))[0]
        self.pin = self.wait_for("Debugger PIN").split()[-1]

    def _read(self) -> None:
        for line in self.process.stdout:
            with self._told:
                self.lines.append(line)
                self._told.notify_all()
        with self._told:
            self.lines.append("(the end)")
            self._told.notify_all()

    def wait_for(self, text: str, after: int = 0) -> str:
        """The first line with a text, or fails."""

        def line():
            return next((each for each in self.lines[after:] if text in each), None)

        with self._told:
            self._told.wait_for(lambda: line() or "(the end)" in self.lines, SECONDS)
            found = line()
        assert found, f"{text!r} was never said: {''.join(self.lines)}"
        return found

    def write(self, name: str, text: str) -> None:
        """Save a file, as an editor does: the new one replaces the old at once."""
        new = self.folder / f".{name}.new"
        new.write_text(text)
        new.replace(self.folder / name)

    def save(self, name: str, text: str) -> None:
        """Save a file and wait until the program has been started with it."""
        after = len(self.lines)
        self.write(name, text)
        self.wait_for(f"{name}', reloading", after)
        self.wait_for("Restarting with", after)

    def close(self) -> None:
        """End it as Ctrl-C does."""
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, 9)
            self._reader.join()
            self.process.stdout.close()
