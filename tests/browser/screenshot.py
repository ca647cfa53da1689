"""Takes the picture of docs/parts/debugger.md: `python -m tests.browser.screenshot`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser.driver import Browser
from tests.browser.program import Program
from tests.browser.test_development import CONSOLE, FRAME, evaluate, open_console
from tests.house import ROOT

PICTURE = ROOT / "docs" / "parts" / "debugger.png"


def main() -> None:
    """An error, its frames, a frame's values, and a line in its console."""
    with tempfile.TemporaryDirectory() as folder:
        program, browser = Program(Path(folder)), Browser()
        try:
            browser.resize(960, 1180)
            browser.open(f"{program.url}/cart")
            open_console(browser, "cart")
            browser.type(f"{CONSOLE.format('cart')}//input[@class='pin']", f"{program.pin}\n")
            evaluate(browser, "cart", "{name: count for name, count in items.items() if count}")
            browser.find(f"{CONSOLE.format('cart')}//*[@class='number']")
            browser.click(f"{FRAME.format('cart')}//details[@class='locals']/summary")
            browser.run("window.scrollTo(0, 0); document.activeElement.blur()")
            PICTURE.write_bytes(browser.screenshot())
        finally:
            browser.close()
            program.close()


if __name__ == "__main__":
    main()
