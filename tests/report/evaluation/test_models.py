"""One network in files of every kind gives the same numbers; what can't be is one line."""

from __future__ import annotations

import json
import os
import re
import time
import warnings
from multiprocessing import active_children

import numpy as np
import pytest

from model.errors import InputError
from model.files.streams import quiet
from report.__main__ import main
from report.apart import MEMORY, run_apart
from report.evaluation import litert
from report.evaluation.classifiers import SUM_SLACK, Classifier, in_type
from report.evaluation.models import ModelFile, load_classifier
from report.evaluation.predictions import PredictionsFile
from report.numbers.summary import summarise
from tests.report.evaluation.rows import LABELS, NAMES, RANDOM, X

ENDINGS = ("softmax", "linear")


@pytest.fixture(autouse=True)
def untimed(monkeypatch):
    """No reading is timed: that takes 50 of them."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network that ends in a softmax, and one that ends in logits, in every kind of file."""
    folder = tmp_path_factory.mktemp("networks")
    np.savez(folder / "data.npz", x=X, y=LABELS)
    (folder / "names.txt").write_text("\n".join(NAMES))
    for ending in ENDINGS:
        save_all(folder, ending)
    return folder


def save_all(folder, ending):
    import keras
    import tensorflow as tf

    layers = keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3, ending)
    network = keras.Sequential(layers)
    network.set_weights([RANDOM.normal(size=w.shape) for w in network.get_weights()])
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.save(folder / f"{ending}.keras")
        network.save(folder / f"{ending}.h5")
        network.export(folder / ending, format="tf_saved_model", verbose=False)
        converted = tf.lite.TFLiteConverter.from_saved_model(str(folder / ending)).convert()
    (folder / f"{ending}.tflite").write_bytes(converted)
    save_onnx(folder / f"{ending}.onnx", network.get_weights(), ending)


def save_onnx(path, weights, ending):
    """The same layers as an ONNX file, whose batch is of any size."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    one, other, two, last = weights
    constants = {"one": one, "other": other, "two": two, "last": last}
    nodes = [
        helper.make_node("Gemm", ["x", "one", "other"], ["first"]),
        helper.make_node("Relu", ["first"], ["active"]),
        helper.make_node("Gemm", ["active", "two", "last"], ["logits"]),
        helper.make_node("Softmax" if ending == "softmax" else "Identity", ["logits"], ["out"]),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", c])
            for n, c in (("x", 4), ("out", 3))]  # fmt: skip
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(made, path)


def numbers(evaluation):
    """Every number of the report's metrics, and how the outputs were taken."""
    summary = summarise(evaluation, {"created_at": "2024-01-02T03:04:05Z"})
    return json.loads(json.dumps(summary.metrics.to_json())), summary.model["outputs"]


def assert_equal(found, wanted):
    """Numbers that differ by at most a millionth, the last decimal that some keep."""
    if isinstance(wanted, dict):
        assert set(found) == set(wanted)
        for name in wanted:
            assert_equal(found[name], wanted[name])
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for ours, theirs in zip(found, wanted, strict=True):
            assert_equal(ours, theirs)
    elif wanted is None or isinstance(wanted, str):
        assert found == wanted
    else:
        assert found == pytest.approx(wanted, rel=1e-6, abs=1.001e-6)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_network_gives_the_same_numbers_from_every_file(folder, ending):
    def evaluated(name):
        return ModelFile(folder / name, folder / "data.npz", folder / "names.txt").evaluate()

    keras = evaluated(f"{ending}.keras")
    wanted, words = numbers(keras)
    assert ("softmax function" in words) == (ending == "linear")
    for name in (f"{ending}.h5", f"{ending}.tflite", f"{ending}.onnx", ending):
        found, said = numbers(evaluated(name))
        assert_equal(found, wanted)
        assert said == words
    rows = {"y_true": np.array(NAMES)[LABELS], "y_prob": keras.subject.probabilities,
            "classes": np.array(NAMES)}  # fmt: skip
    np.savez(folder / "predictions.npz", **rows)
    found, _ = numbers(PredictionsFile(folder / "predictions.npz").evaluate())
    assert_equal(found, wanted)


