"""Bundles from strangers, their hashes right: refused in one line, or safe to list and to show."""

from __future__ import annotations

import io
import json
import random
import shutil
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given

from model.__main__ import main
from model.bundles.metadata import metadata_faults
from model.bundles.store import SHIPPED, BundleError, fingerprint, load_bundle
from model.data.dataset import load_dataset
from model.errors import InputError, is_printable
from model.files.keras_files import load_keras
from model.inference.predictor import Predictor
from model.preprocessing import preprocess
from report.evaluation.bundles import model_facts, training_facts
from report.format.schema import faults, load_schema
from tests.fuzz.damage import EDITS, damaged
from tests.fuzz.effort import FACTOR, tries
from tests.fuzz.refusals import outcome
from tests.report.damage import VALUES, places, put
from webapp.answers import compare, empty_comparison
from webapp.language import words_of

SHIPPED_FORM = json.loads((SHIPPED / "linear/bundle.json").read_text("utf-8"))
ODD = (*VALUES, float("nan"), float("inf"), -1e300, 2**70, "a\nb", "\x1b[31m", "\u202e", "\ud800",
       "x" * 10_000, "../up", "a/b", {"a": {}}, [None])  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> Path:
    return shutil.copytree(SHIPPED / "linear", tmp_path / "stranger")


def tell(folder: Path, about) -> None:
    """Write a bundle.json, in ASCII as JSON may be."""
    (folder / "bundle.json").write_text(json.dumps(about))


def consistent(folder: Path) -> None:
    """Make bundle.json say the sizes and hashes that the files have."""
    about = json.loads((folder / "bundle.json").read_text())
    about["files"] = {name: fingerprint(folder / name) for name in about["files"]}
    tell(folder, about)


def refusal(load, *args) -> str | None:
    """The line by which something is refused; None where it is not."""
    return outcome(InputError, load, *args)[1]


def use(folder: Path, seven: np.ndarray) -> None:
    """Do all that is done with what a bundle says of itself."""
    if refusal(Predictor.load, folder):
        return
    predictor, steps = Predictor.load(folder), preprocess(seven)
    assert compare([predictor], steps, words_of("en"))["networks"]
    assert empty_comparison([predictor], "", words_of("en"))["networks"]
    schema = load_schema()
    for facts, part in ((model_facts, "model"), (training_facts, "training")):
        said = json.loads(json.dumps(facts(predictor.bundle.metadata), allow_nan=False))
        assert not list(faults(said, schema["$defs"][part], schema))


def test_whatever_bundle_json_says_is_refused_or_can_be_shown(folder, seven, recwarn):
    """Every value replaced by every odd one."""
    refused = 0
    for path in list(places(SHIPPED_FORM))[1:]:
        if path[0] in ("history", "data") and random.Random(str(path)).random() > 0.2 * FACTOR:
            continue  # many rows of one kind
        for value in ODD:
            tell(folder, put(SHIPPED_FORM, path, value))
            said = refusal(load_bundle, folder)
            refused += said is not None
            if said is None:
                use(folder, seven)
    assert refused > 800
    assert not recwarn.list


@tries(150)
@given(edits=EDITS)
def test_a_damaged_bundle_json_is_refused_or_can_be_shown(edits, folder, seven):
    text = (SHIPPED / "linear/bundle.json").read_bytes()
    (folder / "bundle.json").write_bytes(damaged(text, edits))
    if refusal(load_bundle, folder) is None:
        use(folder, seven)


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000, '{"a": ' * 5000, "\ufeff{}", "NaN"])
def test_json_that_is_too_much_is_refused(folder, text):
    (folder / "bundle.json").write_text(text, encoding="utf-8")
    assert "damaged" in refusal(load_bundle, folder)


def test_all_that_ship_have_the_form():
    for path in SHIPPED.glob("*/bundle.json"):
        assert list(metadata_faults(json.loads(path.read_text("utf-8")))) == []


def test_odd_bundles_in_the_cache_are_listed_as_lines(own_cache, capsys):
    cached = own_cache / "bundles"
    for number, value in enumerate(ODD):
        folder = shutil.copytree(SHIPPED / "linear", cached / f"odd-{number}")
        tell(folder, put(SHIPPED_FORM, ("data", "name"), value))
    try:
        assert main(["list"]) == 0
    finally:
        for number in range(len(ODD)):
            shutil.rmtree(cached / f"odd-{number}")
    said = capsys.readouterr()
    assert said.err.count("odd-") == said.err.count("\n") > 5
    assert all(is_printable(line) for line in (said.out + said.err).splitlines())


