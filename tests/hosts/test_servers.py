"""The guestbook, visited through each server that docs/deploying has a page for, with the files there."""

from __future__ import annotations

import importlib.util
import os
import re
import sys

import pytest

from tests.examples.guest import PICTURE, Guest, visit
from tests.examples.test_guestbook_live import over_http

from .sites import as_nobody, below, fill_in, free_ports, need, running, site

APACHE = "/usr/lib/apache2/modules"


@pytest.fixture
def place():
    with site() as place:
        yield place


@pytest.fixture
def port():
    return free_ports(1)[0]


def module(name):
    if not importlib.util.find_spec(name):
        pytest.skip(f"{name} is not installed")
    return [sys.executable, "-m", name]


@pytest.mark.parametrize("workers", ["sync", "gthread", "gevent"])
def test_gunicorn(place, port, workers):
    if workers == "gevent":
        module("gevent")
    fill_in(place, "gunicorn.conf.py", {8000: port})
    command = [*module("gunicorn"), "--config", "gunicorn.conf.py", "--worker-class", workers, "wsgi"]
    with running(command, port, place):
        visit(over_http(port))


def test_waitress(place, port):
    with running([*module("waitress"), "--listen", f"127.0.0.1:{port}", "wsgi:application"], port, place):
        visit(over_http(port))


def test_the_bundled_server(place, port):
    command = [sys.executable, "-m", "microweb", "--app", "wsgi", "serve", "--port", str(port)]
    with running(command, port, place):
        visit(over_http(port))


def test_uwsgi(place, port):
    need("uwsgi", files=["/usr/lib/uwsgi/plugins/python3_plugin.so"])
    fill_in(place, "uwsgi.ini", {8000: port})
    with running(["uwsgi", "--ini", "uwsgi.ini"], port, place, as_nobody()):
        visit(over_http(port))


#: What is said otherwise in uwsgi.ini, and the ports in nginx-uwsgi.conf.
PROTOCOLS = {
    "uwsgi": ({"http-socket": "socket"}, 8000, 8001),
    "fastcgi": ({"http-socket": "fastcgi-socket", "post-buffering = 8192": ""}, 8010, 8011),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_uwsgi_behind_nginx(place, protocol):
    need("nginx", "uwsgi", files=["/usr/lib/uwsgi/plugins/python3_plugin.so", "/etc/nginx/uwsgi_params"])
    changes, own, inner = PROTOCOLS[protocol]
    ports = dict(zip((8000, 8001, 8010, 8011), free_ports(4)))
    fill_in(place, "nginx-uwsgi.conf", ports)
    fill_in(place, "uwsgi.ini", {**changes, 8000: ports[inner]})
    front = ["nginx", "-e", "stderr", "-c", place / "nginx-uwsgi.conf"]
    uwsgi = running(["uwsgi", "--ini", "uwsgi.ini"], ports[inner], place, as_nobody())
    with uwsgi, running(front, ports[own], place, as_nobody()):
        ask = over_http(ports[own])
        visit(ask)
        send_pictures(ask)


def send_pictures(ask):
    """Uploads that come in many pieces, records of FastCGI, all the same."""
    guest = Guest(ask)
    for size in (20_000, 33_000, 70_000, 300_000) * 3:
        picture = PICTURE + os.urandom(size)
        written = guest.post("/", {"author": "Ada", "message": "A picture"}, picture)
        assert written.status == 303, (size, written.text)
        page = guest.open(written.headers["location"])
        shown = guest.open(re.search('src="(/pictures/[^"]+)"', page.text)[1])
        assert shown.body == picture


def test_mod_wsgi(place, port):
    need("apache2", files=[f"{APACHE}/mod_wsgi.so"])
    fill_in(place, "apache-mod-wsgi.conf", {8000: port})
    command = ["apache2", "-DFOREGROUND", "-f", place / "apache-mod-wsgi.conf"]
    with running(command, port, place, as_nobody()):
        visit(below("/guestbook", over_http(port)))


def test_cgi_under_apache(place, port):
    need("apache2", files=[f"{APACHE}/mod_cgid.so", "/usr/bin/python3"])
    fill_in(place, "apache-cgi.conf", {8000: port})
    command = ["apache2", "-DFOREGROUND", "-f", place / "apache-cgi.conf"]
    with running(command, port, place, as_nobody(), PATH="/usr/bin:/bin:/usr/sbin"):
        visit(over_http(port))


def test_cgi_under_lighttpd(place, port):
    need("lighttpd", files=["/usr/bin/python3"])
    fill_in(place, "lighttpd-cgi.conf", {8000: port})
    command = ["lighttpd", "-D", "-f", place / "lighttpd-cgi.conf"]
    with running(command, port, place, as_nobody(), PATH="/usr/bin:/bin:/usr/sbin"):
        visit(below("/guestbook.cgi", over_http(port)))
        doctor = over_http(port)("GET", "/doctor.cgi", {}, b"")
    assert doctor.status == 200 and "\nok      around       running in CGI; installed: " in doctor.text


def test_behind_nginx(place, port):
    need("nginx")
    inner = free_ports(1)[0]
    fill_in(place, "nginx.conf", {8000: port, 8001: inner})
    command = [
        sys.executable,
        "-m",
        "microweb",
        "--app",
        "proxied:application",
        "serve",
        "--port",
        str(inner),
    ]
    with (
        running(command, inner, place),
        running(["nginx", "-e", "stderr", "-c", place / "nginx.conf"], port, place, as_nobody()),
    ):
        visit(below("/guestbook", over_http(port)))
