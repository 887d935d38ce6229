"""Two reports side by side: what changed, image by image where both read the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.errors import InputError
from report.numbers.classes import short
from report.numbers.counts import NothingCounted, Proportion, difference_interval
from report.numbers.examples import Example
from report.numbers.formats import listed, plural
from report.numbers.matching import Matching, as_new, match_classes, match_sets
from report.numbers.metrics import Metrics
from report.numbers.pairing import PairedAnswers
from report.numbers.plain import Plain
from report.numbers.predictions import numbered
from report.numbers.resampling import resampled_changes
from report.numbers.significance import SIGNIFICANCE_LEVEL, fisher, holm
from report.numbers.snapshot import Snapshot

SHOWN = 12
NAMED = 3  # classes that a message names


@dataclass(frozen=True)
class Change(Plain):
    """One number before and now; `name` is its dotted name, as `report check` takes it.

    `kind` says how it is written. `p_value` is that of no difference, adjusted for the number
    of like tests (Holm), or None where nothing was tested. `better` is 1 where more of it is
    better, -1 where less is, 0 where neither. `interval` is the 95 % interval of the difference,
    new less old, where it was tested.
    """

    name: str
    words: str
    kind: str
    old: float | None
    new: float | None
    better: int
    p_value: float | None
    interval: tuple[float, float] | None = None

    @property
    def gain(self) -> float:
        """How much better it became; negative where worse, 0 where that can't be said."""
        if self.old is None or self.new is None:
            return 0
        return self.better * (self.new - self.old)

    @property
    def is_significant(self) -> bool:
        """Whether chance alone hardly explains the change."""
        return self.p_value is not None and self.p_value < SIGNIFICANCE_LEVEL

    @property
    def is_regression(self) -> bool:
        """Whether it became worse, and chance alone hardly explains that."""
        return self.is_significant and self.gain < 0


@dataclass(frozen=True)
class Comparison(Plain):
    """A report against the one before it.

    `is_paired` says that both read the same test images; then `fixed` and `broken` are the places
    of those that only the new or only the old one read correctly, with some of them as pictures.
    `changes` begins with the accuracy. `classes` and `sets` say which of those go together; `item`
    is what a row of the data is called.
    """

    model: str
    created_at: str
    dataset: str
    is_paired: bool
    changes: tuple[Change, ...]
    fixed: tuple[int, ...]
    broken: tuple[int, ...]
    classes: Matching
    sets: Matching
    item: str = "image"
    fixed_shown: tuple[Example, ...] = ()
    broken_shown: tuple[Example, ...] = ()

    @property
    def accuracy(self) -> Change:
        """The change that matters most."""
        return self.changes[0]

    @property
    def regressions(self) -> tuple[Change, ...]:
        """All that became worse, more than chance explains."""
        return tuple(change for change in self.changes if change.is_regression)

    @property
    def lost(self) -> tuple[str, ...]:
        """What the old report measured and the new one does not, in words."""
        classes = (f"class “{short(name)}” is no longer there" for name in self.classes.missing)
        sets = (f"set “{name}” is no longer there" for name in self.sets.missing)
        changed = (f"set “{name}” holds other images than before" for name in self.sets.changed)
        return (*classes, *sets, *changed)

    def with_examples(self, show) -> Comparison:
        """Add pictures of the first images broken and fixed; `show` makes an example of a place."""
        return replace(
            self,
            fixed_shown=tuple(map(show, self.fixed[:SHOWN])),
            broken_shown=tuple(map(show, self.broken[:SHOWN])),
        )


def check_same_data(old: Snapshot, new: Snapshot) -> None:
    """Raises InputError where two reports are of different tasks or of different test images."""
    _check_same_task(old, new, match_classes(old, new))
    if old.is_of_same_data(new):
        return
    facts = (f"{s.dataset}, {plural(s.metrics.accuracy.total, s.metrics.item)}" for s in (old, new))
    raise InputError(
        f"the reports are of different test data ({'; '.join(facts)}); compare reports of the same "
        "data, or give --unpaired to compare them as separate samples"
    )


def _check_same_task(old: Snapshot, new: Snapshot, classes: Matching) -> None:
    if not classes.pairs:
        all_names = [list(map(short, report.metrics.names)) for report in (old, new)]
        tasks = (listed([*n[:NAMED], *(["…"] if len(n) > NAMED else [])]) for n in all_names)
        raise InputError(
            "the reports are of different tasks: they have no class in common "
            f"({'; '.join(tasks)}); compare reports of the same task"
        )


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    """Say what changed from `old` to `new`, number by number, and whether chance explains it.

    Classes go together by name; a class whose images are those of another name was renamed.
    Raises InputError where the reports have no class in common.
    """
    classes, sets = match_classes(old, new), match_sets(old, new)
    _check_same_task(old, new, classes)
    pairs = _paired(old, new, classes)
    differing = pairs.differing() if pairs else (np.zeros(0), np.zeros(0))
    fixed, broken = (tuple(np.flatnonzero(found).tolist()) for found in differing)
    changes = [
        *_scores_tested(_overall(old.metrics, new.metrics, pairs), pairs, len(new.metrics.names)),
        *_classes(old, new, classes, pairs),
        *_sets(old, new, sets),
    ]
    facts = old.model, old.created_at, old.dataset
    is_paired, item = pairs is not None, new.metrics.item
    return Comparison(*facts, is_paired, tuple(changes), fixed, broken, classes, sets, item)


