"""Chart: how many images of each class there are."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from report.charts import style
from report.charts.finding import Chart, Finding, Table
from report.numbers.classes import DIGIT_NAMES, MANY, SHOWN_OF_MANY, noun_of
from report.numbers.formats import count, listed, plural
from report.numbers.summary import Summary

NAMED = 10  # classes without a test image that the title names


def make_chart(summary: Summary) -> Chart:
    test, names = summary.dataset["class_counts"], summary.metrics.names
    train = summary.training["data"].get("train_class_counts") if summary.training else None
    found = find(test, train, names, summary.metrics.item)
    return style.assemble(found, draw(test, train, names), names)


def find(
    test: Sequence[int],
    train: Sequence[int] | None,
    names: Sequence[str] = DIGIT_NAMES,
    item: str = "image",
) -> Finding:
    """Say how evenly the test images are spread; `train` is None where it is not known."""
    rare, common, noun = min(test), max(test), noun_of(names)
    if rare == 0:
        missing = [name for name, n in zip(names, test, strict=True) if n == 0]
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        title = f"Not tested at all: {listed(missing[:NAMED])}{more}"
    elif rare == common:
        title = f"Every {noun} was tested on {plural(rare, item)}"
    else:
        title = (
            f"Every {noun} has {count(rare)} to {count(common)} test {item}s: "
            f"fewest of {names[test.index(rare)]}, most of {names[test.index(common)]}"
        )
    alt = f"Bars: {item}s per {noun}. {title}; {plural(sum(test), f'test {item}')} in all."
    return Finding(title, alt, _table(test, train, names, item))


def _table(
    test: Sequence[int], train: Sequence[int] | None, names: Sequence[str], item: str
) -> Table:
    columns = ((noun_of(names).capitalize(), "text"), (f"Test {item}s", "count"))
    if train is None:
        return Table(columns, tuple(zip(names, test, strict=True)))
    rows = tuple(zip(names, test, train, strict=True))
    return Table((*columns, (f"Training {item}s", "count")), rows)


@style.styled
def draw(
    test: Sequence[int], train: Sequence[int] | None, names: Sequence[str] = DIGIT_NAMES
) -> Figure:
    """Draw the counts as bars, test beside training; of many classes only the rarest."""
    places: Sequence[int] = range(len(test))
    if len(test) > MANY:
        places = sorted(places, key=lambda place: test[place])[:SHOWN_OF_MANY]
    all_labels = style.class_labels(names)
    labels = [all_labels[place] for place in places]
    figure, panels = style.new_figure(
        style.rows_height(len(labels), 0.24) + 0.5, 1 if train is None else 2, sharey=True
    )
    style.draw_bars(panels[0], labels, [test[place] for place in places], style.ACCENT)
    fewest = f"Fewest {len(labels)} of {len(test)}; t" if len(test) > MANY else "T"
    panels[0].set_title(f"{fewest}est (n = {count(sum(test))})", fontsize=9, loc="left")
    if train is not None:
        style.draw_bars(panels[1], labels, [train[place] for place in places], style.QUIET)
        panels[1].set_title(f"Training (n = {count(sum(train))})", fontsize=9, loc="left")
    return figure
