"""What one request does, step by step, seen through the interpreter's profile hook.

The rule: who does not look pays nothing. The framework has no hook of its own for this and asks nobody
whether somebody is looking; `sys.setprofile` tells of every call that the thread makes, and the tables
here pick those that are a step: the framework's own by `_STEPS`, the application's functions by where they
are registered, templates by the code that was generated for them.
"""

from __future__ import annotations

import os
import sys
from inspect import unwrap
from time import perf_counter

from ..ctx import AppContext, RequestContext
from ..globals import _contexts
from ..helpers import _default_template_ctx_processor, get_flashed_messages
from ..signals import Signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from types import CodeType, FrameType

    from ..app import Microweb

    #: Kind and name of a step from its frame's variables, and from its result what more there is to say.
    Say = t.Union[str, t.Callable[[dict[str, t.Any]], str]]
    Known = dict[CodeType, tuple[str, Say, str]]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LONGEST = 120  # of what is said of a value
#: Steps of a thousand rows are not read by anybody; what is left out is counted.
_MOST_STEPS = 2000


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _handled(frame: dict[str, t.Any]) -> str:
    return _short(frame["e"])


def _signal(frame: dict[str, t.Any]) -> str:
    signal = frame["self"]
    count = len(list(signal.receivers_for(frame["sender"])))
    return f"{getattr(signal, 'name', signal)} to {count} receiver{'s' * (count != 1)}"


#: Methods of the application that are steps: kind and name, or what makes one of a frame's variables.
_STEPS: dict[str, tuple[str, Say]] = {
    "dispatch_plainly": ("short way", "for a request with which only its view has to do"),
    "full_dispatch_request": ("long way", "every step"),
    "preprocess_request": ("hooks", "before the view"),
    "handle_user_exception": ("error", _handled),
    "handle_http_exception": ("error", _handled),
    "handle_exception": ("error", _handled),
    "make_response": ("response", lambda frame: f"made from {_short(frame['rv'])}"),
    "process_response": ("hooks", "after the view"),
    "do_teardown_request": ("teardown", "of the request"),
    "do_teardown_appcontext": ("teardown", "of the application context"),
}
#: Other functions that are.
_FUNCTIONS: list[tuple[t.Any, str, Say]] = [
    (RequestContext.push, "context", "the request's, pushed"),
    (RequestContext.match_request, "routing", "the URL is matched"),
    (RequestContext.pop, "context", "the request's, popped"),
    (AppContext._announce, "context", "the application's, pushed"),
    (AppContext.pop, "context", "the application's, popped"),
    (Signal.send, "signal", _signal),
    (get_flashed_messages, "flash", "messages are taken"),
]
#: Tables of functions by blueprint, None standing for the application.
_HOOKS = (
    "url_value_preprocessors before_request_funcs after_request_funcs teardown_request_funcs"
    " template_context_processors url_default_functions"
)
_KINDS = {"url_value_preprocessors": "url_value_preprocessor", "url_default_functions": "url_defaults"}


class Step:
    """A call worth telling: what it is, where its code lies, when it ran, what it called."""

    def __init__(self, kind: str, name: str, place: str, call: str, begin: float) -> None:
        self.kind, self.name, self.place = kind, name, place
        #: ``file:function`` of the framework's own.
        self.call = call
        self.begin = self.end = begin
        self.detail = ""
        self.steps: list[Step] = []

    def as_dict(self, start: float) -> dict[str, t.Any]:
        """For JSON; times are in milliseconds, from the start of the request."""
        told = {name: getattr(self, name) for name in ("kind", "name", "place", "call", "detail")}
        times = {"at": self.begin - start, "ms": self.end - self.begin}
        told.update((name, round(seconds * 1e3, 3)) for name, seconds in times.items())
        return {**told, "steps": [step.as_dict(start) for step in self.steps]}