NETWORKS = {
    "nothing": b"",
    "text": b"garbage" * 100,
    "no more than its kind": b"\0\0\0\0TFL3" + bytes(3000),
    "half": (SHIPPED / "linear/model.tflite").read_bytes()[:15_000],
    "another's": (SHIPPED / "cnn/model.tflite").read_bytes(),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_is_none_or_answers_otherwise_is_refused(folder, name):
    (folder / "model.tflite").write_bytes(NETWORKS[name])
    consistent(folder)
    load_bundle(folder)
    assert "stranger" in refusal(Predictor.load, folder) or "linear" in refusal(
        Predictor.load, folder
    )


def rewritten(path: Path, change=lambda config: config, **more: bytes) -> None:
    """Change what a .keras file says of its network, and put more files into it, packed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["config.json"] = json.dumps(change(json.loads(parts["config.json"]))).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (parts | more).items():
            archive.writestr(name, data)


def gadgets(mark: Path) -> list[dict]:
    """What a network could be said to be made of, so that loading it does something."""
    call = {"args": ["touch", str(mark)]}
    return [
        {"module": "subprocess", "class_name": "Popen", "config": call, "registered_name": None},
        {"module": "os", "class_name": "system", "config": f"touch {mark}"},
        {"module": "builtins", "class_name": "eval", "config": f"open({str(mark)!r}, 'w')"},
        {"module": "pathlib", "class_name": "Path", "config": {"self": str(mark)}},
        {"module": "keras.utils", "class_name": "get_file",
         "config": {"fname": str(mark), "origin": Path(__file__).as_uri()}},
        {"module": "shutil", "class_name": "copy", "config": {"src": __file__, "dst": str(mark)}},
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("place", ["whole", "layer"])
def test_a_class_of_another_module_is_not_made(folder, tmp_path, number, place):
    """Neither when training goes on with it, nor when it is reported on."""
    from report.evaluation.keras import load as load_for_report

    mark = tmp_path / "ran"
    gadget = gadgets(mark)[number]

    def change(config: dict) -> dict:
        if place == "whole":
            return gadget
        config["config"]["layers"][1] |= gadget
        return config

    rewritten(folder / "model.keras", change)
    consistent(folder)
    bundle = load_bundle(folder)
    Predictor(bundle)
    for refused in (load_keras, bundle.keras_path), (load_for_report, folder / "model.keras"):
        assert "model.keras" in refusal(*refused)
    assert not mark.exists()


def test_names_that_climb_out_of_a_keras_file_are_not_written(folder, tmp_path):
    climbing = {"../../climbed": b"x", "/tmp/climbed-by-test": b"x", "assets/../../climbed": b"x"}
    rewritten(folder / "model.keras", **climbing)
    consistent(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of what it leaves out; it may refuse as well
        refusal(load_keras, load_bundle(folder).keras_path)
    assert not list(tmp_path.rglob("climbed*"))
    assert not Path("/tmp/climbed-by-test").exists()


def cheap_refusal(bundle):
    """What is said as a network is not loaded; no file's promise is taken up before."""
    import keras  # noqa: F401  (importing it takes far more than what is measured)

    tracemalloc.start()
    try:
        said = refusal(load_keras, bundle.keras_path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
    return said


@pytest.mark.parametrize("part", ["config.json", "model.weights.h5", "assets/more"])
def test_a_keras_file_that_swells_is_refused_before_it_is_unpacked(folder, part):
    """128 MiB of zeros in as many kilobytes."""
    rewritten(folder / "model.keras", **{part: bytes(2**27)})
    consistent(folder)
    said = cheap_refusal(load_bundle(folder))
    assert "unpacks to" in said
    assert "\n" not in said


def test_a_keras_file_packed_again_is_opened(folder):
    """As by a program that packs what Keras left as it was."""
    before = load_keras(load_bundle(folder).keras_path).count_params()
    rewritten(folder / "model.keras")
    consistent(folder)
    assert load_keras(load_bundle(folder).keras_path).count_params() == before


def promised(file: h5py.File, name: str) -> None:
    """3.6 GB of zeros that are nowhere; Keras refuses no less than 4 GB."""
    file.create_dataset(name, shape=(30_000, 30_000), dtype="f4")


def packed(file: h5py.File, name: str) -> None:
    file.create_dataset(name, shape=(30_000, 30_000), dtype="f4", chunks=True, compression="gzip")


def in_chunks(file: h5py.File, name: str) -> None:
    file.create_dataset(name, data=np.zeros((784, 10), "f4"), chunks=True)


def within_its_head(file: h5py.File, name: str) -> None:
    """As HDF5 calls compact; Keras writes none, and HDF5 1.14 has a known fault with them."""
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((784, 10))
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.IEEE_F32LE, space, compact)


def in_another_file(file: h5py.File, name: str) -> None:
    """A file of the machine, read as weights; Keras refuses it as well."""
    file.create_dataset(name, shape=(784, 10), dtype="f4", external=[(__file__, 0, 31360)])


def of_thirteen_bits(file: h5py.File, name: str) -> None:
    kind = h5py.h5t.STD_I16LE.copy()
    kind.set_precision(13)
    space = h5py.h5s.create_simple((784, 10))
    h5py.h5d.create(file.id, name.encode(), kind, space).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.zeros((784, 10), np.int16)
    )


