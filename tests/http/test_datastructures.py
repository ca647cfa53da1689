from __future__ import annotations

import copy
import pickle

import pytest

from microweb.exceptions import BadRequest
from microweb.http import datastructures as ds

PAIRS = [("a", 1), ("b", 2), ("a", 3)]


def test_first_value_and_all():
    d = ds.MultiDict(PAIRS)
    assert (d["a"], d.get("a"), d.getlist("a"), d.getlist("x")) == (1, 1, [1, 3], [])
    assert (list(d), list(d.items()), list(d.values())) == (["a", "b"], [("a", 1), ("b", 2)], [1, 2])
    assert list(d.items(multi=True)) == [("a", 1), ("a", 3), ("b", 2)]
    assert (list(d.lists()), list(d.listvalues())) == ([("a", [1, 3]), ("b", [2])], [[1, 3], [2]])
    assert (d.to_dict(), d.to_dict(flat=False)) == ({"a": 1, "b": 2}, {"a": [1, 3], "b": [2]})
    assert dict(d) == {**d} == {"a": 1, "b": 2}
    assert repr(d) == "MultiDict([('a', 1), ('a', 3), ('b', 2)])"


@pytest.mark.parametrize(
    "source",
    [PAIRS, iter(PAIRS), {"a": [1, 3], "b": 2}, {"a": (1, 3), "b": {2}, "c": []}, ds.MultiDict(PAIRS)],
)
def test_made_from(source):
    assert ds.MultiDict(source).to_dict(flat=False) == {"a": [1, 3], "b": [2]}


def test_a_copy_shares_nothing():
    d = ds.MultiDict(PAIRS)
    for other in (d.copy(), copy.copy(d), ds.MultiDict(d), copy.deepcopy(d), pickle.loads(pickle.dumps(d))):
        other.add("a", 4)
        assert other.getlist("a") == [1, 3, 4] and d.getlist("a") == [1, 3]
    assert not ds.MultiDict().getlist("a")


def test_missing_key_is_a_bad_request():
    for read in (ds.MultiDict().__getitem__, ds.MultiDict().pop, ds.CombinedMultiDict().__getitem__):
        with pytest.raises(KeyError) as caught:
            read("name")
        assert isinstance(caught.value, BadRequest)
    for pop in (ds.MultiDict().popitem, ds.MultiDict().popitemlist):
        with pytest.raises(BadRequest):
            pop()


def test_typed_access():
    d = ds.MultiDict({"n": ["7", "x", "8"], "w": "x", "none": None})
    assert (d.get("n", type=int), d.get("w", 5, type=int), d.get("none", 5, type=int)) == (7, 5, 5)
    assert d.getlist("n", type=int) == [7, 8]
    # B129: CVE-2020-10735. More digits than int() takes.
    assert ds.MultiDict({"n": "9" * 5000}).get("n", 0, type=lambda text: int(text[:5000])) is not None
    with pytest.raises(ZeroDivisionError):
        d.get("n", type=lambda text: 1 / 0)


def test_changes():
    d = ds.MultiDict(PAIRS)
    d["b"] = 5
    d.setlist("c", (6, 7))
    d.update({"c": [8], "d": 9})
    assert d.setdefault("e", 10) == d.setdefault("e", 11) == 10
    d.setlistdefault("f").append(12)
    d |= [("g", 13)]
    assert (d | {"h": 14})["h"] == 14 and "h" not in d
    assert d.to_dict(flat=False) == {
        "a": [1, 3], "b": [5], "c": [6, 7, 8], "d": [9], "e": [10], "f": [12], "g": [13]
    }  # fmt: skip
    assert (d.pop("a"), d.pop("a", None), d.poplist("c"), d.poplist("c")) == (1, None, [6, 7, 8], [])
    assert (d.popitem(), d.popitemlist()) == (("g", 13), ("f", [12]))


def test_get_follows_an_overridden_getitem():
    class Shouting(ds.MultiDict):
        def __getitem__(self, key):
            return super().__getitem__(key).upper()

    assert (Shouting({"a": "x"}).get("a"), Shouting().get("a", "none")) == ("X", "none")


READ_ONLY = [
    ds.ImmutableDict({"a": 1}),
    ds.ImmutableTypeConversionDict({"a": 1}),
    ds.ImmutableMultiDict({"a": 1}),
    ds.ImmutableOrderedMultiDict({"a": 1}),
]


@pytest.mark.parametrize("d", READ_ONLY, ids=lambda d: type(d).__name__)
def test_read_only_dicts(d):
    for change in (
        lambda: d.update({"b": 2}),
        lambda: d.pop("a"),
        lambda: d.setdefault("b"),
        d.clear,
        d.popitem,
        lambda: d.__setitem__("a", 2),
        lambda: d.__delitem__("a"),
        lambda: d.__ior__({"b": 2}),
    ):
        with pytest.raises(TypeError, match=f"'{type(d).__name__}' objects are immutable"):
            change()
    assert copy.copy(d) is d and d == type(d)({"a": 1}) and {d: 1}[type(d)({"a": 1})]
    mutable = d.copy()
    mutable["b"] = 2
    assert "b" not in d
    assert pickle.loads(pickle.dumps(d)) == d
    assert type(d).fromkeys("xy", 1)["y"] == 1
    assert type(d).__name__ in repr(d) or type(d) is ds.ImmutableTypeConversionDict


def test_read_only_multi_dict_refuses_lists_too():
    d = ds.ImmutableMultiDict(PAIRS)
    for change in ("add", "setlist", "poplist", "setlistdefault", "popitemlist"):
        with pytest.raises(TypeError):
            getattr(d, change)("a", 1)
    assert hash(d) != hash(ds.ImmutableMultiDict({"a": 1, "b": 2}))


