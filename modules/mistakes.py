"""Mistakes in settings, said so that the person who made them can mend them: where, what is allowed, what came."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_LONGEST_VALUE = 80


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One mistake: `path` is the setting, `text` says what is allowed and what came."""

    path: str
    text: str


def mistakes_in(error: ValidationError, settings: type[BaseModel]) -> list[Mistake]:
    """List the mistakes that `error` found in settings of this class, in the order of their paths."""
    schema = settings.model_json_schema()
    return sorted((_mistake(details, schema) for details in error.errors()), key=lambda one: one.path)


def _mistake(details: ErrorDetails, schema: dict[str, Any]) -> Mistake:
    path = ".".join(str(part) for part in details["loc"])
    match details["type"]:
        case "extra_forbidden":
            known = list(_walk(schema, details["loc"][:-1])["properties"])
            return Mistake(path=path, text=_unknown(str(details["loc"][-1]), known))
        case "missing":
            return Mistake(path=path, text=f"is missing: must be {_allowed(_walk(schema, details['loc']), schema)}")
        case "setting":
            return Mistake(path=path, text=f"{details['msg']}, got {_shown(details['input'])}")
    allowed = _allowed(_walk(schema, details["loc"]), schema)
    return Mistake(path=path, text=f"must be {allowed}, got {_shown(details['input'])}")


def _unknown(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f"is not a setting: did you mean {close[0]}?"
    return f"is not a setting: must be one of {', '.join(known)}"


def _walk(schema: dict[str, Any], path: tuple[int | str, ...]) -> dict[str, Any]:
    """Follow a path of names, keys and indexes to the JSON schema of what it names."""
    node = _resolve(schema, schema)
    for part in path:
        inner: dict[str, Any] = node.get("properties", {})
        found = inner.get(str(part), node.get("items", node.get("additionalProperties")))
        if not isinstance(found, dict):  # a union's branch, a dictionary's key: the path goes on, the schema does not
            continue
        node = _resolve(found, schema)
    return node


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Replace a reference by what it names and an optional schema by the schema, which may be either in turn."""
    if "$ref" in node:
        return _resolve(schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], schema)
    options = [option for option in node.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        return _resolve(options[0], schema)
    return node


def _allowed(node: dict[str, Any], schema: dict[str, Any]) -> str:
    """Say what a JSON schema allows."""
    if "anyOf" in node:
        return " or ".join(_allowed(_resolve(option, schema), schema) for option in node["anyOf"])
    if "enum" in node:
        return f"one of {', '.join(str(value) for value in node['enum'])}"
    if "const" in node:
        return repr(node["const"])
    if node.get("type") in ("integer", "number"):
        return " ".join(_number(node))
    if node.get("type") == "object" and "title" in node and "properties" in node:
        return f"{node['title']}(…)"
    names = {"boolean": "True or False", "array": "a list", "object": "a dictionary", "string": "a string"}
    described: str = node.get("description", names.get(node.get("type", ""), "a valid value"))
    return described


def _number(node: dict[str, Any]) -> Iterator[str]:
    yield (
        f"a multiple of {node['multipleOf']}"
        if "multipleOf" in node
        else {
            "integer": "a whole number",
            "number": "a number",
        }[node["type"]]
    )
    match node:
        case {"minimum": low, "maximum": high}:
            yield f"between {low} and {high}"
        case {"minimum": low}:
            yield f"of at least {low}"
        case {"maximum": high}:
            yield f"of at most {high}"


def _shown(value: object) -> str:
    if isinstance(value, BaseModel):  # a whole part: the text says what is wrong in it
        return f"{type(value).__name__}(…)"
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
