"""Networks are ranked, and compared with the one reported on."""

from __future__ import annotations

from report.charts import networks


def test_networks_are_ranked_by_errors(summary):
    axes = networks.draw(summary.networks[::-1]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cnn", "linear"]


def test_networks_are_compared_with_the_one_reported_on(summary):
    found = networks.find(summary.networks)
    cnn, linear = (len(score.wrong) for score in summary.networks)
    assert found.title == (f"cnn misread {cnn} of 400; linear {linear}: more than chance explains")
