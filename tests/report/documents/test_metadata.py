"""The model card and the ML-BOM, read by the libraries that others read them with."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard

from report.documents.limits import limits
from report.documents.metadata import measures, ml_bom, model_card


@pytest.fixture(scope="module")
def odd(summarise_made_up):
    """A report whose names have a meaning in YAML and in Markdown."""
    return summarise_made_up(name="@a: [b] #c", extras=("- x: {y}", "yes"))


def test_the_model_card_says_the_same_to_the_hub(odd):
    card = ModelCard(model_card(odd))
    assert card.data.model_name == "@a: [b] #c"
    results = card.data.eval_results
    sets = [("made-up digits", odd.metrics), *((e.name, e.metrics) for e in odd.extras)]
    for name, metrics in sets:
        found = {r.metric_type: r for r in results if r.dataset_name == name}
        values = {k: v for k, v in metrics.to_json().items() if isinstance(v, float)}
        del values["brier_sum"]
        assert {kind: result.metric_value for kind, result in found.items()} == values
        interval = found["accuracy"].metric_args["confidence_interval"]
        assert interval == list(metrics.accuracy.interval)
    assert {result.task_type for result in results} == {"image-classification"}
    assert "# &#64;a: &#91;b&#93; &#35;c" in card.text


def test_the_bill_of_materials_follows_its_schema_and_holds_the_numbers(odd):
    text = ml_bom(odd).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = json.loads(text)
    model, *data = bom["components"]
    assert [d["name"] for d in data] == ["made-up digits", "- x: {y}", "yes"]
    found = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    accuracy = next(m for m in found if m["type"] == "accuracy" and "slice" not in m)
    low, high = odd.metrics.accuracy.interval
    assert float(accuracy["value"]) == odd.metrics.accuracy.value
    bounds = accuracy["confidenceInterval"]
    assert (float(bounds["lowerBound"]), float(bounds["upperBound"])) == (low, high)
    recall = next(m for m in found if m["type"] == "recall" and m["slice"] == "class 3")
    assert float(recall["value"]) == odd.metrics.per_class[3].recall.value
    assert len(found) == len(measures(odd))
    assert ml_bom(odd).decode() == text


def test_limits_are_what_was_measured(summary, flawless):
    text = " ".join(limits(summary))
    assert f"It misread {summary.metrics.errors} of 400 test images" in text
    assert f"the digit {summary.metrics.worst_class.label} it found" in text
    assert "Turned (−30°): 40.0" in text  # 20 of 50 images
    assert "Inverted" not in text  # as used, it is read as well as unchanged
    assert "bar" not in text
    assert "It made no error on 400 test images" in limits(flawless)[0]
