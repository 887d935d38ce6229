"""The schema that ships: real reports keep it, damaged ones do not, and two judges agree."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from report.documents.files import json_text
from report.format.schema import faults, load_schema
from tests.report.damage import VALUES, places, put

SCHEMA = load_schema()
DOCS = Path(__file__).resolve().parents[3] / "docs" / "report-format.md"


@pytest.fixture(scope="module")
def record(summarise_made_up):
    return json.loads(json_text(summarise_made_up(40, 0.2, extras=("mine",), signed=("mine",))))


@pytest.fixture(scope="module")
def judge():
    """The other judge; loading it takes a second, so only this file's process does."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(SCHEMA)


def test_it_is_a_schema(judge):
    judge.check_schema(SCHEMA)


def test_reports_keep_it(judge, record, summary, flawless):
    for report in (record, *(json.loads(json_text(s)) for s in (summary, flawless))):
        assert list(judge.iter_errors(report)) == []
        assert list(faults(report, SCHEMA, SCHEMA)) == []


def described(schema) -> set[str]:
    """Every key that the schema names."""
    found = set(schema.get("properties", {}))
    parts = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    parts += [*schema.get("allOf", []), schema.get("items"), schema.get("additionalProperties")]
    return found.union(*(described(part) for part in parts if isinstance(part, dict)))


FREE = {("environment",), ("training", "config"), ("training", "versions"), ("model", "files")}


def test_it_describes_every_key_of_a_report(record):
    keys = {
        path[-1]
        for path in places(record)
        if path and isinstance(path[-1], str) and path[:-1] not in FREE
    }
    assert keys - described(SCHEMA) == set()


def test_the_documentation_names_every_part(record):
    text = DOCS.read_text(encoding="utf-8")
    assert [key for key in (*record, *record["metrics"]) if f"`{key}`" not in text] == []


@pytest.mark.parametrize("seed", range(150))
def test_damage_is_judged_as_the_jsonschema_package_judges_it(judge, record, seed):
    chance = random.Random(seed)
    path = chance.choice([p for p in places(record) if p])
    damaged = put(record, path, chance.choice(VALUES))
    ours = list(faults(damaged, SCHEMA, SCHEMA))
    assert bool(ours) == (not judge.is_valid(damaged)), ours


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("metrics", "accuracy"), "high", 'metrics.accuracy: it is not of type "number"'),
        (("metrics", "accuracy"), 1.5, "metrics.accuracy: it is greater than the maximum of 1"),
        (
            ("metrics", "per_class", 3, "support"),
            ...,
            'metrics.per_class[3]: "support" is a required property',
        ),
        (("predictions", "label", 2), 0.5, 'predictions.label[2]: it is not of type "integer"'),
        (("dataset", "sha256"), "ab", 'dataset.sha256: it does not match "^[0-9a-f]{64}$"'),
        (
            ("metrics", "accuracy_interval"),
            [0.1],
            "metrics.accuracy_interval: it has less than 2 items",
        ),
        (
            ("training", "versions", "keras"),
            3,
            'training.versions.keras: it is not of type "string"',
        ),
    ],
)
def test_a_fault_names_its_place(record, path, value, words):
    assert words in list(faults(put(record, path, value), SCHEMA, SCHEMA))
