"""Ways to damage a report.json: one value taken out or replaced."""

from __future__ import annotations

import copy

# In place of any value; ... takes it out.
VALUES = (..., None, True, -1, 0, 1, 7, 0.5, 1e300, "", "text", [], {}, [0.1, 2], [[]])


def places(value, path=()):
    """Every place in a record, as a path of keys."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))
        else:
            yield (*path, key)


def put(record, path, value):
    """A copy of `record` with `value` at `path`; ... takes the entry out."""
    changed = copy.deepcopy(record)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed
