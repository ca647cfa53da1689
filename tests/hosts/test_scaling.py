"""Two nodes behind nginx, one of which dies while visitors are there: all are answered, all are known."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from .sites import as_nobody, fill_in, free_ports, need, running, site

VISITORS, PAGES = 6, 40


def ip(*args):
    return subprocess.run(["ip", *args], capture_output=True).returncode == 0


@contextlib.contextmanager
def network(name, subnet):
    """A network name space: how to run in it, and its address; None if that is not allowed here."""
    inside, outside = f"{name}i", f"{name}o"
    node = f"10.203.{subnet}.2"
    if os.geteuid() or not shutil.which("ip") or not ip("netns", "add", name):
        yield None
        return
    try:
        steps = [
            ["link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name],
            ["addr", "add", f"10.203.{subnet}.1/30", "dev", outside],
            ["link", "set", outside, "up"],
            ["-n", name, "addr", "add", f"{node}/30", "dev", inside],
            ["-n", name, "link", "set", inside, "up"],
        ]
        yield (["ip", "netns", "exec", name], node) if all(ip(*step) for step in steps) else None
    finally:
        ip("link", "del", outside)
        ip("netns", "del", name)


@contextlib.contextmanager
def two_nodes(place, **environ):
    """Two nodes, and the port of nginx in front; the first node's process leads a group of its own."""
    ports = free_ports(3)
    with contextlib.ExitStack() as stack:
        spaces = [
            stack.enter_context(network(f"mw{os.getpid()}{name}", 10 + i)) for i, name in enumerate("ab")
        ]
        addresses = []
        nodes = []
        for name, space, port, keys in zip("ab", spaces, ports, ("new old", "old new")):
            wrap, host = space if all(spaces) else ([], "127.0.0.1")
            addresses.append(f"{host}:{port}")
            command = [*wrap, sys.executable, "-m", "gunicorn", "--bind", addresses[-1], "shared"]
            command += ["--worker-class", "gthread", "--threads", "4"]
            variables = {"NODE_NAME": name, "NODE_KEYS": keys, **environ}
            nodes.append(stack.enter_context(running(command, port, place, host=host, **variables)))
        nodes_at = {"10.0.0.11:8001": addresses[0], "10.0.0.12:8001": addresses[1]}
        fill_in(place, "nginx-scaling.conf", {**nodes_at, 8000: ports[2]})
        command = ["nginx", "-e", "stderr", "-c", place / "nginx-scaling.conf"]
        stack.enter_context(running(command, ports[2], place, as_nobody()))
        yield nodes, ports[2]


class Visitor(threading.Thread):
    """Turns pages, and looks where he is; what was wrong, and which nodes answered."""

    def __init__(self, port, turned):
        super().__init__()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.turned, self.cookie, self.wrong, self.nodes = turned, "", [], []
        self.repeated = 0

    def exchange(self, method, path):
        self.connection.request(method, path, headers={"Cookie": self.cookie} if self.cookie else {})
        response = self.connection.getresponse()
        return response, response.read()

    def ask(self, method, path, page):
        try:
            response, body = self.exchange(method, path)
        except http.client.IncompleteRead:
            # The node died between the head and the body, and nginx had passed the head on: nobody can take
            # that back. A client that knows GET and PUT repeats them (RFC 9110 9.2.2).
            self.repeated += 1
            self.connection.close()
            response, body = self.exchange(method, path)
        self.nodes.append(response.getheader("X-Node"))
        if cookie := response.getheader("Set-Cookie"):
            self.cookie = cookie.partition(";")[0]
        if response.status != 200 or json.loads(body) != {"page": page}:
            self.wrong.append((method, page, response.status, body))

    def run(self):
        for page in range(PAGES):
            self.ask("PUT", f"/page/{page}", page)
            self.ask("GET", "/page", page)
            self.turned.release()
        self.connection.close()


@pytest.mark.parametrize("sessions", ["in a file", "in cookies"])
def test_a_node_dies(sessions):
    need("nginx")
    if not importlib.util.find_spec("gunicorn"):
        pytest.skip("gunicorn is not installed")
    with site() as place:
        environ = {"NODE_SESSIONS": str(place / "sessions.sqlite3")} if sessions == "in a file" else {}
        with two_nodes(place, **environ) as (nodes, port):
            turned = threading.Semaphore(0)
            visitors = [Visitor(port, turned) for _ in range(VISITORS)]
            for visitor in visitors:
                visitor.start()
            for _ in range(VISITORS * PAGES // 3):
                assert turned.acquire(timeout=30)
            # The machine is gone, from one moment to the next: the process and its workers.
            os.killpg(nodes[0].pid, signal.SIGKILL)
            for visitor in visitors:
                visitor.join(60)
    assert [visitor.wrong for visitor in visitors] == [[]] * VISITORS
    # One death cuts at most what was under way.
    assert all(visitor.repeated <= 1 for visitor in visitors)
    answers = [node for visitor in visitors for node in visitor.nodes]
    assert len(answers) == 2 * VISITORS * PAGES
    # Both took part, and in the end one was alone.
    assert set(answers) == {"a", "b"} and {visitor.nodes[-1] for visitor in visitors} == {"b"}
