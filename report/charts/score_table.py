"""Tables without a figure: the single numbers of a test set, and each class against the rest."""

from __future__ import annotations

from typing import Any

from report.charts.finding import Table
from report.numbers.confidence import Confidence
from report.numbers.formats import areas, decimal, interval, percent
from report.numbers.metrics import Metrics
from report.numbers.ranking import Interval, OperatingCurve
from report.numbers.scores import OverallScores


def score_table(metrics: Metrics) -> Table | None:
    """List the numbers that stand beside the accuracy, each with what it says."""
    scores = metrics.scores
    if scores is None:
        return None
    columns = (
        ("Number", "text"),
        ("Value", "written"),
        ("95 % interval", "written"),
        ("What it says", "text"),
    )
    rows = [
        ("Accuracy", percent(metrics.accuracy.value), interval(metrics.accuracy.interval),
         f"share of {metrics.item}s {metrics.words.right}"),
        ("Baseline", percent(scores.baseline_accuracy), None,
         f"accuracy of always answering “{metrics.names[scores.baseline_class]}”"),
        ("Balanced accuracy", percent(scores.balanced_accuracy), None,
         "mean recall: every class counts the same"),
        ("Macro F1", percent(scores.macro_f1), None, "mean F1: every class counts the same"),
        ("MCC", decimal(scores.mcc), None,
         "Matthews’ correlation of answers and truth; 0 is chance, 1 perfect"),
        ("Cohen’s κ", decimal(scores.cohen_kappa), None, "agreement beyond chance; 1 is perfect"),
    ]  # fmt: skip
    rows += _of_guesses(metrics, scores)
    if metrics.confidence:
        rows += _of_probabilities(metrics, scores, metrics.confidence)
    rows += [
        (name, decimal(cost), None, f"mean cost of {what}, per {metrics.item}")
        for name, cost, what in (
            ("Cost", scores.mean_cost, "the answers given"),
            ("Cost of one answer", scores.mean_cost_constant, "the cheapest constant answer"),
            ("Cost by probability", scores.mean_cost_by_probability,
             "answers that the probabilities say are cheapest"),
        )
        if cost is not None
    ]  # fmt: skip
    return Table(columns, tuple(rows))


def _of_guesses(metrics: Metrics, scores: OverallScores) -> list[tuple[Any, ...]]:
    top2 = metrics.top2
    if len(metrics.names) == 2 or top2.value is None:
        return []
    says = "the label is one of the two likeliest"
    return [("Top 2", percent(top2.value), interval(top2.interval), says)] + [
        (f"Top {k}", percent(share), None, f"the label is one of the {k} likeliest")
        for k, share in scores.top_k_accuracy.items()
        if k != "2"
    ]


def _of_probabilities(
    metrics: Metrics, scores: OverallScores, sure: Confidence
) -> list[tuple[Any, ...]]:
    which = "mean over the classes, each against the rest"
    if scores.operating:
        which = f"of “{metrics.names[scores.operating.positive]}”"
    elif len(metrics.names) == 2:
        which = "this takes rows of both classes"
    rows = [
        ("ROC AUC", decimal(scores.roc_auc, 4), _range(scores.roc_auc_interval),
         f"chance that the right one is ranked above a wrong one; {which}"),
        ("Average precision", decimal(scores.average_precision, 4),
         _range(scores.average_precision_interval), f"area under precision over recall; {which}"),
        ("Log loss", decimal(scores.log_loss, 4), None,
         "surprise at the truth: mean −ln of its probability"),
        ("Brier score, 0 to 2", decimal(sure.brier, 4), None,
         "squared distance of all probabilities from the truth"),
        ("Calibration error (ECE)", percent(sure.ece), interval(sure.ece_interval),
         f"distance of confidence from correctness, {len(sure.confidence_bins)} equal ranges"),
        ("ECE, adaptive", percent(scores.ece_adaptive), None, "the same, ranges of equal numbers"),
        ("ECE, class by class", percent(scores.ece_classwise), None,
         "the same for each class’s probability, averaged"),
    ]  # fmt: skip
    if scores.brier_binary is not None:
        says = "the same by the positive class alone, as two-class tools give it"
        rows.insert(4, ("Brier score, 0 to 1", decimal(scores.brier_binary, 4), None, says))
    return rows


def _range(bounds: Interval) -> str | None:
    return bounds and areas(bounds)


def ranking_table(metrics: Metrics) -> Table | None:
    """Each class against the rest; None for two classes, whose curves are drawn."""
    if metrics.scores is None or len(metrics.names) == 2 or not metrics.scores.ranking:
        return None
    columns = (
        (metrics.noun.capitalize(), "text"),
        ("ROC AUC", "area"),
        ("95 % interval", "areas"),
        ("Average precision", "area"),
        ("95 % interval", "areas"),
        ("Share", "share"),
    )
    rows = (
        (name, *((r.roc_auc, r.roc_auc_interval, r.average_precision,
                  r.average_precision_interval, r.prevalence) if r else [None] * 5))
        for name, r in zip(metrics.names, metrics.scores.ranking, strict=True)
    )  # fmt: skip
    return Table(columns, tuple(rows))


def threshold_table(curve: OperatingCurve, scores: OverallScores) -> Table:
    """What each threshold on the positive class's probability would give."""
    columns = (
        ("From", "decimal"),
        ("Found (recall)", "share"),
        ("95 % interval", "interval"),
        ("Let pass (specificity)", "share"),
        ("95 % interval", "interval"),
        ("Right (precision)", "share"),
        ("95 % interval", "interval"),
        ("F1", "share"),
        ("Accuracy", "share"),
        *([("Cost", "decimal")] if scores.costs else []),
        ("Note", "text"),
    )
    rows = (
        (p.threshold, p.recall, found, p.specificity, passed, p.precision, right, p.f1, p.accuracy,
         *([p.mean_cost(scores.costs, curve.positive)] if scores.costs else []), p.why or None)
        for p in curve.listed for found, passed, right in [curve.intervals(p)]
    )  # fmt: skip
    return Table(columns, tuple(rows))
