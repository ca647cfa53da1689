"""Many threads that switch all the time: no request sees another's data, and nothing is left behind.

A few thousand requests by default; ``MICROWEB_STRESS=100000`` in the environment asks for more.
"""

import gc
import os
import sys
import threading

import pytest

from microweb import (
    Blueprint,
    Microweb,
    abort,
    flash,
    g,
    get_flashed_messages,
    render_template,
    render_template_string,
    request,
    request_finished,
    session,
    url_for,
)
from microweb.signals import Namespace
from microweb.templates import DictLoader

THREADS = 64
REQUESTS = int(os.environ.get("MICROWEB_STRESS", "3200"))
announced = Namespace().signal("announced")


@pytest.fixture
def app():
    app = Microweb("stress", root_path="/nowhere")
    app.secret_key = "x" * 32
    app.jinja_loader = DictLoader(
        {"base": "<{% block b %}{% endblock %}>"}
        | {
            f"t{n}": f"{{% extends 'base' %}}{{% block b %}}{n} {{{{ who }}}}{{% endblock %}}"
            for n in range(500)
        }
    )
    shop = Blueprint("shop", "shop", url_prefix="/shop/<int:number>")

    @app.before_request
    def remember():
        g.who = request.args["who"]

    @app.after_request
    def tell(response):
        response.headers["X-Who"] = g.who
        return response

    @app.get("/count/<who>")
    def count(who):
        session["n"] = session.get("n", 0) + 1
        session.setdefault("seen", []).append(who)
        del session["seen"][:-3]
        return f"{who} {g.who} {session['n']} {set(session['seen'])}"

    @app.get("/flash/<who>")
    def flashed(who):
        flash(who)
        return " ".join(get_flashed_messages())

    @shop.get("/<who>")
    def template(number, who):
        text = render_template_string(f"{{# {number % 300} #}}{{{{ g.who }}}}")
        return (
            f"{render_template(f't{number}', who=who)} {text} {url_for('.template', number=number, who=who)}"
        )

    @app.get("/signal/<who>")
    def signal(who):
        heard = []

        def hear(sender, said):
            heard.append(said)

        with announced.connected_to(hear, sender=who):
            announced.send(who, said=who)
        return " ".join(heard)

    @app.get("/abort/<who>")
    def refuse(who):
        abort(409, who)

    app.register_blueprint(shop)
    return app


class User:
    """One thread's requests, with what each has to be answered."""

    def __init__(self, app, who):
        self.client, self.who, self.step = app.test_client(), f"user{who}", who
        self.counted = 0
        self.wrong = []

    def ask(self):
        self.step += 1
        who, number = self.who, self.step % 500
        path, expected = [
            (f"/count/{who}", f"{who} {who} {self.counted + 1} {{'{who}'}}"),
            (f"/flash/{who}", who),
            (f"/shop/{number}/{who}", f"<{number} {who}> {who} /shop/{number}/{who}"),
            (f"/signal/{who}", who),
            (f"/abort/{who}", f"<p>{who}</p>"),
            (f"/nowhere/{who}", "Not Found"),
        ][self.step % 6]
        self.counted += path.startswith("/count")
        response = self.client.get(path, query_string={"who": who})
        if expected not in response.text or response.headers["X-Who"] != who:
            self.wrong.append((path, expected, response.text))


def used():
    """Threads, file descriptors, and memory in megabytes where the system tells."""
    gc.collect()
    if not os.path.exists("/proc/self/statm"):
        return threading.active_count(), 0, 0
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return threading.active_count(), len(os.listdir("/proc/self/fd")), pages * 4096 / 1e6


def run(users, requests):
    def work(user):
        barrier.wait()
        for _ in range(requests // THREADS):
            user.ask()

    barrier = threading.Barrier(THREADS)
    threads = [threading.Thread(target=work, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.no_validator  # which keeps all bodies until the end
def test_no_cross_talk_and_nothing_left_behind(app):
    users = [User(app, number) for number in range(THREADS)]
    finished = []

    def count(sender, response):
        finished.append(1)

    before, interval = None, sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with request_finished.connected_to(count, app):
            run(users, REQUESTS // 2)  # what is kept on purpose is there after that
            before = used()
            run(users, REQUESTS - REQUESTS // 2)
            after = used()
    finally:
        sys.setswitchinterval(interval)
    wrong = [each for user in users for each in user.wrong]
    assert not wrong, f"{len(wrong)} of {REQUESTS}, such as {wrong[:3]}"
    assert len(finished) == REQUESTS // 2 // THREADS * THREADS * 2
    assert after[:2] == before[:2]
    assert after[2] - before[2] < 4, f"memory grew from {before[2]} to {after[2]} megabytes"
    assert not announced.receivers and sum(map(len, announced._by_sender.values())) == 0
