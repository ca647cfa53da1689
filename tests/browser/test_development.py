"""Debugger and reloader as a developer meets them: in a browser, with files that change."""

from __future__ import annotations

import pytest

from tests.browser.driver import Browser, missing
from tests.browser.program import APP, SHOP, Program

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "-")

FRAME = "//li[contains(@class, 'frame')][.//code[@class='function'][text()='{}']]"
CONSOLE = FRAME + "//*[@class='console']"


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def program(tmp_path):
    program = Program(tmp_path)
    yield program
    program.close()


def open_console(browser, function):
    browser.click(f"{FRAME.format(function)}//button")


def evaluate(browser, function, code):
    browser.type(f"{CONSOLE.format(function)}//input[@class='code']", f"{code}\n")


def test_an_error_page_its_frames_and_consoles(browser, program):
    browser.open(f"{program.url}/cart")
    assert browser.text("//h1") == "ZeroDivisionError"
    assert "shop.py:2" in browser.text("//p[@class='place']")
    # The developer's frames are open, those of the framework folded until clicked on.
    assert "100 / count" in browser.text("//li[last()]//*[@class='line current']")
    library = FRAME.format("wsgi_app")
    assert not browser.shows(f"{library}//pre")
    browser.click(f"{library}//summary")
    assert browser.shows(f"{library}//pre")
    browser.click(f"{FRAME.format('cart')}//details[@class='locals']/summary")
    shown = browser.text(f"{FRAME.format('cart')}//table")
    assert "items" in shown and "tea" in shown and "[hidden]" in shown
    assert "correct-horse" not in browser.run("return document.documentElement.outerHTML")

    # A console asks for the PIN, and takes only the right one.
    open_console(browser, "cart")
    browser.type(f"{CONSOLE.format('cart')}//input[@class='pin']", "000-000-000\n")
    browser.find("//*[@class='problem'][text()='Wrong PIN.']")
    program.wait_for("wrong debugger PIN")
    browser.run("document.querySelector('input.pin').value = ''")
    browser.type(f"{CONSOLE.format('cart')}//input[@class='pin']", f"{program.pin}\n")
    evaluate(browser, "cart", "sorted(items)")
    browser.find(f"{CONSOLE.format('cart')}//*[@class='output'][contains(., \"['cups', 'tea']\")]")
    # In the context of the request.
    evaluate(browser, "cart", "from microweb import request; request.path")
    browser.find(f"{CONSOLE.format('cart')}//*[@class='output'][contains(., \"'/cart'\")]")
    evaluate(browser, "cart", "'<img src=x onerror=alert(1)>' + 1")
    browser.find(f"{CONSOLE.format('cart')}//*[@class='output'][contains(., 'TypeError')]")
    # Once is enough: for the other frames, and for the next page.
    open_console(browser, "total")
    evaluate(browser, "total", "discount * 4")
    browser.find(f"{CONSOLE.format('total')}//*[@class='number'][text()='1.0']")
    browser.open(f"{program.url}/cart")
    open_console(browser, "cart")
    evaluate(browser, "cart", "6 * 7")
    browser.find(f"{CONSOLE.format('cart')}//*[@class='number'][text()='42']")
    assert browser.complaints() == []


def test_wrong_pins_are_limited(browser, program):
    browser.open(f"{program.url}/cart")
    browser.run("document.cookie.split(';')")
    open_console(browser, "cart")
    for _ in range(10):
        browser.run("document.querySelector('.console .problem').textContent = ''")
        browser.type(f"{CONSOLE.format('cart')}//input[@class='pin']", "1\n")
        browser.find("//*[@class='problem'][text() != '']")
    browser.find("//*[@class='problem'][contains(., 'Too many wrong PINs')]")
    browser.run("document.querySelector('input.pin').value = ''")
    browser.run("document.querySelector('.console .problem').textContent = ''")
    browser.type(f"{CONSOLE.format('cart')}//input[@class='pin']", f"{program.pin}\n")
    browser.find("//*[@class='problem'][contains(., 'Too many wrong PINs')]")
    program.wait_for("10 of 10")


def test_lines_of_a_template(browser, program):
    browser.open(f"{program.url}/page")
    assert browser.text("//h1") == "UndefinedError"
    assert "item.name.upper()" in browser.text("//li[last()]//*[@class='line current']")


def test_the_console_of_no_frame(browser, program):
    browser.open(f"{program.url}/console")
    browser.type("//input[@class='pin']", f"{program.pin}\n")
    browser.type("//input[@class='code']", "app.import_name\n")
    browser.find("//*[@class='output'][contains(., '__main__')]")
    assert browser.complaints() == []


def test_a_file_is_edited_and_the_page_loaded_again(browser, program):
    browser.open(f"{program.url}/cart")
    assert browser.text("//h1") == "ZeroDivisionError"
    program.save("shop.py", SHOP.replace("100 / count", "100 / (count + 1)"))
    # The connection waits until the new process takes it.
    browser.open(f"{program.url}/cart")
    assert browser.text("//body") == "93.75"


def test_the_pin_outlives_an_edit(browser, program):
    browser.open(f"{program.url}/cart")
    open_console(browser, "cart")
    browser.type(f"{CONSOLE.format('cart')}//input[@class='pin']", f"{program.pin}\n")
    browser.find(f"{CONSOLE.format('cart')}//input[@class='code']")
    program.save("shop.py", SHOP.replace("100 / count", "200 / count"))
    browser.open(f"{program.url}/cart")
    open_console(browser, "total")
    evaluate(browser, "total", "6 * 7")
    browser.find(f"{CONSOLE.format('total')}//*[@class='number'][text()='42']")


def test_a_syntax_error_is_made_and_mended(browser, program):
    browser.open(program.url)
    program.save("app.py", APP.replace("shop</h1>", "shop</h1"[:-3] + '"(\n'))
    program.wait_for("SyntaxError")
    program.wait_for("waiting for a change")
    program.save("app.py", APP.replace("shop</h1>", "mended</h1>"))
    browser.open(program.url)
    assert browser.text("//h1") == "mended"


def test_the_command_line_shows_a_syntax_error_in_the_browser(browser, tmp_path):
    program = Program(tmp_path, "-m", "microweb", "--app", "app", "run", "--debug", "--port", "0")
    try:
        browser.open(program.url)
        assert browser.text("//h1") == "shop"
        program.save("shop.py", SHOP + "x = (\n")
        browser.open(program.url)
        assert browser.text("//h1") == "SyntaxError"
        assert "shop.py" in browser.text("//pre[@class='exception']")
        program.save("shop.py", SHOP)
        browser.open(program.url)
        assert browser.text("//h1") == "shop"
    finally:
        program.close()
