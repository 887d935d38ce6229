"""The `python -m model` commands: parse, call, print, return an exit code."""

from __future__ import annotations

import argparse
import csv
import json
import logging
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from model.errors import Batch, InputError, run_command
from model.files.writing import atomic_path
from model.records import answer_record, page_record, page_rows

if TYPE_CHECKING:
    from PIL.Image import Image

_WRITERS_PRINTED = 10  # those read worst
_EXTRAS = dict.fromkeys(("tf2onnx", "onnx", "onnxruntime"), "export")


def main(argv: list[str] | None = None, prog: str = "python -m model") -> int:
    """Run one command: 0 done, 1 a check did not hold, 2 wrong input, 130 interrupted."""
    options = _parser(prog).parse_args(argv)
    _print_log(sys.stdout)
    return run_command(lambda: options.run(options), extras=_EXTRAS)


def _print_log(stream: TextIO) -> None:
    """Print what the library logs, messages alone, to a stream."""
    logger = logging.getLogger("model")
    logger.handlers = [logging.StreamHandler(stream)]
    logger.setLevel(logging.INFO)


def _parser(prog: str = "python -m model") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="Train networks that read handwritten digits, and use them."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands)
    command = commands.add_parser("list", help="show the bundles there are")
    command.set_defaults(run=_list)
    command = commands.add_parser("predict", help="read pictures of one digit each")
    command.add_argument("paths", nargs="+", metavar="PATH",
                         help="pictures, folders of pictures, or .npz files with x")  # fmt: skip
    _add_reading(command, _predict)
    command = commands.add_parser("read", help="read photographs of several digits each")
    command.add_argument("images", nargs="+", type=Path, metavar="IMAGE",
                         help="pictures, or folders of pictures")  # fmt: skip
    command.add_argument("--out", type=Path, metavar="FILE",
                         help="draw the readings on a copy of the one IMAGE")  # fmt: skip
    _add_reading(command, _read).add_argument(
        "--csv", action="store_true", help="print CSV: for each row of a table, or line, the "
        "picture and what stands in its cells, or groups")  # fmt: skip
    command = commands.add_parser("evaluate", help="score a labelled set")
    command.add_argument("path", nargs="?", metavar="PATH", help=(
        ".npz with x and y (or x_test and y_test), IDX, or a folder with one sub-folder a digit; "
        "nothing for the test part of --dataset"))  # fmt: skip
    command.add_argument("--dataset", default="mnist", metavar="NAME",
                         help="mnist (the default), digits, unipen or pendigits")  # fmt: skip
    command.add_argument("--misread", type=Path, metavar="FILE",
                         help="draw what was misread there, as a PNG")  # fmt: skip
    _add_reading(command, _evaluate)
    _add_data(commands)
    _add_export(commands)
    return parser


def _add_train(commands) -> None:
    command = commands.add_parser("train", help="train a network and keep it as a bundle")
    command.add_argument("--arch", default="cnn", metavar="NAME",
                         help="linear, mlp100, mlp128, cnn_small or cnn (the default)")  # fmt: skip
    command.add_argument(
        "--dataset",
        default="mnist",
        metavar="NAME",
        help="mnist (the default), digits (the small set of scikit-learn), unipen or pendigits",
    )
    command.add_argument(
        "--data",
        metavar="PATH",
        help="your own .npz, IDX files or folder with one sub-folder a digit",
    )
    command.add_argument(
        "--pen",
        nargs="*",
        metavar="NAME",
        help="sets of pen tracks that cnn learns from as well: unipen, pendigits (default, with "
        "MNIST: both); no name for none",
    )
    command.add_argument(
        "--corrections",
        metavar="DIR",
        help="learn from what visitors of the demo corrected as well",
    )
    command.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        help="times that it sees all training images (default: the network's own)",
    )
    command.add_argument(
        "--batch-size", type=int, metavar="N", help="images a step (default: the network's own)"
    )
    command.add_argument(
        "--learning-rate",
        type=float,
        metavar="RATE",
        help="size of the steps; at its highest, where it changes (default: the network's own)",
    )
    command.add_argument(
        "--validation-split",
        type=float,
        metavar="SHARE",
        help="share of the training images held out (default: 0.1)",
    )
    command.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="another one gives other random weights and order (default: 1)",
    )
    command.add_argument(
        "--name",
        metavar="NAME",
        help="the bundle's name in the cache (default: from network and settings)",
    )
    command.add_argument("--out", type=Path, metavar="DIR",
                         help="keep the bundle there (default: in the cache)")  # fmt: skip
    command.add_argument("--resume", action="store_true",
                         help="go on after the last whole epoch of an interrupted run")  # fmt: skip
    _add_strict(command)
    command.add_argument("--strategy", choices=("mirrored", "multiworker"),
                         help="mirrored: on all GPUs of this machine; "
                         "multiworker: on the machines that $TF_CONFIG names")  # fmt: skip
    command.set_defaults(run=_train)


