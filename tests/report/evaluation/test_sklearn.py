"""Scikit-learn's estimators in files: those that are read, and why others are not opened."""

from __future__ import annotations

import pickle
import re
import zipfile

import numpy as np
import pytest
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from model.errors import InputError
from report.evaluation.models import ModelFile, load_classifier
from tests.report.evaluation.rows import LABELS, NAMES, X


class Pickled:
    """Code in a pickle, which would raise if it ran."""

    def __reduce__(self):
        return exec, ("raise SystemExit('it ran')",)


def test_a_pickle_takes_a_flag(tmp_path):
    (tmp_path / "p.pkl").write_bytes(pickle.dumps(Pickled()))
    with pytest.raises(InputError, match="--trust-pickle"):
        load_classifier(tmp_path / "p.pkl")
    estimator = LogisticRegression().fit(X, LABELS)
    (tmp_path / "p.pkl").write_bytes(pickle.dumps(estimator))
    found = load_classifier(tmp_path / "p.pkl", trust_pickle=True)
    assert np.array_equal(found.predict(X, NAMES)[0], estimator.predict_proba(X))
    with pytest.raises(SystemExit):
        pickle.loads(pickle.dumps(Pickled()))


def test_a_pickle_that_is_none_of_ours_is_one_line(tmp_path):
    estimator = LogisticRegression().fit(X, LABELS)
    whole = pickle.dumps(estimator)
    said = {
        "can be loaded": [b"", whole[:-9], b"text", b"\x80\x63.", b"csklearn\nNoSuch\n."],
        "no fitted classifier": [pickle.dumps(thing) for thing in (None, X, LogisticRegression())],
        "the package gone,": [b"cgone.tools\nClassifier\n."],
    }
    for words, contents in said.items():
        for content in contents:
            (tmp_path / "p.pkl").write_bytes(content)
            with pytest.raises(InputError, match=words):
                load_classifier(tmp_path / "p.pkl", trust_pickle=True)
    del estimator.coef_
    other = re.sub(r"\d", "9", sklearn.__version__)
    older = pickle.dumps(estimator).replace(sklearn.__version__.encode(), other.encode())
    (tmp_path / "p.pkl").write_bytes(older)
    with pytest.raises(InputError, match=f"coef_.*scikit-learn {other} saved it"):
        load_classifier(tmp_path / "p.pkl", trust_pickle=True).predict(X, NAMES)


def test_scikit_learns_estimators_name_their_classes(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")  # no reading is timed
    skops = pytest.importorskip("skops.io")
    labels = np.array(NAMES)[LABELS]
    np.savez(tmp_path / "d.npz", x=X.reshape(150, 2, 2), y=labels)
    estimator = LogisticRegression().fit(X, labels)
    skops.dump(estimator, tmp_path / "e.skops")
    found = ModelFile(tmp_path / "e.skops", tmp_path / "d.npz").evaluate()
    assert found.test.names == NAMES
    assert np.allclose(found.subject.probabilities, estimator.predict_proba(X))
    (tmp_path / "names.txt").write_text("\n".join(NAMES[::-1]))
    with pytest.raises(InputError, match="in another order"):
        ModelFile(tmp_path / "e.skops", tmp_path / "d.npz", tmp_path / "names.txt").evaluate()
    estimator = LinearSVC().fit(X, labels)
    skops.dump(estimator, tmp_path / "e.skops")
    found = ModelFile(tmp_path / "e.skops", tmp_path / "d.npz").evaluate()
    assert found.subject.probabilities is None
    assert np.array_equal(np.array(NAMES)[found.subject.readings], estimator.predict(X))


@pytest.mark.parametrize(
    "estimator",
    [RandomForestClassifier(3), HistGradientBoostingClassifier(max_iter=3), KNeighborsClassifier()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_trees_saved_by_skops_are_read(tmp_path, estimator):
    skops = pytest.importorskip("skops.io")
    skops.dump(estimator.fit(X, LABELS), tmp_path / "e.skops")
    found = load_classifier(tmp_path / "e.skops").predict(X, NAMES)[0]
    assert np.array_equal(found, estimator.predict_proba(X))


def test_trees_that_would_never_end_are_one_line(tmp_path):
    skops = pytest.importorskip("skops.io")
    tree = DecisionTreeClassifier().fit(X, LABELS)
    boosted = HistGradientBoostingClassifier(max_iter=1).fit(X, LABELS)
    near = KNeighborsClassifier(algorithm="kd_tree", leaf_size=9).fit(X, LABELS)
    tree.tree_.children_left[1] = 0  # back to the root
    boosted._predictors[0][0].nodes["right"][0] = 1000
    state = list(near._tree.__getstate__())
    state[2]["is_leaf"] = 0
    near._tree.__setstate__(tuple(state))
    for estimator in (tree, boosted, near):
        skops.dump(estimator, tmp_path / "e.skops")
        with pytest.raises(InputError, match="lead back, or nowhere"):
            load_classifier(tmp_path / "e.skops")


def test_skops_opens_only_estimators(tmp_path):
    skops = pytest.importorskip("skops.io")
    skops.dump(NotAnEstimator(), tmp_path / "e.skops")
    with pytest.raises(InputError, match="NotAnEstimator"):
        load_classifier(tmp_path / "e.skops")
    two_answers = RandomForestClassifier(1).fit(X, np.stack([LABELS, LABELS > 0], axis=1))
    for thing in ({"a": 1}, two_answers):
        skops.dump(thing, tmp_path / "e.skops")
        with pytest.raises(InputError, match="no fitted classifier"):
            load_classifier(tmp_path / "e.skops")
    with zipfile.ZipFile(tmp_path / "e.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", bytes(2**26 + 1))
    with pytest.raises(InputError, match="unpacks to"):
        load_classifier(tmp_path / "e.skops")


class NotAnEstimator:
    """A class of our own."""