def _paired(old: Snapshot, new: Snapshot, classes: Matching) -> PairedAnswers | None:
    """The answers of both, where they are kept and the images are the same, labelled alike."""
    was, now = old.answers, new.answers
    is_kept = old.is_of_same_data(new) and 0 < len(was.label) == len(now.label)
    if not is_kept or (as_new(was.label, classes) != now.label).any():
        return None
    chances, weights, groups = [was.label_probability, now.label_probability], now.weight, now.group
    return PairedAnswers(
        np.array(now.label),
        as_new(was.digit, classes),
        np.array(now.digit),
        np.array(chances) if all(chances) else None,
        None if weights is None else np.array(weights),
        numbered(groups) if groups and len(set(groups)) > 1 else None,
    )


def _tested_share(
    name: str,
    words: str,
    shares: tuple[Proportion, Proportion],
    pairs: PairedAnswers | None,
    rows: np.ndarray | slice = slice(None),
) -> Change:
    """A share before and now, tested: of the images `rows` of `pairs`, None where unpaired."""
    was, now = shares
    if pairs is None:
        p_value, interval = fisher(was, now), difference_interval(now, was)
    else:
        p_value, interval = pairs.share_change(rows)
    return Change(name, words, "percent", was.value, now.value, 1, p_value, interval)


def _overall(old: Metrics, new: Metrics, pairs: PairedAnswers | None) -> Iterator[Change]:
    right, wrong = new.words.right.capitalize(), new.words.wrong.capitalize()
    yield _tested_share("accuracy", right, (old.accuracy, new.accuracy), pairs)
    values = [
        ("errors", wrong, "count", -1),
        ("top2_accuracy", "Right within two guesses", "percent", 1),
        ("accepted_fraction", "Accepted", "percent", 0),
        ("accuracy_when_accepted", "Right when accepted", "percent", 1),
        ("ece", "Confidence off by (ECE)", "percent", -1),
        ("brier", "Brier score", "decimal", -1),
        ("balanced_accuracy", "Balanced accuracy", "percent", 1),
        ("macro_f1", "Macro F1", "decimal", 1),
        ("mcc", "Matthews correlation (MCC)", "decimal", 1),
        ("log_loss", "Log loss", "decimal", -1),
    ]
    was, now = old.to_json(), new.to_json()
    is_of_two = len(old.names) == len(new.names) == 2
    is_all_accepted = old.accepted.value == new.accepted.value == 1
    for name, words, kind, better in values:
        if (name == "top2_accuracy" and is_of_two) or ("accepted" in name and is_all_accepted):
            continue  # always 100 %
        yield Change(name, words, kind, was.get(name), now.get(name), better, None)


def _scores_tested(
    changes: Iterable[Change], pairs: PairedAnswers | None, classes: int
) -> list[Change]:
    """Test the changes of scores that are no shares of images, where both read the same ones."""
    untested = list(changes)
    if pairs is None or (pairs.before < 0).any():
        return untested
    found = resampled_changes(pairs, classes)
    known = [c for c in untested if c.name in found and None not in (c.old, c.new)]
    tested = [replace(c, p_value=found[c.name][0], interval=found[c.name][1]) for c in known]
    adjusted = {change.name: change for change in _adjusted(tested)}
    return [adjusted.get(change.name, change) for change in untested]


def _classes(
    old: Snapshot, new: Snapshot, classes: Matching, pairs: PairedAnswers | None
) -> list[Change]:
    """The recall of every class that both test sets hold."""
    before, after = old.metrics.per_class, new.metrics.per_class
    labels, found = np.array(new.answers.label, int), []
    for was, now in classes.pairs:
        then, since = before[was].recall, after[now].recall
        if isinstance(then, NothingCounted) or isinstance(since, NothingCounted):
            continue
        name = _renaming(short(before[was].label), short(after[now].label))
        words = f"Found of {name} (recall)"
        key, rows = f"per_class.{now}.recall", labels == now
        found.append(_tested_share(key, words, (then, since), pairs, rows))
    return _adjusted(found)


def _renaming(old: str, new: str) -> str:
    return new if old == new else f"{new}, before {old}"


def _sets(old: Snapshot, new: Snapshot, sets: Matching) -> list[Change]:
    """The accuracy on every further set that both reports hold.

    Reports don't keep the answers for those image by image, so the test can't be a paired one.
    """
    before, after, found = list(old.extras.items()), list(new.extras.items()), []
    for was, now in sets.pairs:
        (old_name, (_, then)), (name, (_, since)) = before[was], after[now]
        words = f"Read correctly of {_renaming(f'“{old_name}”', f'“{name}”')}"
        found.append(
            _tested_share(f"extra.{name}.accuracy", words, (then.accuracy, since.accuracy), None)
        )
    return _adjusted(found)


def _adjusted(changes: Sequence[Change]) -> list[Change]:
    """Changes with their p values adjusted for the number of tests."""
    p_values = holm([change.p_value for change in changes if change.p_value is not None])
    return [replace(c, p_value=p_value) for c, p_value in zip(changes, p_values, strict=True)]
