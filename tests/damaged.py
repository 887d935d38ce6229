"""Bundles with a damaged network of the kind that LiteRT does not refuse but dies of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from model.bundles.store import KERAS_FILE, LITERT_FILE, METADATA_FILE, SHIPPED
from model.files.fingerprint import fingerprint

NOTHING = -1  # in place of a tensor's number


def without_weights(network) -> None:
    """The second convolution has no weights."""
    first, _, *others = network.operators[1].inputs
    network.operators[1].inputs = [first, NOTHING, *others]


def over_its_input(network) -> None:
    """The last layer writes its answers, for ten digits and none, into the drawing's pixels."""
    network.operators[-1].outputs = list(network.inputs)


def damaged_copy(folder: Path, damage: Callable) -> Path:
    """Copy the shipped `cnn` into a folder, damage its network, and sign it as a whole one."""
    shutil.copytree(SHIPPED / "cnn", folder)
    file = folder / LITERT_FILE
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(file.read_bytes()))
    damage(model.subgraphs[0])
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    file.write_bytes(builder.Output())
    about = json.loads((folder / METADATA_FILE).read_text("utf-8"))
    about["files"] = {name: fingerprint(folder / name) for name in (KERAS_FILE, LITERT_FILE)}
    (folder / METADATA_FILE).write_text(json.dumps(about), "utf-8")
    return folder
