"""Tagged JSON: types that JSON has not, kept through a round trip.

The rule: a value of such a type becomes an object with one key, its tag: `(1, 2)` is written as
`{" t": [1, 2]}`. A dict that looks like a tag by accident is itself tagged (`" di"`), its key
lengthened by `__`. The session cookie is written like this, byte for byte as Flask writes it.

Each type is one class that has both directions; `TaggedJSONSerializer.register` adds more.
"""

from __future__ import annotations

import sys
from binascii import a2b_base64, b2a_base64

from .. import json
from ..markup import Markup

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def _is_instance(value: object, module: str, name: str) -> bool:
    """isinstance for a class of a module that is not worth an import: if it is not loaded, there
    cannot be an instance either.
    """
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))


class JSONTag:
    """One type's way into JSON and back."""

    #: The object key that marks a value; empty: `tag` returns an ordinary JSON value.
    key: str = ""

    def __init__(self, serializer: TaggedJSONSerializer) -> None:
        self.serializer = serializer

    def check(self, value: t.Any) -> bool:
        """Say whether this tag is the one for `value`."""
        raise NotImplementedError

    def to_json(self, value: t.Any) -> t.Any:
        """Return a JSON value for `value`, without the tag."""
        raise NotImplementedError

    def to_python(self, value: t.Any) -> t.Any:
        """Return the original for a JSON value, the tag already removed."""
        raise NotImplementedError

    def tag(self, value: t.Any) -> t.Any:
        """Return `value` as an object whose one key is the tag."""
        return {self.key: self.to_json(value)}


# The order of the classes is that of default_tags: the first one that says yes writes the value.
class TagDict(JSONTag):
    """A dict with one item whose key is a tag; `__` behind the key makes it another."""

    key = " di"

    def check(self, value: t.Any) -> bool:
        return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in self.serializer.tags

    def to_json(self, value: t.Any) -> t.Any:
        [(key, item)] = value.items()
        # Two underscores make another key of it, which no registered tag has.
        return {f"{key}__": self.serializer.tag(item)}

    def to_python(self, value: t.Any) -> t.Any:
        [(key, item)] = value.items()
        return {key[:-2]: item}


# "Pass" classes have no key: what they write is plain JSON, and nothing has to be read back.
class PassDict(JSONTag):
    """Any other dict: its values may need tags, its keys are strings in JSON anyway."""

    def check(self, value: t.Any) -> bool:
        return isinstance(value, dict)

    def to_json(self, value: t.Any) -> t.Any:
        return {key: self.serializer.tag(item) for key, item in value.items()}

    tag = to_json


class TagTuple(JSONTag):
    """A tuple, as a list."""

    key = " t"

    def check(self, value: t.Any) -> bool:
        return isinstance(value, tuple)

    def to_json(self, value: t.Any) -> t.Any:
        return [self.serializer.tag(item) for item in value]

    def to_python(self, value: t.Any) -> t.Any:
        return tuple(value)


class PassList(JSONTag):
    """A list, whose items may need tags."""

    def check(self, value: t.Any) -> bool:
        return isinstance(value, list)

    tag = to_json = TagTuple.to_json


class TagBytes(JSONTag):
    """Bytes, in base64."""

    key = " b"

    def check(self, value: t.Any) -> bool:
        return isinstance(value, bytes)

    def to_json(self, value: t.Any) -> t.Any:
        return b2a_base64(value, newline=False).decode("ascii")

    def to_python(self, value: t.Any) -> t.Any:
        return a2b_base64(value)


class TagMarkup(JSONTag):
    """Whatever has `__html__`; it comes back as `Markup`."""

    key = " m"

    def check(self, value: t.Any) -> bool:
        return callable(getattr(value, "__html__", None))

    def to_json(self, value: t.Any) -> t.Any:
        # Not only Markup: whatever can stand in a page, and comes back as what stood there.
        return str(value.__html__())

    def to_python(self, value: t.Any) -> t.Any:
        return Markup(value)


