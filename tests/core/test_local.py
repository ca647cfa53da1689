"""microweb.local: a proxy is its object in everything but its type; contexts do not see each other."""

import copy
import math
import operator
import threading
from contextvars import ContextVar, copy_context

import pytest

from microweb.local import Local, LocalManager, LocalProxy, LocalStack, release_local

variable: ContextVar = ContextVar("tests.variable")

BINARY = "lt le eq ne gt ge add sub mul truediv floordiv mod pow lshift rshift and_ or_ xor"
IN_PLACE = "add sub mul mod pow lshift rshift and xor or"


def proxy_to(value):
    return LocalProxy(lambda: value)


def same(operation, *values):
    """Asserts that *operation* does to a proxy in each place what it does to the value there."""
    expected = operation(*values)
    for index, value in enumerate(values):
        arguments = [*values[:index], proxy_to(value), *values[index + 1 :]]
        assert operation(*arguments) == expected


@pytest.mark.parametrize(
    "name",
    [
        "lt",
        "le",
        "eq",
        "ne",
        "gt",
        "ge",
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "lshift",
        "rshift",
        "and_",
        "or_",
        "xor",
    ],
)
def test_binary_operators_on_either_side(name):
    same(getattr(operator, name), 7, 3)


@pytest.mark.parametrize("operation", [operator.neg, operator.pos, operator.invert, abs, bin, hash])
def test_unary_operators(operation):
    same(operation, -5)


@pytest.mark.parametrize(
    "operation", [complex, int, float, round, math.trunc, math.floor, math.ceil, bool, str, repr]
)
def test_conversions(operation):
    assert operation(proxy_to(2.5)) == operation(2.5)


def test_three_argument_pow_and_divmod():
    assert pow(proxy_to(5), 3, 7) == pow(5, 3, 7)
    same(divmod, 17, 5)


@pytest.mark.parametrize(
    "operation",
    [len, list, iter, reversed, dir, bool, copy.copy, copy.deepcopy, "{}".format, "{0[1]}".format],
)
def test_containers(operation):
    expected, got = operation([3, 1]), operation(proxy_to([3, 1]))
    assert type(got) is type(expected)
    assert list(got) == list(expected) if not isinstance(got, (bool, int)) else got == expected


def test_items():
    target = [1, 2, 3]
    proxy = proxy_to(target)
    proxy[0] = 9
    del proxy[1]
    assert target == [9, 3]
    assert 9 in proxy
    assert proxy[-1] == 3


@pytest.mark.parametrize("name", IN_PLACE.split())
def test_in_place_operators_keep_the_proxy(name):
    class Counter:
        def change(self, other):
            self.value = other
            return self

        locals().update({f"__i{name}__": change})

    counter = Counter()
    proxy = proxy_to(counter)
    result = getattr(operator, f"i{name}")(proxy, 4)
    assert result is proxy
    assert counter.value == 4


def test_in_place_change_of_a_list_reaches_the_object():
    target = [1]
    proxy = proxy_to(target)
    proxy += [2]
    assert type(proxy) is LocalProxy
    assert target == [1, 2]


def test_passes_for_its_object():
    proxy = proxy_to("text")
    assert isinstance(proxy, str)
    assert proxy.__class__ is str
    assert proxy.__doc__ == str.__doc__
    assert type(proxy) is LocalProxy
    assert proxy._get_current_object() == "text"


def test_attributes_are_those_of_the_object():
    class Target:
        def __getattr__(self, name):
            return f"made {name}"

    target = Target()
    proxy = proxy_to(target)
    proxy.colour = "red"
    assert (target.colour, proxy.colour, proxy.other) == ("red", "red", "made other")
    del proxy.colour
    assert "colour" not in vars(target)
    assert proxy._get_current_object() is target
    assert proxy.__dict__ is target.__dict__


def test_missing_attribute_is_an_attribute_error():
    assert not hasattr(proxy_to(1), "nothing")


def test_calls_contexts_and_classes():
    class Target:
        def __enter__(self):
            return "entered"

        def __exit__(self, *exc):
            return True

    with proxy_to(Target()) as entered:
        assert entered == "entered"
        raise ValueError("the object's __exit__ swallows it")
    assert proxy_to(sorted)([2, 1], reverse=True) == [2, 1]
    assert isinstance(1, proxy_to(int))
    assert issubclass(bool, proxy_to(int))


def test_awaits_and_iterates_asynchronously():
    import asyncio

    class Target:
        left = 2

        def __aiter__(self):
            return self

        async def __anext__(self):
            self.left -= 1
            if self.left < 0:
                raise StopAsyncIteration
            return self.left

        async def __aenter__(self):
            return self

        async def __aexit__(self, *exc):
            self.left = 2

    async def one():
        return 1

    async def main():
        coroutine = one()
        proxy = proxy_to(Target())
        async with proxy as target:
            assert [value async for value in proxy] == [1, 0]
        return await proxy_to(coroutine), target.left

    assert asyncio.run(main()) == (1, 2)


