"""A program that serves itself: pages, templates, sessions, forms and uploads, by calling the application.

It needs no socket, no thread and no file. `NAME` is what the package is called; whatever is wrong ends it
with a status of 1 and a line that says what.
"""

import importlib
import io
import sys

NAME = globals().get("NAME", "microweb")
web = importlib.import_module(NAME)

app = web.Microweb("visit", static_folder=None)
app.secret_key = "for this visit"


@app.route("/")
def hello():
    return "hello"


@app.route("/template")
def template():
    source = "{% macro m(x) %}<{{ x }}>{% endmacro %}{% for c in text %}{{ m(c) }}{% endfor %}"
    return web.render_template_string(source, text="a&")


@app.route("/session")
def session():
    web.session["seen"] = web.session.get("seen", 0) + 1
    web.session["long"] = "repeated " * 50
    return web.jsonify(seen=web.session["seen"])


@app.route("/form", methods=["POST"])
def form():
    sizes = {name: len(file.read()) for name, file in web.request.files.items()}
    return web.jsonify(form=web.request.form, sizes=sizes)


def ask(method, path, body=b"", content_type="", cookie=""):
    """Status, headers and body."""
    started = []
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_COOKIE": cookie,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    answer = app(environ, lambda status, headers, exc_info=None: started.append((status, headers)))
    content = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    (status, headers) = started[0]
    return status, dict(headers), content


def check(found, wanted):
    if found != wanted:
        raise SystemExit(f"{found!r}, not {wanted!r}")


def multipart(size):
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\n'
    return head + b"y" * size + b"\r\n--x--\r\n"


check(ask("GET", "/")[::2], ("200 OK", b"hello"))
check(ask("GET", "/missing")[0], "404 NOT FOUND")
check(ask("GET", "/template")[::2], ("200 OK", b"<a><&amp;>"))
status, headers, _ = ask("GET", "/session")
cookie = headers["Set-Cookie"].partition(";")[0]
check(ask("GET", "/session", cookie=cookie)[2], b'{"seen":2}\n')
url_encoded = "application/x-www-form-urlencoded"
check(
    ask("POST", "/form", b"a=b%C3%BC&c=d", url_encoded)[2], b'{"form":{"a":"b\\u00fc","c":"d"},"sizes":{}}\n'
)
uploaded = ask("POST", "/form", multipart(1000), "multipart/form-data; boundary=x")
check(uploaded[2], b'{"form":{},"sizes":{"f":1000}}\n')
client = app.test_client()
check([client.get("/session").json["seen"] for _ in "12"], [1, 2])
print("served by", type(app).__module__)
