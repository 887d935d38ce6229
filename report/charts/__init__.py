"""The charts of a report, one file each.

Such a file has three functions: `find` says what the chart shows in words and numbers, `draw` draws
its figure, and `make_chart` does both for a `Summary`, or returns None where there is nothing to
draw. `catalogue` finds them all.
"""