def test_unbound_proxy():
    proxy = LocalProxy(ContextVar("tests.unset"), unbound_message="nothing here")
    assert repr(proxy) == "<LocalProxy unbound>"
    assert not proxy
    assert dir(proxy) == []
    assert isinstance(proxy, LocalProxy)
    assert "LocalProxy" in proxy.__doc__
    assert proxy.__module__ == LocalProxy.__module__
    assert proxy.__repr__() == "<LocalProxy unbound>"
    # It equals itself alone, so that lists can be searched.
    assert None not in [proxy] and proxy != 1 and proxy == proxy
    assert not hasattr(proxy, "__dict__")
    for use in (len, str, lambda p: p.attribute, lambda p: p._get_current_object(), hash, iter):
        with pytest.raises(RuntimeError, match="^nothing here$"):
            use(proxy)
    with pytest.raises(RuntimeError, match="nothing here"):
        proxy.attribute = 1


@pytest.mark.parametrize("name", [None, "real"])
def test_context_variable(name):
    proxy = LocalProxy(variable, name)
    assert proxy.__wrapped__ is variable
    token = variable.set(42)
    try:
        assert proxy == 42
        assert not hasattr(proxy, "__wrapped__")
    finally:
        variable.reset(token)
    assert not proxy


def test_errors_of_the_source_are_its_own():
    def fails():
        raise KeyError("a key")

    with pytest.raises(KeyError, match="a key"):
        len(LocalProxy(fails))
    with pytest.raises(KeyError, match="a key"):
        _ = LocalProxy(fails).attribute


def test_source_that_raises_runtime_error_is_unbound():
    def fails():
        raise RuntimeError("not now")

    proxy = LocalProxy(fails)
    assert not proxy
    with pytest.raises(RuntimeError, match="not now"):
        len(proxy)


@pytest.mark.parametrize("source", [3, "name", None])
def test_what_cannot_be_proxied(source):
    with pytest.raises(TypeError, match="a proxy stands for"):
        LocalProxy(source)


def test_proxy_to_a_local_needs_a_name():
    with pytest.raises(TypeError, match="'name'"):
        LocalProxy(Local())


def test_subclasses_have_attributes_of_their_own():
    class Named(LocalProxy):
        label = "mine"

        def shout(self):
            return self.upper()

    proxy = Named(lambda: "text")
    assert (proxy.label, proxy.shout(), proxy.title()) == ("mine", "TEXT", "Text")
    assert repr(Named(ContextVar("tests.unset"))) == "<Named unbound>"


def test_local_namespaces():
    local = Local()
    assert not hasattr(local, "user")
    local.user = "ada"
    proxy = local("user", unbound_message="no user")
    assert proxy == "ada"
    assert dict(local) == {"user": "ada"}
    del local.user
    with pytest.raises(AttributeError, match="user"):
        del local.user
    with pytest.raises(RuntimeError, match="no user"):
        str(proxy)


def test_contexts_do_not_see_each_other():
    local, stack = Local(), LocalStack()
    local.user = "outer"
    stack.push("outer")

    def inner():
        local.user = "inner"
        return stack.push("inner")

    assert copy_context().run(inner) == ["outer", "inner"]
    assert (local.user, stack.top) == ("outer", "outer")
    seen = []
    thread = threading.Thread(target=lambda: seen.extend([stack.top, hasattr(local, "user")]))
    thread.start()
    thread.join()
    assert seen == [None, False]


def test_stack():
    stack = LocalStack()
    top, length = stack(), stack("__class__")
    assert (stack.top, stack.pop()) == (None, None)
    assert not top
    assert stack.push([1]) == [[1]]
    assert stack.push([1, 2]) == [[1], [1, 2]]
    assert top == [1, 2]
    assert length is not None
    assert length.__name__ == "list"
    assert stack.pop() == [1, 2]
    release_local(stack)
    assert stack.top is None


def test_manager_releases_when_the_response_is_closed():
    local, stack = Local(), LocalStack()
    manager = LocalManager([local, stack])
    assert repr(manager) == "<LocalManager storages: 2>"

    @manager.middleware
    def application(environ, start_response):
        """Says hello."""
        local.user = "ada"
        stack.push(1)
        return [b"hello"]

    assert (application.__name__, application.__doc__) == ("application", "Says hello.")
    body = application({}, None)
    assert list(body) == [b"hello"]
    assert local.user == "ada"
    body.close()
    assert (hasattr(local, "user"), stack.top) == (False, None)


@pytest.mark.parametrize("make", [Local, LocalStack])
def test_manager_of_one(make):
    assert len(LocalManager(make()).locals) == 1
    assert LocalManager().locals == []