@pytest.mark.slow
def test_size_and_parameters_are_told(folder):
    for name in ("softmax.keras", "softmax.tflite", "softmax.onnx", "softmax"):
        facts = load_classifier(folder / name).facts
        assert facts["architecture"]["parameters"] == 4 * 8 + 8 + 8 * 3 + 3, name
        (file,) = facts["files"].values()
        assert file["bytes"] > 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "kind"),
    [(None, "linear"), ("logits", "linear"), ("categorical_crossentropy", None), ("mse", None)],
)
def test_the_loss_tells_whether_a_linear_layer_gives_logits(tmp_path, loss, kind):
    import keras

    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    if loss == "logits":
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if loss:
        network.compile("sgd", loss)
    for name in ("n.keras", "n.h5"):
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network.save(tmp_path / name)
        assert load_classifier(tmp_path / name).activation == kind


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "kind"),
    [(["Softmax"], "softmax"), (["Activation sigmoid"], "sigmoid"), (["Dropout"], "linear"),
     (["Activation softmax", "Rescaling"], None), (["Activation tanh"], None)],
)  # fmt: skip
def test_the_last_layer_that_computes_tells_what_outputs_are(tmp_path, layers, kind):
    import keras

    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    for words in layers:
        name, *options = words.split()
        options = [100.0] if name == "Rescaling" else [0.5] if name == "Dropout" else options
        network.add(getattr(keras.layers, name)(*options))
    network.save(tmp_path / "n.keras")
    assert load_classifier(tmp_path / "n.keras").activation == kind


@pytest.mark.slow
def test_one_output_may_have_a_name(tmp_path):
    import keras

    given = keras.Input((4,))
    keras.Model(given, {"a": keras.layers.Dense(3, "softmax")(given)}).save(tmp_path / "n.keras")
    assert load_classifier(tmp_path / "n.keras").predict(X, NAMES)[0].shape == (len(X), 3)


@pytest.mark.slow
def test_a_network_that_was_never_built_is_one_line(folder, tmp_path, capsys):
    import keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras.Sequential([keras.layers.Dense(3)]).save(tmp_path / "n.keras")
    call = ["--model", str(tmp_path / "n.keras"), "--data", str(folder / "data.npz")]
    call += ["--classes", str(folder / "names.txt"), "--out", str(tmp_path / "out")]
    assert main(["build", *call]) == 2
    assert "before it was built" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("name", ["n.tflite", "n.onnx", "n.skops", "n.h5", "n.keras", "n.joblib"])
def test_a_damaged_file_is_one_line(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(range(90)))
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        load_classifier(tmp_path / name, trust_pickle=True)


def test_what_is_no_file_or_goes_by_capitals_is_one_line(tmp_path):
    os.mkfifo(tmp_path / "n.onnx")
    with (tmp_path / "n.tflite").open("wb") as file:
        file.truncate(2**31 + 1)
    (tmp_path / "n.KERAS").touch()
    said = {"n.onnx": "a pipe", "n.tflite": "over 2 GB", "n.KERAS": "rename it", "n.h5": "no such"}
    for name, words in said.items():
        with pytest.raises(InputError, match=words):
            ModelFile(tmp_path / name, tmp_path / "data.npz").evaluate()


def test_a_file_that_crashes_the_library_or_never_ends_is_one_line():
    with pytest.raises(InputError, match="crashed"):
        run_apart("it crashed", os.abort)
    with pytest.raises(InputError, match=r"took over 0\.01 minutes.*--time-limit"):
        run_apart("it crashed", time.sleep, 100, time_limit=0.01)
    assert not active_children()


@pytest.mark.skipif(not MEMORY.exists(), reason="needs Linux, which tells what is available")
def test_a_classifier_may_not_take_more_memory_than_is_available():
    available = re.search(r"MemAvailable: *(\d+)", MEMORY.read_text("ascii"))[1]
    greedy = f"len(bytearray({1280 * int(available)}))"  # is not touched, so never really taken
    with pytest.raises(InputError, match="took too much"):
        run_apart("it took too much", eval, greedy, time_limit=1)


