"""Trees in files from elsewhere: whether their nodes can be walked from the root down."""

from __future__ import annotations

from typing import Any

import numpy as np

TREES = {
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
}
NEIGHBOURS = {"sklearn.neighbors._kd_tree.KDTree", "sklearn.neighbors._ball_tree.BallTree"}


def check_trees(estimator: Any) -> None:
    """Raise ValueError where a tree in an estimator has nodes that lead back, or nowhere.

    Scikit-learn does not check them: such a tree would keep it busy for ever or let it read other
    memory. In each decision tree that it grew, nodes come after the one that leads to
    them; a tree of neighbours must be the one that its data give again.
    """
    waiting, seen = [estimator], set()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        kind = f"{type(thing).__module__}.{type(thing).__name__}"
        is_wrong = (kind in TREES and not _is_sound(thing)) or (
            kind in NEIGHBOURS and not _is_of_its_data(thing)
        )
        if is_wrong:
            raise ValueError("it holds a tree with nodes that lead back, or nowhere")
        waiting += _parts(thing)


def _parts(thing: Any) -> list[Any]:
    """What a container or an object of Python holds."""
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple | set):
        return list(thing)
    if isinstance(thing, np.ndarray):
        return thing.ravel().tolist() if thing.dtype == object else []
    return list(getattr(thing, "__dict__", {}).values())


def _is_sound(tree: Any) -> bool:
    if hasattr(tree, "children_left"):  # of a single tree, a forest or gradient boosting
        if not 0 < tree.node_count <= tree.capacity:
            return False
        left, right = tree.children_left, tree.children_right
        inner, feature = left != -1, tree.feature
        columns = tree.n_features
    else:  # of gradient boosting by histograms
        left, right = (tree.nodes[side].astype(np.int64) for side in ("left", "right"))
        inner, feature = tree.nodes["is_leaf"] == 0, tree.nodes["feature_idx"]
        columns = np.inf
    if not len(inner) or (inner & ~((feature >= 0) & (feature < columns))).any():
        return False
    places = np.arange(len(inner))[inner]
    return all(
        ((side > places) & (side < len(inner))).all() for side in (left[inner], right[inner])
    )


def _is_of_its_data(tree: Any) -> bool:
    state = tree.__getstate__()  # data, order, nodes, bounds, leaf size, levels, nodes, …
    data, leaf_size, metric = state[0], state[4], state[-2]
    again = type(tree)(np.asarray(data), leaf_size, metric=metric).__getstate__()
    return all(map(np.array_equal, state[:7], again[:7]))
