"""What one request does, step by step, seen through the interpreter's profile hook.

The rule: who does not look pays nothing. The framework has no hook of its own for this and asks nobody
whether somebody is looking; `sys.setprofile` tells of every call that the thread makes, and the tables
here pick those that are a step: the framework's own by `_STEPS`, the application's functions by where they
are registered, templates by the code that was generated for them.
"""

from __future__ import annotations

import os
import sys
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

    #: A call worth telling, as JSON has it: its kind and name, its place in the application's code, the
    #: ``call`` as ``file:function`` of the framework, when it began and how long it took (``at`` and ``ms``,
    #: in milliseconds), what is known when it has ended (``detail``), and the ``steps`` within.
    Step = dict[str, t.Any]
    #: The name of a step, or what makes it of its frame's variables.
    Say = t.Union[str, t.Callable[[dict[str, t.Any]], str]]
    #: What is known of a step before it begins: its kind, its name, and its place.
    Said = tuple[str, Say, str]
    #: A function that is a step: with its kind and name, and the endpoint or blueprint that it is of.
    Row = tuple[t.Any, str, Say, str]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LONGEST = 120  # of what is said of a value
#: Steps of a thousand rows are not read by anybody; what is left out is counted.
_MOST_STEPS = 2000
#: Older interpreters give comprehensions a frame of their own.
_INLINED = ("<listcomp>", "<dictcomp>", "<setcomp>")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _handled(frame: dict[str, t.Any]) -> str:
    return _short(frame["e"])


def _signal(frame: dict[str, t.Any]) -> str:
    signal = frame["self"]
    count = len(list(signal.receivers_for(frame["sender"])))
    return f"{getattr(signal, 'name', signal)} to {count} receiver{'s' * (count != 1)}"


#: Methods of the application that are steps, with kind and name.
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
#: The application's functions by blueprint, None standing for itself: the tables, and the kind of step.
_HOOKS = {
    "url_value_preprocessors": "url_value_preprocessor", "url_default_functions": "url_defaults",
    "before_request_funcs": "before_request", "after_request_funcs": "after_request",
    "teardown_request_funcs": "teardown_request", "template_context_processors": "context_processor",
}  # fmt: skip


def _rule(context: t.Any) -> t.Any:
    return (context.matched or (context._request and context._request.url_rule,))[0] if context else None


def _routed(frame: dict[str, t.Any], result: object) -> str:
    context = frame["self"]
    rule = _rule(context)
    error = context._request and context._request.routing_exception
    return f"{rule.rule} -> {rule.endpoint}" if rule else f"no rule: {error}"


def _session(frame: dict[str, t.Any], result: t.Any) -> str:
    session = frame.get("session") or result
    words = [word for word in ("new", "accessed", "modified") if getattr(session, word, False)]
    return "; ".join([*words, f"keys: {', '.join(map(str, session or ())) or 'none'}"])


def _returned(frame: dict[str, t.Any], result: object) -> str:
    return "" if result is None else f"returned {_short(result)}"


#: By the kind of a step: what is known when it has ended, from its frame's variables and its result.
_ENDS: dict[str, t.Callable[[dict[str, t.Any], t.Any], str]] = {
    "routing": _routed,
    "response": lambda frame, result: getattr(result, "status", ""),
    "session": _session,
    "short way": lambda frame, result: "" if result is not None else "not taken",
    "view": _returned,
    "before_request": _returned,
    "flash": _returned,
}


