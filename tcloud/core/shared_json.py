"""JSON of many values of which most are one and the same object: mass operations say the same of very many."""

import json
from collections.abc import Iterable, Mapping

from django.core.serializers.json import DjangoJSONEncoder


def json_of(values: Iterable[Mapping[str, object]]) -> list[str]:
    """The JSON of each, in order; an object that comes again is written once."""
    known: dict[int, tuple[Mapping[str, object], str]] = {}  # keeps the object too, so that no other takes its number
    texts = []
    for value in values:
        found = known.get(id(value))
        if found is None:
            found = known[id(value)] = (value, json.dumps(dict(value), cls=DjangoJSONEncoder))
        texts.append(found[1])
    return texts