class Observer:
    """Notes the steps of what runs in its with-statement, in this thread; may be entered again.

    :param every: note every function of the framework that is entered, not only the steps.
    """

    def __init__(self, app: Microweb, every: bool = False) -> None:
        self.every, self.left_out = every, 0
        self.root = Step("request", "", "", "", perf_counter())
        self._known = known_code(app)
        self._open: list[tuple[t.Any, Step]] = [(None, self.root)]
        self._count = 0
        self._before: t.Any = None

    def __enter__(self) -> Observer:
        self._before = sys.getprofile()
        sys.setprofile(self._see)
        return self

    def __exit__(self, *exc_info: object) -> None:
        sys.setprofile(self._before)
        self.root.end = perf_counter()

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        # Called for every call of the thread: nothing that is no step may cost more than a look-up.
        if event == "call":
            said = self._known.get(frame.f_code) or self._template(frame) or self._function(frame)
            if said is not None:
                self._begin(frame, *said)
        elif event == "return" and self._open[-1][0] is frame:
            _, step = self._open.pop()
            step.end = perf_counter()
            step.detail = _detail(step.kind, frame.f_locals, argument)

    def _begin(self, frame: FrameType, kind: str, say: Say, place: str) -> None:
        self._count += 1
        if self._count > _MOST_STEPS:
            self.left_out += 1
            return
        if kind == "hooks":
            # Those were registered during this request; nobody could know them before.
            for function in getattr(_contexts.get()[1], "_after_request_functions", ()):
                self._known.update(_registered("after_this_request", function))
        name = say if isinstance(say, str) else say(frame.f_locals)
        step = Step(kind, name, place, _call(frame.f_code), perf_counter())
        self._open[-1][1].steps.append(step)
        self._open.append((frame, step))

    def _template(self, frame: FrameType) -> tuple[str, Say, str] | None:
        """The step of generated code: a template from its top, or a block of it."""
        name = frame.f_code.co_name
        if name != "top-level template code" and not name.startswith("block "):
            return None
        template = frame.f_globals.get("name") or "from a string"
        return "template", template if name[0] == "t" else f"{name} of {template}", frame.f_code.co_filename

    def _function(self, frame: FrameType) -> tuple[str, Say, str] | None:
        """The step of any function of the framework, if every one is asked for."""
        # Older interpreters give comprehensions a frame of their own.
        call = _call(frame.f_code) if self.every and frame.f_code.co_name not in _INLINED else ""
        return ("call", call, "") if call else None


def _call(code: CodeType) -> str:
    inside = code.co_filename.startswith(_PACKAGE) and code.co_filename != __file__
    return f"{code.co_filename[len(_PACKAGE) :]}:{code.co_name}" if inside else ""


_INLINED = ("<listcomp>", "<dictcomp>", "<setcomp>")


def _detail(kind: str, frame: dict[str, t.Any], result: t.Any) -> str:
    """What is known when a step has ended."""
    if kind == "routing":
        return _routed(frame["self"])
    if kind == "response":
        return getattr(result, "status", "")
    if kind == "session":
        session = frame.get("session") or result
        words = [word for word in ("new", "accessed", "modified") if getattr(session, word, False)]
        words.append(f"keys: {', '.join(map(str, session or ())) or 'none'}")
        return "; ".join(words)
    if kind == "short way":
        return "" if result is not None else "not taken"
    if kind in {"view", "before_request", "flash"}:
        return "" if result is None else f"returned {_short(result)}"
    return ""


def _routed(context: RequestContext) -> str:
    rule = (context.matched or (context._request and context._request.url_rule,))[0]
    error = context._request and context._request.routing_exception
    return f"{rule.rule} -> {rule.endpoint}" if rule else f"no rule: {error}"


def known_code(app: Microweb) -> Known:
    """Each function that is a step, by its code: the framework's, then the application's."""
    known: Known = {}
    for name, (kind, say) in _STEPS.items():
        _add(known, getattr(type(app), name), kind, say)
        _add(known, getattr(app, name), kind, say)  # it may be replaced on the object
    for function, kind, say in _FUNCTIONS:
        _add(known, function, kind, say)
    for verb, said in (("open", "opened"), ("save", "saved")):
        _add(known, getattr(type(app.session_interface), f"{verb}_session"), "session", said)
    for kind, function in _registrations(app):
        known.update(_registered(kind, function))
    return known


def _registrations(app: Microweb) -> t.Iterator[tuple[str, t.Any]]:
    for endpoint, view in app.view_functions.items():
        yield f"view {endpoint}", view
    for table in _HOOKS.split():
        kind = _KINDS.get(table) or table.rpartition("_funcs")[0] or table.rstrip("s")
        for scope, functions in getattr(app, table).items():
            if table == "template_context_processors":
                functions = functions[functions[0] is _default_template_ctx_processor :]
            yield from ((f"{kind} of {scope}" if scope else kind, function) for function in functions)
    yield from (("teardown_appcontext", function) for function in app.teardown_appcontext_funcs)
    for codes in app.error_handler_spec.values():
        for handlers in codes.values():
            for cls, handler in handlers.items():
                yield f"errorhandler {cls.__name__}", handler


def _registered(kind: str, function: t.Any) -> Known:
    """A function that the application registered; its place is that of what a decorator wraps."""
    found: Known = {}
    name = getattr(function, "__name__", repr(function))
    kind, _, of = kind.partition(" ")
    _add(found, function, kind, f"{of} {name}".strip())
    return found


def _add(known: Known, function: t.Any, kind: str, say: Say) -> None:
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    inner: t.Any = getattr(unwrap(getattr(function, "view_class", function)), "__code__", code)
    if code is not None:
        place = (
            "" if inner.co_filename.startswith(_PACKAGE) else f"{inner.co_filename}:{inner.co_firstlineno}"
        )
        known[code] = kind, say, place