class Observer:
    """Notes the steps of what runs in its with-statement, in this thread; may be entered again.

    :param every: note every function of the framework that is entered, not only the steps.
    """

    def __init__(self, app: Microweb, every: bool = False) -> None:
        self.every, self.left_out = every, 0
        self.steps: list[Step] = []
        #: Milliseconds until it was left the last time.
        self.ms = 0.0
        #: Functions that were made by one def share their code, as those that a decorator has wrapped do.
        self._known: dict[CodeType, dict[tuple[t.Any, str], Said]] = {}
        for row in _rows(app):
            self._learn(*row)
        self._open: list[tuple[t.Any, Step]] = [(None, {"steps": self.steps})]
        self._count, self._start = 0, perf_counter()
        self._before: t.Any = None

    def __enter__(self) -> Observer:
        self._before = sys.getprofile()
        sys.setprofile(self._see)
        return self

    def __exit__(self, *exc_info: object) -> None:
        sys.setprofile(self._before)
        self.ms = self._now()

    def _now(self) -> float:
        return round((perf_counter() - self._start) * 1e3, 3)

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        # Called for every call of the thread: nothing that is no step may cost more than a look-up.
        if event == "call":
            found = self._known.get(frame.f_code)
            said = _meant(frame, found) if found else self._unregistered(frame)
            if said is not None:
                self._begin(frame, *said)
        elif event == "return" and self._open[-1][0] is frame:
            _, step = self._open.pop()
            step["ms"] = round(self._now() - step["at"], 3)
            if step["kind"] in _ENDS:
                step["detail"] = _ENDS[step["kind"]](frame.f_locals, argument)

    def _begin(self, frame: FrameType, kind: str, say: Say, place: str) -> None:
        self._count += 1
        if self._count > _MOST_STEPS:
            self.left_out += 1
            return
        if kind == "hooks":
            # Those were registered during this request; nobody could know them before.
            for function in getattr(_contexts.get()[1], "_after_request_functions", ()):
                self._learn(function, "after_this_request", _name(function))
        name = say if isinstance(say, str) else say(frame.f_locals)
        step: Step = {"kind": kind, "name": name, "place": place, "call": _call(frame.f_code), "detail": ""}
        step.update(at=self._now(), ms=0.0, steps=[])
        self._open[-1][1]["steps"].append(step)
        self._open.append((frame, step))

    def _learn(self, function: t.Any, kind: str, say: Say, of: str = "") -> None:
        """Know a step by its code; its place is that of what a decorator wraps."""
        from inspect import unwrap  # large: with the first request, not with every start

        function = getattr(function, "__func__", function)
        code = getattr(function, "__code__", None)
        inner: t.Any = getattr(unwrap(getattr(function, "view_class", function)), "__code__", code)
        if code is not None:
            place = f"{inner.co_filename}:{inner.co_firstlineno}"
            said = kind, say, "" if place.startswith(_PACKAGE) else place
            self._known.setdefault(code, {})[function, of] = said

    def _unregistered(self, frame: FrameType) -> Said | None:
        """The step of generated code: a template from its top, or a block of it; or that of any function of
        the framework, if every one is asked for."""
        code = frame.f_code
        if code.co_name == "top-level template code" or code.co_name.startswith("block "):
            template = frame.f_globals.get("name") or "from a string"
            is_block = code.co_name[0] == "b"
            return "template", f"{code.co_name} of {template}" if is_block else template, code.co_filename
        call = _call(code) if self.every and code.co_name not in _INLINED else ""
        return ("call", call, "") if call else None


def _meant(frame: FrameType, found: dict[tuple[t.Any, str], Said]) -> Said:
    """Which of the functions with a frame's code is called: the one with what the frame is closed over, and
    of the endpoint or blueprint that is at work."""
    if len(found) > 1:
        endpoint = getattr(_rule(_contexts.get()[1]), "endpoint", "")
        for (function, of), said in found.items():
            cells = zip(frame.f_code.co_freevars, function.__closure__ or ())
            is_this = all(frame.f_locals.get(name) is _held(cell) for name, cell in cells)
            if is_this and (not of or f"{endpoint}.".startswith(f"{of}.")):
                return said
    return next(iter(found.values()))


def _held(cell: t.Any) -> t.Any:
    try:
        return cell.cell_contents
    except ValueError:  # a variable that was not set
        return None


def _call(code: CodeType) -> str:
    inside = code.co_filename.startswith(_PACKAGE) and code.co_filename != __file__
    return f"{code.co_filename[len(_PACKAGE) :]}:{code.co_name}" if inside else ""


def _rows(app: Microweb) -> t.Iterator[Row]:
    """Each function that is a step: the framework's, then the application's."""
    for name, (kind, say) in _STEPS.items():
        for owner in (type(app), app):  # it may be replaced on the object
            yield getattr(owner, name), kind, say, ""
    yield from ((*row, "") for row in _FUNCTIONS)
    for verb, said in (("open", "opened"), ("save", "saved")):
        yield getattr(type(app.session_interface), f"{verb}_session"), "session", said, ""
    for kind, of, function in _registered(app):
        if function is not _default_template_ctx_processor:
            told = f"{'of ' * (kind != 'view')}{of} " if of else ""
            yield function, kind, told + _name(function), of


def _registered(app: Microweb) -> t.Iterator[tuple[str, str, t.Any]]:
    """The application's functions: kind, of what, and the function itself."""
    for endpoint, view in app.view_functions.items():
        yield "view", endpoint, view
    tables = [(kind, getattr(app, name)) for name, kind in _HOOKS.items()]
    for kind, table in [*tables, ("teardown_appcontext", {None: app.teardown_appcontext_funcs})]:
        for scope, functions in table.items():
            yield from ((kind, scope or "", function) for function in functions)
    for handlers in (each for codes in app.error_handler_spec.values() for each in codes.values()):
        yield from (("errorhandler", "", handler) for handler in handlers.values())


def _name(function: t.Any) -> str:
    return getattr(function, "__name__", None) or repr(function)
