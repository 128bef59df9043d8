"""Prints the keys of a file as a JSON Schema, so that editors complete and check policies as they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.policy.schema import BARE_OPERATIONS, FILES, FORMAT, KINDS, OPERATIONS, TEST_OPERATORS, Key, Keys, Shape

_DATE = r"^\d{4}-\d{2}-\d{2}$"
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_PLAIN: Mapping[Shape, dict[str, Any]] = {
    Shape.TEXT: {"type": "string", "minLength": 1},
    Shape.DATE: {"type": "string", "pattern": _DATE},
    Shape.FLAG: {"type": "boolean"},
    Shape.INTEGER: {"type": "integer"},
    Shape.ANY: {},
    Shape.TEXTS: {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    Shape.ONE_OR_TEXTS: {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
}


def json_schema(kind: str) -> dict[str, Any]:
    """Returns the JSON Schema (2020-12) of a kind of file: ``policy``, ``table`` or ``tests``."""
    document = _object(FILES[kind])
    document["properties"]["kind"] = {"const": kind}
    document["properties"]["format"] = {"const": FORMAT}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"claimrules {kind}",
        **document,
        "$defs": _definitions(),
    }


def _object(keys: Keys) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(name, key) for name, key in keys.items()},
    }
    required = [name for name, key in keys.items() if key.required]
    return {**found, "required": required} if required else found


def _property(name: str, key: Key) -> dict[str, Any]:
    return {**_shape(name, key), "description": key.about}


def _shape(name: str, key: Key) -> dict[str, Any]:
    if name in ("when", "unless"):
        return {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/condition"}}
    if name == "where":
        return {"$ref": "#/$defs/tests"}
    if name in OPERATIONS:
        return _operation(name)
    if key.shape is Shape.WORD:
        return {"enum": list(key.words)}
    if key.shape is Shape.MAP:
        return _object(key.keys)
    if key.shape is Shape.NAMED:
        values = {"enum": list(key.words)} if key.words else _object(key.keys) if key.keys else {}
        return {"type": "object", "additionalProperties": values}
    if key.shape is Shape.LIST:
        return {"type": "array", "items": _object(key.keys)} if key.keys else {"type": "array"}
    return dict(_PLAIN[key.shape])


def _operation(name: str) -> dict[str, Any]:
    described = _object(OPERATIONS[name])
    return {"anyOf": [{"type": "string"}, described]} if name in BARE_OPERATIONS else described


def _definitions() -> dict[str, Any]:
    several = {"type": "array", "minItems": 1, "items": _SCALAR}
    operators: dict[str, Any] = {word: {"anyOf": [_SCALAR, several]} for word in TEST_OPERATORS}
    operators["present"] = {"type": "boolean"}
    operators["between"] = {"type": "array", "minItems": 2, "maxItems": 2, "items": _SCALAR}
    test = {
        "anyOf": [
            _SCALAR,
            several,
            {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": operators},
        ]
    }
    one = {"type": "object", "minProperties": 1, "maxProperties": 1}
    return {
        "tests": {"type": "object", "additionalProperties": test},
        "condition": {**one, "additionalProperties": {"type": "object"}},
    }


__all__ = ["KINDS", "json_schema"]