def test_a_savedmodel_that_writes_files_is_not_run(tmp_path):
    import tensorflow as tf

    class Hostile(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4])])
        def serve(self, x):
            tf.io.write_file(str(tmp_path / "written"), "x")
            return x[:, :3]

    network = Hostile()
    with quiet():
        tf.saved_model.save(network, str(tmp_path / "net"), {"serving_default": network.serve})
    with pytest.raises(InputError, match="WriteFile.*not run"):
        load_classifier(tmp_path / "net")
    assert not (tmp_path / "written").exists()


def save_onnx_of_scikit_learn(path, batch, ends=("label", "out")):
    """What scikit-learn's converter makes: labels, and beside each a map from class to number."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    numbers = helper.make_tensor_type_proto(TensorProto.FLOAT, [])
    by_class = helper.make_map_type_proto(TensorProto.STRING, numbers)
    made = helper.make_node(
        "LinearClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", multi_class=1,
        classlabels_strings=NAMES, coefficients=np.eye(3, 4).ravel().tolist(),
        intercepts=[0.0] * 3, post_transform="SOFTMAX",
    )  # fmt: skip
    zipped = helper.make_node(
        "ZipMap", ["scores"], ["out"], domain="ai.onnx.ml", classlabels_strings=NAMES
    )
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.STRING, [batch]),
        helper.make_value_info("out", helper.make_sequence_type_proto(by_class)),
    ]
    graph = helper.make_graph(
        [made, zipped][: len(ends)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 4])],
        outputs[: len(ends)],
    )
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 2)]
    onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=8), path)


@pytest.mark.parametrize("batch", ["n", 7])
def test_scikit_learns_onnx_gives_its_classes_and_may_have_a_fixed_batch(tmp_path, batch):
    save_onnx_of_scikit_learn(tmp_path / "e.onnx", batch)
    found = load_classifier(tmp_path / "e.onnx")
    assert found.classes == NAMES
    powers = np.exp(X[:, :3])
    wanted = powers / powers.sum(axis=1, keepdims=True)
    assert np.allclose(found.predict(X, NAMES)[0], wanted, atol=1e-6)


@pytest.mark.slow
def test_an_onnx_file_may_give_labels_alone(tmp_path, folder):
    onnx = pytest.importorskip("onnx")
    save_onnx_of_scikit_learn(tmp_path / "texts.onnx", "n", ends=("label",))
    network = onnx.load(folder / "softmax.onnx")
    best = onnx.helper.make_node("ArgMax", ["out"], ["best"], axis=1)
    network.graph.node.append(best)
    kind = onnx.helper.make_tensor_value_info("best", onnx.TensorProto.INT64, ["n", 1])
    network.graph.output[0].CopyFrom(kind)
    onnx.save(network, tmp_path / "numbers.onnx")
    with pytest.raises(InputError, match="does not name its classes"):
        ModelFile(tmp_path / "numbers.onnx", folder / "data.npz").evaluate()
    whole = load_classifier(folder / "softmax.onnx").outputs(X)
    for name, wanted in (("texts", X[:, :3]), ("numbers", whole)):
        given = None if name == "texts" else folder / "names.txt"
        found = ModelFile(tmp_path / f"{name}.onnx", folder / "data.npz", given).evaluate()
        assert found.test.names == NAMES
        assert found.subject.probabilities is None
        assert np.array_equal(found.subject.readings, wanted.argmax(axis=1))
    (tmp_path / "two.txt").write_text("a\nb")
    np.savez(tmp_path / "two.npz", x=X, y=LABELS % 2)
    with pytest.raises(InputError, match="from 0 to 2; 2 classes were named"):
        ModelFile(tmp_path / "numbers.onnx", tmp_path / "two.npz", tmp_path / "two.txt").evaluate()


def test_an_onnx_file_that_makes_all_too_many_numbers_is_one_line(tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    shape = numpy_helper.from_array(np.array([4, 10**9]), "shape")
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 4]) for n in ("x", "y")]
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["all"]),
        helper.make_node("ReduceSum", ["all"], ["one"], keepdims=0),
        helper.make_node("Add", ["x", "one"], ["y"]),
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], [shape])
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), tmp_path / "n.onnx")
    with pytest.raises(InputError, match="makes 4,000,000,000 numbers"):
        load_classifier(tmp_path / "n.onnx")


@pytest.mark.slow
def test_other_networks_may_give_labels_alone(tmp_path, folder):
    import tensorflow as tf

    given = tf.keras.Input((4,))
    best = tf.keras.ops.argmax(given[:, :3], axis=-1)
    tf.keras.Model(given, best).save(tmp_path / "net.keras")
    network = tf.Module()
    shape = tf.TensorSpec([None, 4], name="x")
    network.serve = tf.function(lambda x: tf.argmax(x[:, :3], axis=1), input_signature=[shape])
    with quiet():
        tf.saved_model.save(network, str(tmp_path / "net"), {"serving_default": network.serve})
        converted = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "net")).convert()
    (tmp_path / "net.tflite").write_bytes(converted)
    for name in ("net", "net.tflite", "net.keras"):
        given = tmp_path / name, folder / "data.npz", folder / "names.txt"
        found = ModelFile(*given).evaluate().subject
        assert found.probabilities is None
        assert np.array_equal(found.readings, X[:, :3].argmax(axis=1))


@pytest.mark.slow
def test_a_relu_at_the_end_of_a_litert_file_gives_no_logits(tmp_path):
    import keras
    import tensorflow as tf

    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu")])
    with quiet():
        converted = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    (tmp_path / "n.tflite").write_bytes(converted)
    assert load_classifier(tmp_path / "n.tflite").activation is None


@pytest.mark.slow
def test_a_litert_file_may_take_images_of_any_size(tmp_path):
    import keras
    import tensorflow as tf

    layers = keras.layers.Conv2D(3, 3), keras.layers.GlobalMaxPooling2D(), keras.layers.Softmax()
    network = keras.Sequential([keras.Input((None, None, 1)), *layers])
    with quiet():
        converted = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    (tmp_path / "n.tflite").write_bytes(converted)
    images = RANDOM.random((5, 9, 8, 1), dtype=np.float32)
    found = load_classifier(tmp_path / "n.tflite").predict(images, NAMES)[0]
    assert np.allclose(found, network(images), atol=1e-6)


def test_numbers_that_an_input_of_whole_ones_cannot_hold_are_refused():
    assert in_type(np.array([[0.0, 255]]), np.uint8).tolist() == [[0, 255]]
    assert in_type(np.array([[0.5, 300]]), np.float16).tolist() == [[0.5, 300]]
    for x in ([[0.5]], [[-1.0]], [[256.0]]):
        with pytest.raises(ValueError, match="takes uint8"):
            in_type(np.array(x), np.uint8)


def test_pixels_that_were_not_scaled_are_not_quantised():
    details = {"quantization": (1 / 255, 0), "dtype": np.uint8}
    assert litert._to_type(np.array([[0, 0.2, 1]]), details).tolist() == [[0, 51, 255]]
    assert litert._to_type(np.array([[0, 0.2, 9]]), details).tolist() == [[0, 51, 255]]
    with pytest.raises(ValueError, match="from 0 to 1, and x goes from 0 to 255; scale x"):
        litert._to_type(np.array([[0.0, 51, 255]]), details)


def test_quantised_probabilities_sum_to_1_but_for_their_steps(tmp_path):
    scores = np.array([[100, 100, 54], [2, 250, 7]]) / 256
    given = (tmp_path / "q.tflite", lambda x: scores, "softmax", None, {}, len)
    found = Classifier(*given, slack=SUM_SLACK + 3 / 256).predict(X[:2], NAMES)[0]
    assert np.allclose(found, scores / scores.sum(axis=1, keepdims=True))
    with pytest.raises(InputError, match="do not sum to 1"):
        Classifier(*given).predict(X[:2], NAMES)
    found = Classifier(given[0], lambda x: np.eye(3)[:2, :, None, None], *given[2:])
    assert np.array_equal(found.predict(X[:2], NAMES)[0], np.eye(3)[:2])  # of a pooling layer
    scores = np.array([[0.5, 0.25, 0.246], [0, 1, 0]])  # as bfloat16 may round
    assert Classifier(*given).predict(X[:2], NAMES)[0].sum(axis=1) == pytest.approx(1)
