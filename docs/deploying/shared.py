"""One of several nodes: whichever of them answers, it knows the visitor.

NODE_KEYS are the secret keys, separated by blanks: the first signs, all are believed. NODE_SESSIONS is the
file that keeps the sessions; without it they are in the visitors' cookies. NODE_NAME is told in each answer.
"""

import os

from microweb import Microweb, jsonify, session
from microweb.sqlitesessions import SqliteSessionInterface

application = Microweb(__name__)
key, *older = os.environ["NODE_KEYS"].split()
application.config.update(SECRET_KEY=key, SECRET_KEY_FALLBACKS=older)
if "NODE_SESSIONS" in os.environ:
    application.session_interface = SqliteSessionInterface(os.environ["NODE_SESSIONS"])


@application.put("/page/<int:number>")
def turn(number):
    """Where the visitor is: PUT, as a balancer may send it to another node if the first one dies over it."""
    session["page"] = number
    return jsonify(page=number)


@application.get("/page")
def page():
    return jsonify(page=session.get("page"))


@application.after_request
def name_node(response):
    response.headers["X-Node"] = os.environ.get("NODE_NAME", "?")
    return response
