"""The commands `list`, `data` and `export`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from model.commands.options import add_bundle, save_picture
from model.errors import InputError


def add_list(commands) -> None:
    command = commands.add_parser("list", help="show the bundles there are")
    command.set_defaults(run=_list)


def add_data(commands) -> None:
    command = commands.add_parser("data", help="show what a labelled set holds")
    command.add_argument("name", nargs="?", default="mnist", metavar="NAME",
                         help="mnist (the default), digits, unipen or pendigits")  # fmt: skip
    command.add_argument("--data", type=Path, metavar="PATH",
                         help="where it is, or a set of your own")  # fmt: skip
    command.add_argument("--out", type=Path, metavar="FILE",
                         help="draw some of each digit there, as a PNG")  # fmt: skip
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_data)


def add_export(commands) -> None:
    command = commands.add_parser("export", help="write a network for other people's servers")
    add_bundle(command)
    command.add_argument("--out", type=Path, default=Path("export-out"), metavar="DIR",
                         help="folder to write, or to replace (default: export-out)")  # fmt: skip
    command.add_argument("--format", choices=("savedmodel", "onnx"), help="default: both")
    command.set_defaults(run=_export)


def _list(_options: argparse.Namespace) -> int:
    from model.bundles.store import all_bundles

    for bundle in all_bundles():
        if isinstance(bundle, InputError):
            print(f"error: {bundle}", file=sys.stderr)
            continue
        about = bundle.metadata
        epochs = len(about["history"])
        print(
            f"{bundle.name:12} {about['architecture']['parameters']:>8,} parameters  "
            f"{about['data']['name']}, {epochs} epoch{'s' * (epochs != 1)}  {bundle.path}"
        )
    return 0


def _data(options: argparse.Namespace) -> int:
    from model.data.dataset import load_dataset
    from model.data.overview import contact_sheet, overview

    data = load_dataset(options.name, options.data)
    if options.out:
        save_picture(contact_sheet(data.train), options.out)
    about = overview(data)
    if options.json:
        print(json.dumps(about))
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