WEIGHTS = "layers/dense/vars/0"


@pytest.mark.parametrize(
    "odd", [promised, packed, in_chunks, within_its_head, in_another_file, of_thirteen_bits]
)
def test_weights_that_lie_otherwise_than_keras_writes_them_are_not_read(folder, odd):
    with zipfile.ZipFile(folder / "model.keras") as archive:
        weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights, "a") as file:
        del file[WEIGHTS]
        odd(file, WEIGHTS)
        file["cycle"] = file["/"]
    rewritten(folder / "model.keras", **{"model.weights.h5": weights.getvalue()})
    consistent(folder)
    said = cheap_refusal(load_bundle(folder))
    assert "as Keras writes none" in said


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64", "mixed_float16"])
def test_weights_of_any_kind_that_keras_writes_are_read(tmp_path, kind):
    import keras

    inner = keras.Sequential([keras.layers.Dense(3, dtype=kind), keras.layers.Dropout(0.5)])
    network = keras.Sequential([keras.layers.Input((2,)), inner, keras.layers.Normalization()])
    network.compile("adam", "mse")
    network.fit(np.ones((2, 2)), np.ones((2, 3)), verbose=0)
    network.save(tmp_path / "it.keras")
    x = np.float32([[1, 2], [-3, 4]])
    assert np.array_equal(load_keras(tmp_path / "it.keras")(x), network(x))


def test_a_network_larger_than_its_file_is_refused_in_a_line(folder):
    def grown(config: dict) -> dict:
        config["config"]["layers"][-1]["config"]["units"] = 10**9
        return config

    rewritten(folder / "model.keras", grown)
    consistent(folder)
    said = refusal(load_keras, load_bundle(folder).keras_path)
    assert "asks for 785,000,000,000 weights and holds 7,850" in said


def test_so_is_one_of_many_layers_in_an_h5_file_and_states_are_no_weights(tmp_path):
    import keras

    state = keras.layers.SimpleRNN(3, stateful=True)
    network = keras.Sequential([keras.Input((6, 4), batch_size=2), state, keras.layers.Dense(2)])
    network.save(tmp_path / "n.h5")
    assert load_keras(tmp_path / "n.h5").count_params() == network.count_params()
    with h5py.File(tmp_path / "n.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layers = config["config"]["layers"]
        for name in "abc":
            own = {"units": 4000, "name": name}
            layers.append(layers[-1] | {"config": layers[-1]["config"] | own, "build_config": {}})
        file.attrs["model_config"] = json.dumps(config)
    assert "asks for 32,020,0" in refusal(load_keras, tmp_path / "n.h5")


def test_a_set_with_an_odd_name_gives_a_name_that_a_bundle_may_have(tmp_path):
    x = np.tile(np.arange(64, dtype=np.uint8).reshape(1, 8, 8), (80, 1, 1))
    file = io.BytesIO()
    np.savez(file, x=x, y=np.repeat(np.arange(10), 8))
    for name in ("a\nb\x1b[31m.npz", "\udcff\u202e.npz", "x" * 200 + ".npz"):
        try:
            (tmp_path / name).write_bytes(file.getvalue())
        except (OSError, UnicodeError):
            continue  # this system has no such names
        data = load_dataset(path=tmp_path / name)
        about = put(SHIPPED_FORM, ("data", "name"), data.name)
        assert list(metadata_faults(about)) == []
        assert is_printable(data.train.name)


def test_a_name_with_folders_in_it_is_refused(folder):
    for name in ("../up", "a/b", "a\\b", "", "x" * 200):
        tell(folder, put(SHIPPED_FORM, ("name",), name))
        with pytest.raises(BundleError, match="name in its"):
            load_bundle(folder)