def _pen_names(options: argparse.Namespace) -> tuple[str, ...]:
    """The sets of pen tracks to learn from: by default both, where `cnn` learns MNIST."""
    if options.pen is not None and options.pen and options.arch != "cnn":
        raise InputError("--pen is for --arch cnn: the other networks learn images as they are")
    if options.pen is not None:
        return tuple(options.pen)
    is_shipped_recipe = options.arch == "cnn" and not options.data and options.dataset == "mnist"
    return ("unipen", "pendigits") if is_shipped_recipe else ()


def _add_data(commands) -> None:
    command = commands.add_parser("data", help="show what a labelled set holds")
    command.add_argument("name", nargs="?", default="mnist", metavar="NAME",
                         help="mnist (the default), digits, unipen or pendigits")  # fmt: skip
    command.add_argument("--data", metavar="PATH", help="where it is, or a set of your own")
    command.add_argument("--out", type=Path, metavar="FILE",
                         help="draw some of each digit there, as a PNG")  # fmt: skip
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_data)


def _add_export(commands) -> None:
    command = commands.add_parser("export", help="write a network for other people's servers")
    _add_bundle(command)
    command.add_argument("--out", type=Path, default=Path("export-out"), metavar="DIR",
                         help="folder to write, or to replace (default: export-out)")  # fmt: skip
    command.add_argument("--format", choices=("savedmodel", "onnx"), help="default: both")
    command.set_defaults(run=_export)


def _add_reading(command: argparse.ArgumentParser, run):
    """Add what all reading commands take; give the group of forms to print in."""
    _add_bundle(command)
    _add_strict(command)
    command.set_defaults(run=run)
    forms = command.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON")
    return forms


def _add_strict(command: argparse.ArgumentParser) -> None:
    command.add_argument("--strict", action="store_true",
                         help="stop at the first picture that cannot be read")  # fmt: skip


def _add_bundle(command: argparse.ArgumentParser) -> None:
    command.add_argument("--bundle", default="cnn", metavar="NAME|DIR",
                         help="the network (default: cnn)")  # fmt: skip


def _train(options: argparse.Namespace) -> int:
    from model.data.corrections import load_corrections
    from model.data.dataset import load_dataset
    from model.data.pen_sets import load_pen
    from model.files.streams import quiet
    from model.training.config import TrainingConfig
    from model.training.run import train_bundle

    if not find_spec("keras"):  # said before anything is read or downloaded
        raise ModuleNotFoundError(name="keras")
    strategy = None
    if options.strategy:
        with quiet():
            from model.training.devices import find_strategy
        strategy = find_strategy(options.strategy)
    config = TrainingConfig.default(
        options.arch,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        validation_split=options.validation_split,
        seed=options.seed,
    )
    batch = Batch(strict=options.strict)
    data = load_dataset(options.dataset, options.data, batch.fail)
    batch.read = len(data.train) + len(data.test)
    if names := _pen_names(options):
        data = replace(data, pen=load_pen(names))
    if options.corrections:
        data = replace(data, corrections=load_corrections(options.corrections))
    try:
        made = train_bundle(config, data, options.name, options.out, options.resume, strategy)
    except OSError as error:
        raise InputError(
            f"the bundle cannot be written: {error}. Make room and repeat the command with "
            "--resume, or choose other places by --out and $DIGITS_CACHE"
        ) from None
    except KeyboardInterrupt:
        print("to go on after the last whole epoch, repeat it with --resume", file=sys.stderr)
        raise
    print(f"bundle '{made.name}' is in {made.path}" if made else "done: the first machine has it")
    return batch.exit_code()


