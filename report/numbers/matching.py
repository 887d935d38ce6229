"""Which classes and sets of two reports are the same ones, and which are new, gone or renamed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from report.numbers.plain import Plain
from report.numbers.snapshot import Snapshot


@dataclass(frozen=True)
class Matching(Plain):
    """The names of an old report against those of a new one.

    `pairs` holds the places of what is in both, old place first; `renamed` the two names of those
    that changed theirs; `added` and `missing` what only the new and only the old one has;
    `changed` what kept its name and is something else, so that it is in no pair.
    """

    pairs: tuple[tuple[int, int], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def match(
    old: Mapping[str, Hashable], new: Mapping[str, Hashable], is_key_decisive: bool = False
) -> Matching:
    """Match names, each given with a key, by name; then what is left by key, as renamed.

    Where the key `is_key_decisive`, an equal name with another key is `changed` and no pair.
    """
    common = [name for name in new if name in old]
    kept = [name for name in common if not is_key_decisive or old[name] == new[name]]
    left = {key: name for name, key in old.items() if name not in new}
    renamed = [
        (left.pop(key), name) for name, key in new.items() if name not in old and key in left
    ]
    names = {name: name for name in kept} | {now: was for was, now in renamed}
    was, now = (tuple(column) for column in zip(*renamed, strict=True)) if renamed else ((), ())
    old_places = {name: place for place, name in enumerate(old)}
    return Matching(
        pairs=tuple((old_places[names[n]], p) for p, n in enumerate(new) if n in names),
        renamed=tuple(renamed),
        added=tuple(name for name in new if name not in (*common, *now)),
        missing=tuple(name for name in old if name not in (*common, *was)),
        changed=tuple(name for name in common if name not in kept),
    )


def match_classes(old: Snapshot, new: Snapshot) -> Matching:
    """Match the classes of two reports."""
    is_same_data = old.is_of_same_data(new)
    return match(old.class_keys(is_same_data), new.class_keys(is_same_data))


def match_sets(old: Snapshot, new: Snapshot) -> Matching:
    """Match the further sets of two reports; sets of one name may hold other images."""
    was, now = ({name: sha256 for name, (sha256, _) in r.extras.items()} for r in (old, new))
    return match(was, now, is_key_decisive=True)


def as_new(places: Sequence[int], classes: Matching) -> np.ndarray:
    """Bring the old report's classes, int (n,), to their places in the new one; -1: not there."""
    found = np.full(1 + max(places, default=0), -1)
    for was, now in classes.pairs:
        if was < len(found):
            found[was] = now
    return found[np.array(places, int)]