class TagUUID(JSONTag):
    """A UUID, as its hexadecimal digits."""

    key = " u"

    def check(self, value: t.Any) -> bool:
        return _is_instance(value, "uuid", "UUID")

    def to_json(self, value: t.Any) -> t.Any:
        # 32 digits without dashes: cookies are short of space.
        return value.hex

    def to_python(self, value: t.Any) -> t.Any:
        from uuid import UUID

        return UUID(value)


class TagDateTime(JSONTag):
    """A datetime, as an HTTP date: whole seconds, in UTC."""

    key = " d"

    def check(self, value: t.Any) -> bool:
        return _is_instance(value, "datetime", "datetime")

    def to_json(self, value: t.Any) -> t.Any:
        from ..http.dates import http_date

        # Fractions of a second are lost, as in Flask; a format with them would not be readable
        # there.
        return http_date(value)

    def to_python(self, value: t.Any) -> t.Any:
        from ..http.dates import parse_date

        return parse_date(value)


_STANDARD = (TagDict, PassDict, TagTuple, PassList, TagBytes, TagMarkup, TagUUID, TagDateTime)
_COMPACT = (",", ":")
_SCALARS = frozenset({str, int, float, bool, type(None)})


class TaggedJSONSerializer:
    """JSON that keeps dict, tuple, bytes, Markup, UUID and datetime, and what is registered."""

    default_tags: list[type[JSONTag]] = [*_STANDARD]

    def __init__(self) -> None:
        #: Tag by key, for reading.
        self.tags: dict[str, JSONTag] = {}
        #: Tags in the order in which they are asked, for writing.
        self.order: list[JSONTag] = []
        for cls in self.default_tags:
            self.register(cls)
        # What the default tags let pass, so that they need not be asked. A tag that is added may not.
        self._untagged = _SCALARS if tuple(self.default_tags) == _STANDARD else frozenset()

    def register(self, tag_class: type[JSONTag], force: bool = False, index: int | None = None) -> None:
        """Add a tag, at the end of the order or before `index`.

        A tag for a subclass of a type that has one goes before it: `index=0`. A key that is
        taken is a KeyError, unless `force` replaces it.
        """
        tag, self._untagged = tag_class(self), frozenset()
        # Tags without a key are only written, so that only their order counts.
        if tag.key:
            if not force and tag.key in self.tags:
                raise KeyError(f"Tag {tag.key!r} is already registered; pass force=True to replace it.")
            self.tags[tag.key] = tag
        self.order.insert(len(self.order) if index is None else index, tag)

    def tag(self, value: t.Any) -> t.Any:
        """Return `value` as JSON types, tagged where it has to be."""
        untagged = self._untagged
        if type(value) in untagged:
            return value
        if type(value) is dict and untagged and (len(value) != 1 or next(iter(value)) not in self.tags):
            if untagged.issuperset(map(type, value.values())):
                return value
            return {key: item if type(item) in untagged else self.tag(item) for key, item in value.items()}
        # Subclasses of str or int match nothing here and are written as their base is.
        for tag in self.order:
            if tag.check(value):
                return tag.tag(value)
        return value

    def untag(self, value: dict[str, t.Any]) -> t.Any:
        """Return what a JSON object stands for: itself, unless it is a tag."""
        # An object with more keys cannot be a tag, so that data with such keys are safe.
        key = next(iter(value)) if len(value) == 1 else None
        return self.tags[key].to_python(value[key]) if key in self.tags else value

    def _untag_scan(self, value: t.Any) -> t.Any:
        """Untag from the leaves up, in the place of what the parser has just made."""
        is_object = isinstance(value, dict)
        for key, item in value.items() if is_object else enumerate(value) if isinstance(value, list) else ():
            if isinstance(item, (dict, list)):
                value[key] = self._untag_scan(item)
        # An object may hold tags, and its only item may be one itself.
        return self.untag(value) if is_object else value

    def dumps(self, value: t.Any) -> str:
        """Return `value` as compact JSON text."""
        return json._current_provider().dumps(self.tag(value), separators=_COMPACT)

    def loads(self, value: str) -> t.Any:
        """Return what `dumps` was given."""
        found = json._current_provider().loads(value)
        # The keys of the default tags begin with a blank.
        plain = self._untagged and type(value) is str and '" ' not in value and "\\" not in value
        return found if plain else self._untag_scan(found)