def _list(_options: argparse.Namespace) -> int:
    from model.bundles.store import all_bundles

    for bundle in all_bundles():
        if isinstance(bundle, InputError):
            print(f"error: {bundle}", file=sys.stderr)
            continue
        about = bundle.metadata
        print(
            f"{bundle.name:12} {about['architecture']['parameters']:>8,} parameters  "
            f"{about['data']['name']}, {len(about['history'])} epochs  {bundle.path}"
        )
    return 0


def _predict(options: argparse.Namespace) -> int:
    from model.answers import predict_all
    from model.inference.predictor import Predictor, decide
    from model.words import tell

    predictor = Predictor.load(options.bundle)
    batch = Batch(options.json, options.strict)
    for source, index, answer in predict_all(options.paths, predictor):
        if isinstance(answer, InputError):
            batch.fail(source, index, answer)
            continue
        batch.read += 1
        if options.json:
            print(json.dumps(answer_record(source, index, answer), ensure_ascii=False))
            continue
        place = source if index is None else f"{source}[{index}]"
        print(f"{place}: {tell(answer, decide(answer.prediction, predictor.calibration))}")
    return batch.exit_code()


def _read(options: argparse.Namespace) -> int:
    from model.data.sources import picture_sources
    from model.inference.predictor import Predictor
    from model.pages.annotation import annotate
    from model.pages.reader import read_page

    if options.out and (len(options.images) > 1 or options.images[0].is_dir()):
        raise InputError("--out takes one picture: give one IMAGE, or leave --out away")
    if sets := [path for path in options.images if path.suffix == ".npz"]:
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


def save_picture(picture: Image, out: Path) -> None:
    """Save a picture in the format that its name ends in. Raises InputError."""
    try:
        with atomic_path(out) as temporary:
            picture.save(temporary)
    except (OSError, ValueError) as error:  # ValueError: Pillow knows no such format
        raise InputError(f"{out} cannot be written: {error}") from None


def _print_page(source: str, page, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(page_record(source, page), ensure_ascii=False))
        return
    if options.csv:
        csv.writer(sys.stdout).writerows([source, *row] for row in page_rows(page))
        return
    for line in page.text:
        print(f"{source}: {line}")
    doubtful = sum(not mark.accepted for mark in page.digits)
    if doubtful:
        marks = "one more mark is" if doubtful == 1 else f"{doubtful} more marks are"
        print(f"{source}: {marks} not taken for a digit")
    elif not page.digits:
        print(f"{source}: no digits were found")


def _evaluate(options: argparse.Namespace) -> int:
    import numpy as np

    from model.answers import answer_many
    from model.data.dataset import load_evaluation_set
    from model.data.overview import misread_sheet
    from model.data.own_files import load_labelled
    from model.inference.predictor import Predictor
    from model.inference.scoring import AccuracyCounts, auroc
    from model.writers import WriterCounts

    predictor = Predictor.load(options.bundle)
    batch = Batch(options.json, options.strict)
    if options.path:
        images, others = load_labelled(options.path, batch.fail), None
    else:
        data = load_evaluation_set(options.dataset)
        images, others = data.images, data.others
    answers, rows = [], []
    for row, answer in enumerate(answer_many(images.images, predictor)):
        if isinstance(answer, InputError):
            batch.fail(*images.place(row), answer)
        else:
            answers.append(answer)
            rows.append(row)
    batch.read = len(rows)
    if not rows:
        return batch.exit_code()
    images = images.take(np.array(rows))
    read = [answer.prediction for answer in answers]
    digits = np.array([one.digit for one in read])
    accepted = np.array([one.accepted for one in read])
    result = AccuracyCounts.of(digits, accepted, images.labels).to_json()
    if images.writers is not None:
        result["writers"] = WriterCounts.of(images.writers, digits == images.labels).to_json()
    if others is not None:
        other_scores = predictor.score(others)
        if other_scores.digit_probability is not None:
            known = np.array([one.digit_probability for one in read])
            area = auroc(known, other_scores.digit_probability)
            result["others"] = {"count": len(others), "auroc": area}
    if options.misread and result["accuracy"] < 1:
        glyphs = np.stack([answer.glyph for answer in answers])
        save_picture(misread_sheet(glyphs, images.labels, digits), options.misread)
    if options.json:
        print(json.dumps(result))
        return batch.exit_code()
    print(f"{result['count']:,} images from {images.name}, bundle '{predictor.bundle.name}'")
    _print_evaluation(result)
    if options.misread and result["accuracy"] == 1:
        print(f"nothing was misread: {options.misread} is not written")
    return batch.exit_code()


