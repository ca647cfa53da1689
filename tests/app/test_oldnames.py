"""oldnames: settings of JSON under the names that they had before."""

import uuid

import pytest

from microweb import Blueprint, Microweb, json, jsonify, request
from microweb.json import JSONDecoder, JSONEncoder
from microweb.json.provider import DefaultJSONProvider


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ('{"a":"\\u20ac","b":1}\n', "application/json")),
        ({"JSON_AS_ASCII": False}, ('{"a":"\u20ac","b":1}\n', "application/json")),
        ({"JSON_SORT_KEYS": False}, ('{"b":1,"a":"\\u20ac"}\n', "application/json")),
        ({"JSON_SORT_KEYS": None}, ('{"a":"\\u20ac","b":1}\n', "application/json")),
        (
            {"JSONIFY_MIMETYPE": "application/vnd.api+json"},
            ('{"a":"\\u20ac","b":1}\n', "application/vnd.api+json"),
        ),
        ({"JSONIFY_PRETTYPRINT_REGULAR": True}, ('{\n  "a": "\\u20ac",\n  "b": 1\n}\n', "application/json")),
        ({"JSONIFY_PRETTYPRINT_REGULAR": False}, ('{"a":"\\u20ac","b":1}\n', "application/json")),
    ],
)
def test_keys(app, client, config, expected):
    app.config.update(config)
    app.add_url_rule("/", "index", lambda: jsonify(b=1, a="\u20ac"))
    response = client.get("/")
    assert (response.text, response.mimetype) == expected
    with Microweb("other").app_context():
        assert json.dumps({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'


def test_keys_count_in_a_context_made_by_hand(app):
    app.config["JSON_SORT_KEYS"] = False
    with app.app_context():
        assert json.dumps({"b": 1, "a": 2}) == '{"b": 1, "a": 2}'
    app.config["JSON_SORT_KEYS"] = True
    with app.test_request_context():
        assert json.dumps({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'


class Thing:
    pass


class Encoder(JSONEncoder):
    def default(self, o):
        return "thing" if isinstance(o, Thing) else super().default(o)


class Blueprints(JSONEncoder):
    def default(self, o):
        return "blueprint's"


class Decoder(JSONDecoder):
    def decode(self, s):
        return {"decoded": super().decode(s)}


def test_encoders_and_decoders(app, client):
    app.json_encoder, app.json_decoder = Encoder, Decoder
    shop = Blueprint("shop", "shop", url_prefix="/shop")
    shop.json_encoder = Blueprints
    shop.add_url_rule("/", "index", lambda: jsonify(Thing()))
    app.register_blueprint(shop)
    app.add_url_rule("/", "index", lambda: [Thing(), uuid.UUID(int=0)])
    app.add_url_rule("/", "read", lambda: request.json, methods=["POST"])
    assert client.get("/").text == f'["thing","{uuid.UUID(int=0)}"]\n'
    assert client.get("/shop/").text == '"blueprint\'s"\n'
    assert client.post("/", data="[1]", content_type="application/json").text == '{"decoded":[1]}\n'
    with app.app_context():
        assert json.dumps(Thing()) == '"thing"'
        assert json.dumps(Thing(), default=lambda o: 1) == "1"
        assert json.loads("1", cls=JSONDecoder) == 1


def test_a_class_may_have_them(app):
    class Site(Microweb):
        json_encoder = Encoder

    with Site("site").app_context():
        assert json.dumps(Thing()) == '"thing"'


def test_who_has_none_of_them_has_the_plain_provider(app, client):
    client.get("/")
    assert type(app.json) is DefaultJSONProvider and not hasattr(app, "json_encoder")


def test_a_provider_of_ones_own_is_left_alone(app, client):
    class Provider(DefaultJSONProvider):
        sort_keys = False

    class Other:
        dumps = loads = None

    app.config["JSON_SORT_KEYS"] = True
    app.json = Other()
    client.get("/")
    assert type(app.json) is Other
    app.json = Provider(app)
    app._follow_old_names()
    assert app.json.sort_keys and isinstance(app.json, Provider)


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="JSONThing"):
        _ = json.JSONThing


@pytest.mark.parametrize(
    "headers, expected",
    [
        ({}, False),
        ({"X-Requested-With": "XMLHttpRequest"}, True),
        ({"X-Requested-With": "xmlhttprequest"}, True),
        ({"X-Requested-With": "app"}, False),
    ],
)
def test_is_xhr(headers, expected):
    with Microweb("old").test_request_context("/", headers=headers) as context:
        assert context.request.is_xhr is expected
