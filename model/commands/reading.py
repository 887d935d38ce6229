"""The commands `predict` and `read`: pictures of one digit each, and of several."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path

from model.commands.options import add_reading, save_picture
from model.errors import Batch, InputError, printable
from model.records import answer_record, page_record, page_rows


def add_predict(commands) -> None:
    command = commands.add_parser("predict", help="read pictures of one digit each")
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH",
                         help="pictures, folders of pictures, or .npz files with x")  # fmt: skip
    add_reading(command, _predict)


def add_read(commands) -> None:
    command = commands.add_parser("read", help="read photographs of several digits each")
    command.add_argument("images", nargs="+", type=Path, metavar="IMAGE",
                         help="pictures, or folders of pictures")  # fmt: skip
    command.add_argument("--out", type=Path, metavar="FILE",
                         help="draw the readings on a copy of the one IMAGE")  # fmt: skip
    add_reading(command, _read).add_argument(
        "--csv", action="store_true", help="print CSV: a row for each row of a table, or "
        "each line, with the picture's name before its cells, or groups")  # fmt: skip


def _predict(options: argparse.Namespace) -> int:
    from model.answers import predict_all
    from model.inference.predictor import Predictor, decide
    from model.words import describe_answer

    predictor = Predictor.load(options.bundle)
    batch = Batch(options.json, options.strict)
    for source, index, answer in predict_all(options.paths, predictor):
        if isinstance(answer, InputError):
            batch.fail(source, index, answer)
            continue
        batch.read += 1
        if options.json:
            print(json.dumps(answer_record(source, index, answer)))
            continue
        place = printable(source if index is None else f"{source}[{index}]")
        decision = decide(answer.prediction, predictor.calibration)
        print(f"{place}: {describe_answer(answer, decision)}")
    return batch.exit_code()


def _read(options: argparse.Namespace) -> int:
    from model.data.sources import picture_sources
    from model.inference.predictor import Predictor
    from model.pages.annotation import annotate
    from model.pages.reader import read_page

    if options.out and (len(options.images) > 1 or options.images[0].is_dir()):
        raise InputError("--out takes one picture: give one IMAGE, or leave --out away")
    if options.out and os.path.realpath(options.out) == os.path.realpath(options.images[0]):
        raise InputError(f"--out {options.out}: is the picture itself; name another file")
    if sets := [path for path in options.images if path.suffix.lower() == ".npz"]:
        raise InputError(f"{sets[0]}: read takes pictures; for the digits of an .npz use predict")
    predictor = Predictor.load(options.bundle)
    batch = Batch(options.json, options.strict)
    for source, _, pictures in picture_sources(options.images):
        try:
            if isinstance(pictures, InputError):
                raise pictures
            (image,) = pictures
            page = read_page(image, predictor)
        except InputError as error:
            batch.fail(source, None, error)
            continue
        batch.read += 1
        if options.out:
            save_picture(annotate(image, page), options.out)
        _print_page(source, page, options)
    return batch.exit_code()


def _print_page(source: str, page, options: argparse.Namespace) -> None:
    from model.words import describe_doubts

    if options.json:
        print(json.dumps(page_record(source, page)))
        return
    if options.csv:
        # A spreadsheet would take =x.png for a formula; ./=x.png is the same file.
        name = f"./{source}" if source.startswith(("=", "+", "-", "@")) else source
        csv.writer(sys.stdout).writerows([name, *row] for row in page_rows(page))
        return
    said = [*page.text, *describe_doubts(page)] + ["no digits were found"] * (not page.digits)
    for line in said:
        print(f"{printable(source)}: {line}")
