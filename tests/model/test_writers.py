import numpy as np

from model.intervals import cluster_interval, wilson_interval
from model.writers import WriterCounts


def test_images_are_counted_by_writer():
    writers = np.array(["bo", "al", "bo", "cy", "bo"])
    found = WriterCounts.of(writers, np.array([True, True, False, False, True]))
    assert (found.names, found.counts, found.correct) == (("al", "bo", "cy"), (1, 3, 1), (1, 2, 0))
    assert found.accuracy_interval is None  # three writers say too little
    assert found.worst_first == [("cy", 1, 0, 0), ("bo", 3, 2, 2 / 3), ("al", 1, 1, 1)]
    assert WriterCounts.from_json(found.to_json()) == found


def test_writers_who_differ_make_the_interval_wider():
    alike, unlike = [9] * 20, [10] * 18 + [0] * 2
    assert cluster_interval(alike, [10] * 20) == wilson_interval(180, 200)
    low, high = cluster_interval(unlike, [10] * 20)
    wilson_low, wilson_high = wilson_interval(180, 200)
    assert low < wilson_low - 0.05
    assert high > wilson_high


def test_without_a_failure_it_is_wilsons():
    assert cluster_interval([50] * 6, [50] * 6) == wilson_interval(300, 300)


def test_it_holds_the_true_share_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    held = {"writers": 0, "images": 0}
    for _ in range(100):
        totals = random.integers(20, 60, 40)
        counts = random.binomial(totals, random.beta(9, 1, 40))  # 90 % on average
        for name, (low, high) in (
            ("writers", cluster_interval(counts.tolist(), totals.tolist())),
            ("images", wilson_interval(int(counts.sum()), int(totals.sum()))),
        ):
            held[name] += low <= 0.9 <= high
    assert held["writers"] >= 88
    assert held["images"] < 80
