# SPDX-License-Identifier: GPL-2.0-only
"""Reads tables of a TOML file into dataclasses; what does not fit is named in a Failure."""

import dataclasses
import difflib
import typing
from typing import Any, TypeVar

from say import Failure

T = TypeVar("T")
Table = dict[str, Any]
# Metadata of a field that is no key of the file
GIVEN = {"given": "by the caller"}


def key(name: str) -> dict[str, str]:
    """Metadata of a field whose key in the file has another name."""
    return {"key": name}


@dataclasses.dataclass(frozen=True)
class _Key:
    """What a key of the file may hold, and where it goes."""

    field: str
    kind: Any
    required: bool


def _parts(kind: type) -> dict[str, Any]:
    """Fields that are dataclasses themselves; their keys are in the same table."""
    return {name: part for name, part in typing.get_type_hints(kind).items()
            if dataclasses.is_dataclass(part)}


def _own_keys(kind: Any) -> dict[str, _Key]:
    hints, parts = typing.get_type_hints(kind), _parts(kind)
    return {field.metadata.get("key", field.name): _Key(
                field.name, hints[field.name],
                field.default is dataclasses.MISSING
                and field.default_factory is dataclasses.MISSING)
            for field in dataclasses.fields(kind)
            if field.name not in parts and "given" not in field.metadata}


def _all_keys(kind: type) -> dict[str, _Key]:
    found = _own_keys(kind)
    for part in _parts(kind).values():
        found.update(_all_keys(part))
    return found


def _fits(value: object, kind: Any) -> bool:
    if typing.get_origin(kind) is list:
        inner, = typing.get_args(kind)
        return isinstance(value, list) and all(_fits(one, inner) for one in value)
    # To Python, True is a number as well
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _name(kind: Any) -> str:
    if typing.get_origin(kind) is list:
        return "a list of strings"
    return {str: "a string", int: "a number", bool: "true or false"}[kind]


def check(where: str, table: object, kind: type) -> Table:
    """A Failure if the table has a key that no field has, or a value of another type."""
    if not isinstance(table, dict):
        raise Failure(f"{where}: not a table")
    keys = _all_keys(kind)
    for name, value in table.items():
        if name not in keys:
            near = difflib.get_close_matches(name, keys, 1)
            raise Failure(f"{where}: unknown key {name}"
                          + (f" (did you mean {near[0]}?)" if near else ""))
        if not _fits(value, keys[name].kind):
            raise Failure(f"{where}: {name} = {value!r} is not {_name(keys[name].kind)}")
    return table


def _given(kind: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if "given" in field.metadata]


def _build(where: str, table: Table, kind: type[T], given: Table) -> T:
    values: Table = {name: _build(where, table, part, given)
                     for name, part in _parts(kind).items()}
    for name, one in _own_keys(kind).items():
        if name in table:
            values[one.field] = table[name]
        elif one.required:
            raise Failure(f"{where}: {name} is missing")
    values.update({name: given[name] for name in _given(kind)})
    return kind(**values)


def build(where: str, table: object, kind: type[T], **given: object) -> T:
    """A dataclass from one table; given: the fields whose metadata is GIVEN."""
    return _build(where, check(where, table, kind), kind, given)
