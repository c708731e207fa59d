"""Records against the JSON Schemas of the package, as JSON would have them."""

import json
from importlib import resources
from typing import Any

import jsonschema
from referencing import Registry, Resource

_FOLDER = resources.files("divas_jax").joinpath("schemas")


def _schema(name: str) -> dict[str, Any]:
    return json.loads(_FOLDER.joinpath(name).read_text())


def check_record(name: str, *records: Any) -> None:
    """Each against the schema `name` ("file"), which may name others by their `$id`."""
    schema = _schema(f"{name}.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    known = Resource.from_contents(_schema("file.json")) @ Registry()
    for record in records:
        plain = json.loads(json.dumps(record, allow_nan=False))
        jsonschema.Draft202012Validator(schema, registry=known).validate(plain)
