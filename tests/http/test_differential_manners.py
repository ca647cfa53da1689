"""The manners of the data structures beside Werkzeug's: copies, pickles, texts, comparisons, refusals."""

from __future__ import annotations

import copy
import pickle
from io import BytesIO
from types import SimpleNamespace

import pytest

from microweb.http import accept, auth, caching, datastructures, directives, headers, uploads

theirs = pytest.importorskip("werkzeug.datastructures")
HOMES = (accept, auth, caching, datastructures, directives, headers, uploads)
ours = SimpleNamespace(**{name: value for home in HOMES for name, value in vars(home).items()})

#: How each is made; `d` is the module.
MADE = {
    "MultiDict": "d.MultiDict([('a', '1'), ('b', '2'), ('a', '3')])",
    "ImmutableMultiDict": "d.ImmutableMultiDict([('a', '1'), ('b', '2'), ('a', '3')])",
    "CombinedMultiDict": "d.CombinedMultiDict([d.MultiDict({'a': '1'}), d.MultiDict([('a', '2')])])",
    "TypeConversionDict": "d.TypeConversionDict(a='1', b='x')",
    "ImmutableTypeConversionDict": "d.ImmutableTypeConversionDict({'a': '1', 'b': 'x'})",
    "ImmutableDict": "d.ImmutableDict(a=1, b=2)",
    "ImmutableList": "d.ImmutableList([1, 2])",
    "CallbackDict": "d.CallbackDict({'a': 1})",
    "HeaderSet": "d.HeaderSet(['A', 'b'])",
    "Accept": "d.Accept([('a', 0.5), ('b', 1)])",
    "MIMEAccept": "d.MIMEAccept([('text/html', 0.5), ('*/*', 0.1), ('text/*', 1)])",
    "LanguageAccept": "d.LanguageAccept([('en-us', 0.5), ('de', 1)])",
    "CharsetAccept": "d.CharsetAccept([('utf-8', 0.5), ('latin1', 1)])",
    "no Accept": "d.Accept(None)",
    "ETags": "d.ETags(['a'], ['b'])",
    "any ETag": "d.ETags(star_tag=True)",
    "Range": "d.Range('bytes', [(0, 10), (20, None)])",
    "IfRange": "d.IfRange('abc')",
    "ContentRange": "d.ContentRange('bytes', 0, 10, 100)",
    "no ContentRange": "d.ContentRange(None, None, None)",
    "RequestCacheControl": "d.RequestCacheControl({'max-age': '0', 'no-cache': None, 'x': 'y'})",
    "ResponseCacheControl": "d.ResponseCacheControl({'max-age': '0', 'no-cache': None, 'private': 'f'})",
    "ContentSecurityPolicy": "d.ContentSecurityPolicy({'default-src': 'x'})",
    "Authorization": "d.Authorization('basic', {'username': 'u', 'password': 'p'})",
    "a token": "d.Authorization('bearer', token='abc')",
    "WWWAuthenticate": "d.WWWAuthenticate('basic', {'realm': 'x y'})",
    "FileStorage": "d.FileStorage(BytesIO(b'abc'), 'a.txt', 'f', 'text/plain; charset=x', 3)",
    "Headers": "d.Headers([('A', '1'), ('b', '2'), ('a', '3')])",
    "EnvironHeaders": "d.EnvironHeaders({'HTTP_A': '1', 'CONTENT_TYPE': 'x', 'CONTENT_LENGTH': ''})",
}

