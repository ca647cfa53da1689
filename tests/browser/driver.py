"""A real browser, driven over W3C WebDriver with the standard library.

What is looked for is waited for by the driver itself (its implicit wait), so that no test sleeps.
"""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import subprocess
import tempfile

WAIT_MS = 20_000
#: The key under which WebDriver names an element (W3C WebDriver, 12.1).
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_ARGUMENTS = ["headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars"]
_NAMES = ["chromium", "chromium-browser", "google-chrome"]


def missing() -> str:
    """Why there can be no browser here; empty if there can."""
    for names in (["chromedriver"], _NAMES):
        if not any(map(shutil.which, names)):
            return f"needs {names[0]}, which is not installed"
    return ""


class Problem(Exception):
    """What the driver said."""


class Browser:
    """One browser with one page."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        # "ChromeDriver was started successfully on port 12345."
        line = next(line for line in self._process.stdout if "successfully on port" in line)
        port = int(line.split()[-1].rstrip("."))
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        options = {
            "binary": next(filter(None, map(shutil.which, _NAMES))),
            "args": [f"--{each}" for each in (*_ARGUMENTS, f"user-data-dir={self._folder.name}")],
        }
        capabilities = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": WAIT_MS},
        }
        self._base = ""
        session = self._call("POST", "/session", capabilities={"alwaysMatch": capabilities})
        self._base = f"/session/{session['sessionId']}"

    def _call(self, method, path, **body):
        data = json.dumps(body) if method == "POST" else None
        self._connection.request(method, self._base + path, data, {"Content-Type": "application/json"})
        value = json.loads(self._connection.getresponse().read())["value"]
        if isinstance(value, dict) and "error" in value:
            raise Problem(f"{value['error']}: {value['message']}")
        return value

    def close(self) -> None:
        """End the browser and its driver."""
        try:
            self._call("DELETE", "")
        finally:
            self._connection.close()
            self._process.terminate()
            self._process.wait()
            self._process.stdout.close()
            self._folder.cleanup()

    def open(self, url: str) -> None:
        """Load a page."""
        self._call("POST", "/url", url=url)

    def find(self, path: str) -> str:
        """The first element that an XPath means, as soon as there is one."""
        return self._call("POST", "/element", using="xpath", value=path)[_ELEMENT]

    def click(self, path: str) -> None:
        """Click on what an XPath means."""
        self._call("POST", f"/element/{self.find(path)}/click")

    def type(self, path: str, text: str) -> None:
        """Type into a field; a line break is the Enter key."""
        self._call("POST", f"/element/{self.find(path)}/value", text=text.replace("\n", "\ue007"))

    def text(self, path: str) -> str:
        """What a reader sees of an element."""
        return self._call("GET", f"/element/{self.find(path)}/text")

    def shows(self, path: str) -> bool:
        """Whether an element can be seen."""
        return self._call("GET", f"/element/{self.find(path)}/displayed")

    def run(self, script: str):
        """The value of a script's `return`."""
        return self._call("POST", "/execute/sync", script=script, args=[])

    def complaints(self) -> list[str]:
        """What the console of the browser has said since the last time: violations, errors of scripts."""
        messages = [entry["message"] for entry in self._call("POST", "/se/log", type="browser")]
        # The status of the page itself is no fault of it.
        return [each for each in messages if "the server responded with a status of" not in each]

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window."""
        self._call("POST", "/window/rect", width=width, height=height)

    def screenshot(self) -> bytes:
        """The page as PNG."""
        return base64.b64decode(self._call("GET", "/screenshot"))
