"""Names from before Flask 2.3 that applications still use: the JSON_* keys, json_encoder, json_decoder.

The rule: *an old name sets what has a new one*. It is looked for before the first request, and when
a context is made by hand; who has none of them does not even load this module.
"""

from __future__ import annotations

from .globals import request
from .json.provider import DefaultJSONProvider

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    _Base = DefaultJSONProvider
else:
    _Base = object

#: Key -> the provider's attribute.
JSON_KEYS = {
    "JSON_AS_ASCII": "ensure_ascii",
    "JSON_SORT_KEYS": "sort_keys",
    "JSONIFY_MIMETYPE": "mimetype",
    "JSONIFY_PRETTYPRINT_REGULAR": "compact",
}


class _EncoderProvider(_Base):
    """Uses the encoder and decoder classes of the request's blueprint, or of the application."""

    def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        cls = self._chosen("json_encoder")
        if cls is not None and "cls" not in kwargs:
            # A default function would take the place of the method that the class was written for.
            kwargs = {"default": None, **kwargs, "cls": cls}
        return super().dumps(obj, **kwargs)

    def loads(self, s: str | bytes, **kwargs: t.Any) -> t.Any:
        cls = self._chosen("json_decoder")
        return super().loads(s, **kwargs) if cls is None else super().loads(s, **{"cls": cls, **kwargs})

    def _chosen(self, name: str) -> t.Any:
        blueprint = self._app.blueprints.get(request.blueprint) if request else None
        return getattr(blueprint, name, None) or getattr(self._app, name, None)


def follow_old_names(app: t.Any) -> None:
    """Set up the application's provider as the old names say."""
    provider = app.json
    if not isinstance(provider, DefaultJSONProvider):
        return  # one of its own knows by itself
    for key, name in JSON_KEYS.items():
        value = app.config.get(key)
        if value is not None:
            # Pretty: always, or as ever in debug mode alone.
            setattr(provider, name, (False if value else None) if name == "compact" else value)
    if not isinstance(provider, _EncoderProvider):
        provider.__class__ = type("EncoderProvider", (_EncoderProvider, type(provider)), {})
