"""Long lists as one parameter of a statement: for mass operations.

The driver writes a list element by element, and Django a placeholder for each, which costs a mass operation more than
the rest of its Python; an array is one join.
"""

from collections.abc import Iterable

from django.db.models.expressions import RawSQL


def text_array(values: Iterable[str]) -> str:
    """A parameter for `%s::text[]`."""
    values = list(values)
    plain = '","'.join(values)
    if plain.count('"') == 2 * (len(values) - 1) and "\\" not in plain:
        return f'{{"{plain}"}}'
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


def number_array(values: Iterable[int]) -> str:
    """A parameter for `%s::bigint[]`."""
    return f"{{{','.join(map(str, values))}}}"


def among_numbers(values: Iterable[int]) -> RawSQL:
    """For `field__in=`: one parameter instead of one for each."""
    return RawSQL("SELECT unnest(%s::bigint[])", [number_array(values)])


def among_texts(values: Iterable[str]) -> RawSQL:
    """The same for texts."""
    return RawSQL("SELECT unnest(%s::text[])", [text_array(values)])
