"""Labels that may be wrong: those the network contradicts, and those known to be wrong in MNIST."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from report.numbers.answers import Answers, LabelledData
from report.numbers.counts import Proportion
from report.numbers.examples import Example, make_example
from report.numbers.plain import Plain

SUSPECT_CONFIDENCE = 0.95
SUSPECTS_SHOWN = 24
SUSPECTS_KEPT = 10_000
REVIEWERS = 5
MNIST_TEST_SHA256 = "fc2742b9fefd1f99057026670c6428d329fb77e9efceda91b24cfff6550c6835"


@dataclass(frozen=True)
class LabelVote(Plain):
    """Five people's votes on one MNIST test image: for its label, the one proposed, or neither."""

    index: int
    label: int
    proposed: int
    for_label: int
    for_proposed: int
    for_neither: int

    @property
    def agreed(self) -> int | None:
        """The digit that most of the people saw instead; None where they did not agree on one."""
        return self.proposed if 2 * self.for_proposed > REVIEWERS else None


# All images of MNIST's test set that confident learning proposed as mislabelled and fewer than
# three of five people, asked on Mechanical Turk, found to show what their label says.
# Source: C. G. Northcutt, A. Athalye and J. Mueller, "Pervasive label errors in test sets
# destabilize machine learning benchmarks", NeurIPS 2021; their votes are in
# github.com/cleanlab/label-errors, mturk/mnist_mturk.json, at commit
# 5457895eee26e49187de5c4d6617b9de6f172221; the authors count the same 15.
MNIST_VOTES = tuple(
    LabelVote(*row)
    for row in (
        (947, 8, 9, 0, 5, 0), (1621, 0, 6, 2, 3, 0), (1901, 9, 4, 2, 3, 0), (2130, 4, 9, 2, 2, 1),
        (2462, 2, 0, 0, 4, 1), (2597, 5, 3, 0, 4, 1), (2654, 6, 1, 0, 2, 3), (3520, 6, 4, 2, 0, 3),
        (3558, 5, 0, 1, 4, 0), (5937, 5, 3, 1, 3, 1), (6651, 0, 6, 0, 5, 0), (6783, 1, 6, 2, 3, 0),
        (8527, 4, 9, 2, 2, 1), (9679, 6, 3, 2, 0, 3), (9729, 5, 6, 2, 3, 0),
    )
)  # fmt: skip


@dataclass(frozen=True)
class KnownError(Plain):
    """An image whose label people rejected, and how the network read it."""

    vote: LabelVote
    example: Example


@dataclass(frozen=True)
class LabelCheck(Plain):
    """Which labels of a test set are in doubt.

    `suspects_count` images are read as something else with near certainty; `suspects` are the
    places of up to `SUSPECTS_KEPT` of them, surest first, and `shown` the first. `known` are label
    errors that people found before; `corrected` is the accuracy with those put right, less the
    images on which people did not agree: None for a test set of which nothing is known.
    """

    suspects: tuple[int, ...]
    suspects_count: int
    shown: tuple[Example, ...]
    known: tuple[KnownError, ...]
    corrected: Proportion | None

    def to_json(self) -> dict[str, Any]:
        return super().to_json() | {"accuracy_corrected": self.corrected and self.corrected.value}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LabelCheck:
        return super().from_json({"suspects_count": len(values["suspects"]), **values})


def check_labels(data: LabelledData, answers: Answers) -> LabelCheck:
    """Find labels in doubt; those of MNIST, told by its hash, are known.

    Without probabilities nobody knows how sure an answer is, and none is taken for sure.
    """
    suspects = [] if answers.probabilities is None else _suspects(data.labels, answers)

    def show(place: int) -> Example:
        return make_example(place, data, answers)

    votes = MNIST_VOTES if data.facts["sha256"] == MNIST_TEST_SHA256 else ()
    return LabelCheck(
        suspects=tuple(suspects[:SUSPECTS_KEPT]),
        suspects_count=len(suspects),
        shown=tuple(map(show, suspects[:SUSPECTS_SHOWN])) if data.images.size else (),
        known=tuple(KnownError(vote, show(vote.index)) for vote in votes),
        corrected=_corrected(data.labels, answers.readings, votes) if votes else None,
    )


def _suspects(labels: np.ndarray, answers: Answers) -> list[int]:
    """The places of wrong answers of high confidence, the highest first."""
    wrong = np.flatnonzero(answers.readings != labels)
    confidence = answers.confidence[wrong]
    order = np.argsort(-confidence, kind="stable")
    return wrong[order][confidence[order] >= SUSPECT_CONFIDENCE].tolist()


def _corrected(
    labels: np.ndarray, readings: np.ndarray, votes: tuple[LabelVote, ...]
) -> Proportion:
    """The accuracy with known labels put right, less the images without an agreed label."""
    truth, kept = labels.copy(), np.ones(len(labels), bool)
    for vote in votes:
        if vote.agreed is None:
            kept[vote.index] = False
        else:
            truth[vote.index] = vote.agreed
    return Proportion(int((readings == truth)[kept].sum()), int(kept.sum()))