#: What is done to each of them, if it can be; `x` and `y` are made alike.
DONE = """
repr(x); str(x); bool(x); len(x); hash(x) == hash(y); x == y; x != y; x == 5
type(copy.copy(x)).__name__; type(copy.deepcopy(x)).__name__; x == copy.deepcopy(x)
[repr(pickle.loads(pickle.dumps(x, p))) for p in range(2, 6)]; type(pickle.loads(pickle.dumps(x))).__name__
x.copy(); x.copy() == x; type(x.copy()).__name__; type(x.deepcopy()).__name__
list(x.items()); list(x.items(multi=True)); sorted(x.keys()); list(x.values()); list(x.lists())
x.to_dict(flat=False); x['a']; x['zz']; x[0]; x[0:1]; x.get('a'); x.get('zz')
x.get('a', type=int); x.get('b', 5, type=int); x.getlist('zz')
x.get('a', 5, lambda v: None.foo); x.get('a', 5, lambda v: {}['k']); x.getlist('a', type=int)
'a' in x; 'zz' in x; x.add('a', '9') or repr(x); x.setlist('a', ['7', '8']) or repr(x)
x.setdefault('a', '9'); x.setdefault('zz', '9'); x.setlistdefault('zz', ['q'])
x.update({'a': '5', 'n': ['1', '2']}) or repr(x); x.update([('a', '5')]) or repr(x)
x.pop('a'); x.pop('zz'); x.pop('zz', None); x.pop(); x.popitem(); x.poplist('a'); x.poplist('zz')
x.popitemlist(); x.__setitem__('a', '8') or repr(x); x.__setitem__(0, ('q', '8')) or repr(x)
x.__delitem__('a') or repr(x); x.__delitem__('zz') or repr(x); x.__delitem__(0) or repr(x)
x | {'q': '1'}; x | [('q', '1')]; x.__ior__({'q': '1'}); x.__ior__([('q', '1')])
x.extend([('q', '1')]) or repr(x); x.extend({'q': ['1', '2']}, r='5') or repr(x)
x.append(1); x.insert(0, 1); x.sort(); x.reverse(); x.remove('a'); x.remove('zz'); x.discard('a') or repr(x)
x.find('a'); x.find('zz'); x.index('a'); x.index('zz'); x.as_set(); x.to_header(); x.to_wsgi_list()
x.best; x.best_match(['a', 'b']); x.quality('a'); x.provided; x.star_tag; x.contains('a')
x.contains_raw('W/"b"'); x('a'); x(data=b''); x(); x.range_for_length(5); x.make_content_range(50)
x.to_content_range_header(50); x.units; x.set(0, 5, 10) or repr(x); x.unset() or repr(x)
x.max_age; x.no_cache; x.private; x.default_src
x.foo; x.username; x.type; x.token; x.parameters; x.realm; x.read(); x.filename; x.mimetype; x.mimetype_params
type(x).fromkeys('ab'); x.set('a', 'z', k='v w') or repr(x); x.add('a', 'z', filename='v"w') or repr(x)
list(x.keys(lower=True)); x.from_header(''); x.from_header('Basic dTpw'); x.from_header('Digest a=b, c="d e"')
setattr(x, 'max_age', 5) or repr(x); delattr(x, 'max_age') or repr(x); setattr(x, 'realm', None) or repr(x)
setattr(x, 'start', 5) or repr(x)
"""
DEEDS = [deed.strip() for line in DONE.strip().splitlines() for deed in line.split("; ")]

# Theirs cannot be copied or pickled, or what is made is no equal of it.
COPIED = {"Authorization", "a token", "WWWAuthenticate", "FileStorage"}


def outcome(module, made, deed):
    names = {"d": module, "BytesIO": BytesIO, "copy": copy, "pickle": pickle}
    x, y = eval(made, names), eval(made, names)
    try:
        result = eval(deed, {**names, "x": x, "y": y})
    except Exception as error:
        # Ours is one as well.
        return "KeyError" if isinstance(error, KeyError) else type(error).__name__
    return repr(result) if type(result).__module__ == "builtins" else f"{type(result).__name__}: {result!r}"


def differs(kind, deed):
    """Whether the difference is meant."""
    if kind in COPIED:
        # Missing methods are asked of the object here, and so are an AttributeError.
        return "copy" in deed or "pickle" in deed or "__" in deed
    if kind == "EnvironHeaders":
        return deed == "x[0:1]"  # a slice of them is an error here and there
    if kind == "CombinedMultiDict":
        # It compares, and tells what is in it when it is copied.
        return "copy" in deed and "==" in deed
    return False


@pytest.mark.parametrize("kind", MADE)
def test_manners(kind):
    for deed in DEEDS:
        if not differs(kind, deed):
            assert outcome(ours, MADE[kind], deed) == outcome(theirs, MADE[kind], deed), deed


@pytest.mark.parametrize("kind", MADE)
def test_names(kind):
    """Whatever can be asked there can be asked here."""
    (name,) = {name for name in vars(ours) if f"d.{name}(" in MADE[kind].split("[")[0]} - {"d"}
    public = {each for each in dir(getattr(theirs, name)) if not each.startswith("_")}
    made = eval(MADE[kind], {"d": ours, "BytesIO": BytesIO})
    assert public <= {*dir(made), *vars(made)} if hasattr(made, "__dict__") else public <= {*dir(made)}
