"""A report's numbers in two standard forms: a Hugging Face model card, a CycloneDX ML-BOM."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import NAMESPACE_OID, uuid5

import yaml

from report.charts.finding import Table
from report.documents.limits import limits
from report.documents.templating import markdown_environment
from report.numbers.summary import Summary

CARD_NAME, BOM_NAME = "model_card.md", "bom.cdx.json"
CARD_TEMPLATE = "model_card.md.j2"
TASK = "image-classification"
OTHER_TASK = "tabular-classification"  # or of text: what is classified can't be seen
OVERALL = "all"


@dataclass(frozen=True)
class Measure:
    """One number: its name in report.json, what part of the data it is of, and its interval."""

    name: str
    value: float
    part: str
    interval: tuple[float, float] | None = None


class CardPage(TypedDict):
    """The values that `model_card.md.j2` is given."""

    summary: Summary
    limits: list[str]
    table: Table


def measures(summary: Summary) -> list[Measure]:
    """Every share and score: of all test images, of each class, group and further set."""
    values = summary.metrics.to_json()
    found = list(_scores(values, OVERALL))
    for scores in values["per_class"]:
        found += _scores(scores, f"class {scores['label']}")
    if groups := summary.metrics.groups:
        for row in groups.per_group:
            found += _scores(row.to_json(), f"{groups.noun} {row.name}")
    for extra in summary.extras:
        found += _scores(extra.metrics.to_json(), f"set {extra.name}")
    return found


def _scores(values: Mapping[str, Any], part: str) -> Iterator[Measure]:
    """The numbers of one part that are no counts."""
    for name, value in values.items():
        if isinstance(value, float) and not name.endswith("_sum"):
            interval = values.get(f"{name}_interval")
            yield Measure(name, value, part, tuple(interval) if interval else None)


def model_card(summary: Summary) -> str:
    """Write a model card whose front matter holds the numbers as a `model-index`.

    Source of the form: https://huggingface.co/docs/hub/model-cards, and the Hub's modelcard.md.
    """
    front = yaml.safe_dump(_front_matter(summary), sort_keys=False, allow_unicode=True)
    shown = [measure for measure in measures(summary) if not measure.part.startswith("class ")]
    columns = (("Measure", "text"), ("Of", "text"), ("Value", "decimal"), ("95 % interval", "text"))
    rows = tuple((m.name, m.part, m.value, _written(m.interval)) for m in shown)
    page = CardPage(summary=summary, limits=limits(summary), table=Table(columns, rows))
    body = markdown_environment().get_template(CARD_TEMPLATE).render(page)
    return f"---\n{front}---\n\n{body}"


def _written(interval: tuple[float, float] | None) -> str | None:
    return interval and f"{interval[0]:.4f} to {interval[1]:.4f}"


def _front_matter(summary: Summary) -> dict[str, Any]:
    sets = [(summary.dataset["name"], summary.metrics.to_json())]
    task = TASK if summary.metrics.item == "image" else OTHER_TASK
    sets += [(extra.name, extra.metrics.to_json()) for extra in summary.extras]
    results = [
        {
            "task": {"type": task},
            "dataset": {"type": _slug(name), "name": name},
            "metrics": [_metric(measure) for measure in _scores(values, OVERALL)],
        }
        for name, values in sets
    ]
    return {
        "tags": [task],
        "model-index": [{"name": summary.model["name"], "results": results}],
    }


def _metric(measure: Measure) -> dict[str, Any]:
    interval = {"args": {"confidence_interval": list(measure.interval)}} if measure.interval else {}
    return {"type": measure.name, "value": measure.value, **interval}


def _slug(name: str) -> str:
    """The name as the Hub writes those of data sets."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._") or "data"


def ml_bom(summary: Summary) -> bytes:
    """Write a CycloneDX 1.6 bill of materials: the network, its numbers and its data.

    Source of the form: https://cyclonedx.org/docs/1.6/json/.
    """
    model, created_at = summary.model, summary.environment["created_at"]
    key = json.dumps([model["name"], model["files"], summary.dataset["sha256"], created_at])
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_OID, key)}",
        "version": 1,
        "metadata": {"timestamp": created_at},
        "components": [_network(summary), *_data(summary)],
    }
    return json.dumps(bom, ensure_ascii=False, indent=2).encode() + b"\n"


def _network(summary: Summary) -> dict[str, Any]:
    model = summary.model
    architecture = model["architecture"]  # None where only its predictions are known
    files = [
        {
            "type": "file",
            "name": name,
            "hashes": [{"alg": "SHA-256", "content": file["sha256"]}],
        }
        for name, file in model["files"].items()
    ]
    return {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": model["name"],
        "components": files,
        "modelCard": {
            "modelParameters": {
                "task": "classification",
                **({"modelArchitecture": architecture["name"]} if architecture else {}),
                "datasets": [{"ref": component["bom-ref"]} for component in _data(summary)],
            },
            "quantitativeAnalysis": {"performanceMetrics": list(_performance(summary))},
            "considerations": {"technicalLimitations": limits(summary)},
        },
    }


def _performance(summary: Summary) -> Iterator[dict[str, Any]]:
    for measure in measures(summary):
        found: dict[str, Any] = {"type": measure.name, "value": repr(measure.value)}
        if measure.part != OVERALL:
            found["slice"] = measure.part
        if measure.interval:
            low, high = map(repr, measure.interval)
            found["confidenceInterval"] = {"lowerBound": low, "upperBound": high}
        yield found


def _data(summary: Summary) -> list[dict[str, Any]]:
    """The test set and the further sets, as components."""
    facts = [summary.dataset, *(extra.facts for extra in summary.extras)]
    return [
        {
            "type": "data",
            "bom-ref": f"data-{place}",
            "name": fact["name"],
            "hashes": [{"alg": "SHA-256", "content": fact["sha256"]}],
            "data": [{"type": "dataset", "name": fact["name"]}],
        }
        for place, fact in enumerate(facts)
    ]
