"""secure: what is safer, where it is asked for, and nowhere else."""

import re

import pytest

from microweb import session
from microweb.secure import HEADERS, check_origin, exempt, is_safe_redirect, protect, send_headers


@pytest.fixture
def post(app, client):
    @app.route("/", methods=["GET", "POST", "DELETE"])
    def index():
        session["seen"] = True
        return "fine"

    @app.post("/hook")
    @exempt
    def hook():
        return "fine"

    def post(path="/", method="POST", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.open(path, method=method, headers=headers).status_code

    return post


def test_settings_as_a_preset(app, client, post):
    app.config.from_object("microweb.secure")
    cookie = client.get("/").headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie and "HttpOnly" in cookie and "Secure" not in cookie
    assert "; Secure;" in client.get("/", base_url="https://localhost").headers["Set-Cookie"]


def test_nothing_happens_by_itself(client, post):
    response = client.get("/")
    assert not {*HEADERS, "Strict-Transport-Security"} & {*response.headers.keys()}
    assert "SameSite" not in response.headers["Set-Cookie"]
    assert post(Origin="https://evil.example", Sec_Fetch_Site="cross-site") == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec_Fetch_Site": ""}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://LOCALHOST"}, 200),  # TLS ends at a proxy
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "localhost"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "https://admin.example"}, 200),
        ({"Origin": "https://ADMIN.example"}, 200),
        ({"Origin": "http://admin.example"}, 403),
    ],
)
def test_requests_from_other_sites(app, post, headers, status):
    check_origin(app, ["https://admin.example/"])
    assert post(**headers) == status
    assert post(method="DELETE", **headers) == status
    assert post(method="GET", **headers) == 200
    assert post("/hook", **headers) == 200


def test_the_check_goes_before_all_hooks_and_views(app, client, post, told):
    app.before_request(lambda: told.append("hook"))
    check_origin(app)
    assert post(Sec_Fetch_Site="cross-site") == 403 and told == []
    assert post("/nowhere", Sec_Fetch_Site="cross-site") == 403


@pytest.mark.parametrize(("debug", "told"), [(False, False), (True, True)])
def test_what_was_refused_is_told_in_debug_mode(app, client, post, debug, told):
    app.debug = debug
    check_origin(app)
    page = client.post("/", headers={"Origin": "https://evil.example"}).text
    assert ("https://evil.example" in page and "trusted_origins" in page) is told


def test_headers(app, client, post):
    send_headers(app)

    @app.route("/own")
    def own():
        return "fine", {"Content-Security-Policy": "default-src *"}

    assert {name: client.get("/").headers[name] for name in HEADERS} == HEADERS
    assert client.get("/own").headers.getlist("Content-Security-Policy") == ["default-src *"]
    assert client.get("/nothing").headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in client.get("/").headers
    assert client.get("/", base_url="https://localhost").headers["Strict-Transport-Security"]


def test_headers_of_ones_own(app, client, post):
    send_headers(app, {**HEADERS, "Referrer-Policy": "no-referrer"})
    assert client.get("/").headers["Referrer-Policy"] == "no-referrer"


def test_all_at_once(app, client, post):
    protect(app, ["https://admin.example"])
    response = client.get("/")
    assert "SameSite=Lax" in response.headers["Set-Cookie"] and response.headers["X-Frame-Options"]
    assert post(Origin="https://evil.example") == 403 and post(Origin="https://admin.example") == 200


SAFE = ["/", "/x", "/x?next=//y", "x", "x/y:z", "?a=b:c", "#x", "/ä b", "/x@y", "/%0a", "../up", "/a//b"]


@pytest.mark.parametrize("target", SAFE)
def test_targets_on_this_site(target):
    assert is_safe_redirect(target) and is_safe_redirect(target, ["good"], require_https=True)


# CVE-2017-7233, CVE-2014-3730, CVE-2015-2317, CVE-2015-0220, CVE-2016-2512, CVE-2013-6044, CVE-2012-3442
HOSTILE = r"""
http:999999999|http:\\\djangoproject.com|\x08javascript:alert(1)|\njavascript:|http://good\@evil|javascript:
///evil|/\evil|/\t/evil|https:evil|//evil|\\evil|////evil|http:///evil|http://evil|//evil/good|http://good@evil
//good@evil|http://good:80@evil|http://good.evil|http://good:x|ftp://good|data:text/html,x|vbscript:x|JaVaScRiPt:x
 //evil| /x|/x |/\n/evil|/x\r\nSet-Cookie: a|\0/x|http://g\u2100od|//good\u3002evil|x:y|:x|http://|//|http://[::1
\ufeff//evil|\u2028//evil|h\tttp://evil|http:/evil|http:good|/\\/evil|\\/\\/evil|/x\..//evil
"""


def hostile():
    def character(match):
        code = match[1]
        return {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}.get(code) or chr(int(code[1:], 16))

    for target in HOSTILE.strip("\n").replace("\n", "|").split("|"):
        yield re.sub(r"\\(x08|u[0-9a-f]{4}|[nrt0])", character, target)


@pytest.mark.parametrize("target", [*hostile()])
def test_hostile_targets(target):
    assert not is_safe_redirect(target, ["good"])


@pytest.mark.parametrize("target", [None, "", "/" + "x" * 5000, "\ufdfa" * 10**6])
def test_no_targets_CVE_2025_64458(target):
    assert not is_safe_redirect(target)


def test_hosts_that_may_be_led_to(app):
    hosts = ["Good.example", "good.example:8000", "[::1]"]
    for target in ("http://good.example/x", "HTTPS://GOOD.example", "//good.example:8000?x", "http://[::1]/"):
        assert is_safe_redirect(target, hosts)
    assert not is_safe_redirect("http://good.example:81", hosts)
    assert not is_safe_redirect("http://good.example", hosts, require_https=True)
    assert not is_safe_redirect("//good.example", hosts, require_https=True)
    assert is_safe_redirect("https://good.example", hosts, require_https=True)
    assert not is_safe_redirect("http://localhost/x")
    with app.test_request_context():
        assert is_safe_redirect("http://localhost/x") and not is_safe_redirect("http://localhost:81/x")
