"""The JSON Schemas of the package: each has a name of its own, with the version that the records carry."""

import json
from importlib import resources

import jsonschema
import pytest
from referencing import Registry, Resource

from divas_jax.judging import clip_files
from divas_jax.title import file_record, speaker_record, stream_records

FOLDER = resources.files("divas_jax").joinpath("schemas")
SAID = {
    "clip": clip_files.SCHEMA,
    "event": stream_records.SCHEMA,
    "file": file_record.SCHEMA,
    "speakers": speaker_record.SCHEMA,
}
"""What the records say in `schema`."""


def schema(name):
    return json.loads(FOLDER.joinpath(f"{name}.json").read_text())


def references(value):
    if isinstance(value, dict):
        yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from references(inner)


def test_every_schema_is_known():
    assert {file.name for file in FOLDER.iterdir()} == {f"{name}.json" for name in SAID}


@pytest.mark.parametrize("name", SAID)
def test_its_id_holds_the_version_of_its_records(name):
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["properties"]["schema"]["const"] == SAID[name] == f"divas_jax.{found['$id'].split(':')[-1]}"
    assert found["$id"].startswith(f"urn:divas_jax:{name}/")


@pytest.mark.parametrize("name", SAID)
def test_what_it_names_is_found_by_ids_alone(name):
    known = [Resource.from_contents(schema(each)) for each in SAID] @ Registry()
    resolver = known.resolver(schema(name)["$id"])
    named = list(references(schema(name)))
    assert named
    for each in named:
        assert resolver.lookup(each).contents
