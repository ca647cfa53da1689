"""microweb.views: classes as view functions, called through the client."""

import pytest

from microweb import Microweb, request
from microweb.views import MethodView, View


def answers(view_function, *expected, path="/", rule="/"):
    """Registers the view and asserts (method, status, text) of requests to it."""
    app = Microweb("views")
    app.add_url_rule(rule, view_func=view_function)
    client = app.test_client()
    for method, status, text in expected:
        response = client.open(path, method=method)
        assert (response.status_code, response.get_data(as_text=True)) == (status, text), method


def allowed(view_function):
    """The methods that the answer to OPTIONS names."""
    app = Microweb("views")
    app.add_url_rule("/", view_func=view_function)
    return sorted(app.test_client().options("/").allow)


class Show(View):
    """Shows."""

    methods = ["GET", "POST"]

    def __init__(self, greeting="hello", count=1):
        self.greeting = greeting * count

    def dispatch_request(self, name="you"):
        return f"{self.greeting} {name} by {request.method}"


def test_arguments_go_to_the_class_and_the_method():
    view = Show.as_view("show", "hi", count=2)
    answers(
        view, ("GET", 200, "hihi ada by GET"), ("POST", 200, "hihi ada by POST"), rule="/<name>", path="/ada"
    )


def test_the_function_carries_what_the_class_declares():
    view = Show.as_view("show")
    assert (view.__name__, view.__doc__, view.__module__) == ("show", "Shows.", __name__)
    assert (view.view_class, view.methods, view.provide_automatic_options) == (Show, ["GET", "POST"], None)


def test_the_class_can_be_replaced():
    class Other(Show):
        def dispatch_request(self):
            return "other"

    view = Show.as_view("show")
    view.view_class = Other
    answers(view, ("GET", 200, "other"))


@pytest.mark.parametrize(("every", "texts"), [(True, ["1", "1"]), (False, ["1", "2"])])
def test_instances(every, texts):
    class Count(View):
        init_every_request = every
        seen = 0

        def dispatch_request(self):
            self.seen += 1
            return str(self.seen)

    answers(Count.as_view("count"), *(("GET", 200, text) for text in texts))


def test_decorators_are_applied_in_order():
    def tagged(tag):
        def decorate(function):
            assert function.__name__ == "show" or tag == "b"

            def decorated(**kwargs):
                return f"<{tag}>{function(**kwargs)}"

            return decorated

        return decorate

    class Decorated(Show):
        decorators = [tagged("a"), tagged("b")]

    view = Decorated.as_view("show")
    assert view.__name__ == "show"
    answers(view, ("GET", 200, "<b><a>hello you by GET"))


def test_without_automatic_options():
    class Plain(Show):
        provide_automatic_options = False

    app = Microweb("views")
    app.add_url_rule("/", view_func=Plain.as_view("plain"))
    assert app.test_client().options("/").status_code == 405


def test_a_view_that_does_nothing_says_so():
    with pytest.raises(NotImplementedError, match=r"View\.dispatch_request\(\) is to be overridden"):
        View().dispatch_request()


class Item(MethodView):
    def get(self, **values):
        return "got"

    def delete(self, **values):
        return "deleted"


def test_a_method_for_each_request_method():
    got, deleted = ("GET", 200, "got"), ("DELETE", 200, "deleted")
    answers(Item.as_view("item"), got, deleted, ("HEAD", 200, ""))
    assert allowed(Item.as_view("item")) == ["DELETE", "GET", "HEAD", "OPTIONS"]


def test_methods_are_inherited():
    class Mixin:
        methods = ["PATCH"]

        def patch(self):
            return "patched"

    class More(Item, Mixin):
        def put(self):
            return "put"

    class Fixed(Item):
        methods = ["GET"]

    class Nothing(MethodView):
        pass

    assert Item.methods == {"GET", "DELETE"}
    assert More.methods == {"GET", "DELETE", "PUT", "PATCH"}
    assert (Fixed.methods, Nothing.methods) == (["GET"], None)
    answers(More.as_view("more"), ("PUT", 200, "put"), ("PATCH", 200, "patched"), ("GET", 200, "got"))


def test_head_of_its_own():
    class Own(Item):
        def head(self):
            return "", {"X-Head": "own"}

    app = Microweb("views")
    app.add_url_rule("/", view_func=Own.as_view("own"))
    assert app.test_client().head("/").headers["X-Head"] == "own"


def test_coroutine_methods():
    class Asynchronous(MethodView):
        async def get(self):
            return "awaited"

    answers(Asynchronous.as_view("asynchronous"), ("GET", 200, "awaited"))


def test_a_method_that_is_named_but_missing():
    class Missing(MethodView):
        methods = ["POST"]

    app = Microweb("views")
    app.testing = True
    app.add_url_rule("/", view_func=Missing.as_view("missing"))
    with pytest.raises(AssertionError, match="Unimplemented method 'POST'"):
        app.test_client().post("/")