def test_read_only_list():
    items = ds.ImmutableList([1, 2])
    assert (repr(items), hash(items), pickle.loads(pickle.dumps(items))) == (
        "ImmutableList([1, 2])",
        hash((1, 2)),
        items,
    )
    for change in (items.append, items.extend, items.remove, items.__iadd__, items.__delitem__, items.pop):
        with pytest.raises(TypeError):
            change(1)


def test_combined():
    first, second = ds.MultiDict({"a": "x"}), ds.MultiDict({"a": ["2", "3"], "b": "4"})
    d = ds.CombinedMultiDict([first, second])
    assert (d["a"], d["b"], d.get("a", type=int), d.get("z", 0), d.getlist("a")) == (
        "x",
        "4",
        2,
        0,
        ["x", "2", "3"],
    )
    assert (list(d), len(d), "b" in d, bool(ds.CombinedMultiDict())) == (["a", "b"], 2, True, False)
    assert (dict(d), d.to_dict(flat=False)) == ({"a": "x", "b": "4"}, {"a": ["x", "2", "3"], "b": ["4"]})
    assert list(d.items(multi=True)) == [("a", "x"), ("a", "2"), ("a", "3"), ("b", "4")]
    assert list(d.values()) == ["x", "4"] and list(d.listvalues()) == [["x", "2", "3"], ["4"]]
    assert d == d.copy() and d != ds.CombinedMultiDict([first]) and d != {}
    assert pickle.loads(pickle.dumps(d)) == d and hash(d) == hash(ds.CombinedMultiDict([d.copy()]))
    with pytest.raises(TypeError):
        d["a"] = 1
    with pytest.raises(TypeError):
        ds.CombinedMultiDict.fromkeys("a")
    # A view: it shows what the dicts become.
    first.clear()
    assert d["a"] == "2"


def test_ordered():
    d = ds.OrderedMultiDict(PAIRS)
    assert list(d.items(multi=True)) == PAIRS and list(d.items()) == [("a", 1), ("b", 2)]
    assert d == ds.MultiDict(PAIRS) and d != ds.OrderedMultiDict(sorted(PAIRS)) and d == d.copy()
    assert pickle.loads(pickle.dumps(d)) == d
    d["a"] = 9
    assert list(d.items(multi=True)) == [("b", 2), ("a", 9)]
    del d["b"]
    assert (d.popitemlist(), d.poplist("x"), list(d.items(multi=True))) == (("a", [9]), [], [])
    d.update(PAIRS)
    d.clear()
    assert not d and not list(d.items(multi=True))
    for call in (lambda: d.setlistdefault("a"), lambda: hash(d)):
        with pytest.raises(TypeError):
            call()
    assert hash(ds.ImmutableOrderedMultiDict(PAIRS)) != hash(ds.ImmutableOrderedMultiDict(sorted(PAIRS)))
    assert ds.ImmutableOrderedMultiDict(PAIRS).copy() == ds.OrderedMultiDict(PAIRS)


def test_callback_dict():
    calls = []
    d = ds.CallbackDict({"a": 1, "b": 2}, on_update=calls.append)
    d["a"], d.get("a"), d.pop("x", None), d.setdefault("a"), d.copy()
    assert not calls
    d["c"] = 3
    del d["c"]
    d.pop("a")
    d.setdefault("a", 4)
    d.update(e=5)
    d |= {}
    d.popitem()
    d.clear()
    assert len(calls) == 8 and all(call is d for call in calls)
    for change in (lambda: d.pop("x"), lambda: d.__delitem__("x")):
        with pytest.raises(KeyError):
            change()
    assert len(calls) == 8
    assert repr(ds.CallbackDict({"a": 1})) == "<CallbackDict {'a': 1}>"


def test_header_set():
    calls = []
    tokens = ds.parse_set_header('foo, Bar, "a b", FOO', calls.append)
    assert (list(tokens), "bar" in tokens, 5 in tokens, len(tokens)) == (
        ["foo", "Bar", "a b"],
        True,
        False,
        3,
    )
    assert (tokens.find("BAR"), tokens.find("x"), tokens[1], str(tokens)) == (1, -1, "Bar", 'foo, Bar, "a b"')
    assert not calls
    tokens.add("Foo")
    tokens.discard("x")
    assert not calls
    tokens.remove("BAR")
    tokens.add("New")
    tokens[0] = "Zoo"
    del tokens[1]
    assert (list(tokens), len(calls)) == (["Zoo", "New"], 4)
    assert (tokens.as_set(), tokens.as_set(preserve_casing=True)) == ({"zoo", "new"}, {"Zoo", "New"})
    for call, error in ((lambda: tokens.index("x"), IndexError), (lambda: tokens.remove("x"), KeyError)):
        with pytest.raises(error):
            call()
    assert repr(tokens) == "HeaderSet(['Zoo', 'New'])"
    tokens.clear()
    assert not tokens and not ds.parse_set_header(None)


def test_iter_multi_items():
    assert list(ds.iter_multi_items({"a": [1, 2], "b": b"x"})) == [("a", 1), ("a", 2), ("b", b"x")]
    assert list(ds.iter_multi_items(ds.MultiDict(PAIRS))) == [("a", 1), ("a", 3), ("b", 2)]


@pytest.mark.parametrize("kind", [ds.MultiDict, ds.ImmutableMultiDict, ds.OrderedMultiDict])
def test_deep_copies_are_equal_and_independent(kind):
    plain = kind([("a", [1]), ("b", [2]), ("a", [3])])
    for d in (plain, ds.CombinedMultiDict([plain])):
        copied = copy.deepcopy(d)
        assert copied == d and type(copied) is type(d) and copied["a"] is not d["a"]