def _print_evaluation(result: dict) -> None:
    """Print the object of `evaluate --json` in words."""
    low, high = result["accuracy_interval"]
    print(f"accuracy        {result['accuracy']:.2%}  (95 % interval {low:.2%} to {high:.2%})")
    print(f"accepted        {result['accepted_fraction']:.2%}")
    if result["accuracy_when_accepted"] is not None:
        print(f"right if so     {result['accuracy_when_accepted']:.2%}")
    if others := result.get("others"):
        print(f"digit or not    AUROC {others['auroc']:.4f}  "
              f"(against {others['count']:,} letters and symbols)")  # fmt: skip
    worst = min(result["per_class"], key=lambda row: row["accuracy"])
    print(f"worst digit     {worst['digit']}, {worst['accuracy']:.2%}")
    for row in result["per_class"]:
        print(f"  {row['digit']}  {row['accuracy']:.2%} of {row['count']:,}")
    if writers := result.get("writers"):
        _print_writers(writers)


def _print_writers(writers: dict) -> None:
    found = "too few for an interval"
    if writers["accuracy_interval"]:
        low, high = writers["accuracy_interval"]
        found = f"95 % interval resampled by writer {low:.2%} to {high:.2%}"
    print(f"writers         {writers['count']:,}  ({found})")
    rows = sorted(writers["per_writer"], key=lambda row: (row["accuracy"], -row["count"]))
    for row in rows[:_WRITERS_PRINTED]:
        print(f"  {row['name']}  {row['accuracy']:.2%} of {row['count']:,}")
    if len(rows) > _WRITERS_PRINTED:
        print(f"  and {len(rows) - _WRITERS_PRINTED:,} who were read no worse: see --json")


def _data(options: argparse.Namespace) -> int:
    from model.data.dataset import load_dataset
    from model.data.overview import contact_sheet, overview

    data = load_dataset(options.name, options.data)
    if options.out:
        save_picture(contact_sheet(data.train), options.out)
    about = overview(data)
    if options.json:
        print(json.dumps(about, ensure_ascii=False))
        return 0
    print(f"{about['name']}: {about['source']}; licence: {about['licence']}")
    for name, part in about["parts"].items():
        writers = f" by {part['writer_count']} writers" if part["writer_count"] else ""
        print(f"{name:5}  {part['count']:,} digits{writers}")
        counts = (f"{digit}: {count:,}" for digit, count in enumerate(part["class_counts"]))
        print(f"       {'  '.join(counts)}")
    return 0


def _export(options: argparse.Namespace) -> int:
    from model.bundles.store import load_bundle
    from model.export import FORMATS, DifferenceError, export_bundle

    formats = (options.format,) if options.format else FORMATS
    try:
        made = export_bundle(load_bundle(options.bundle), options.out, formats)
    except DifferenceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for name, difference in made.differences.items():
        print(f"{name:10}  differs from LiteRT by {difference:.1e} at most, over {made.count:,} "
              "handwritten digits")  # fmt: skip
    print(f"the export is in {made.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
