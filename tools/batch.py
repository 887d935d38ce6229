"""Read or score millions of images on many cores or machines with Ray Data.

python -m tools.batch predict|evaluate|read OUT PATH... [--bundle B] [--workers N]
A job that was stopped continues when the command is repeated.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import reduce
from operator import add
from pathlib import Path

from model.bundles.store import load_bundle
from model.errors import CommandParser, InputError, first_line, run_command
from model.files.streams import quiet
from tools.shards import EVALUATE, TASKS, Reader, Shard, find_shards, sweep, tally_of, write

ROOT = Path(__file__).parent.parent
SUMMARY_FILE = "summary.json"
_SAY_EVERY_SECONDS = 10


def main(argv: list[str] | None = None) -> int:
    """Run the job: 0 done, 1 done but for images that cannot be read, 2 wrong input."""
    options = _parser().parse_args(argv)
    interrupted = "interrupted; the same call goes on"
    return run_command(lambda: _run(options), interrupted=interrupted, extras={"ray": "batch"})


def _parser() -> CommandParser:
    parser = CommandParser(prog="python -m tools.batch", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for the answers")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH",
                        help=".npz files, pictures, or folders of pictures")  # fmt: skip
    parser.add_argument("--bundle", default="cnn", metavar="NAME|DIR")
    parser.add_argument("--workers", type=int, metavar="N",
                        help="one a core; 0: in this process, without Ray")  # fmt: skip
    parser.add_argument("--address", metavar="HOST:PORT",
                        help="a Ray cluster that runs already; nothing: this machine")  # fmt: skip
    parser.add_argument("--pictures", type=int, default=1000, metavar="N",
                        help="that make up one shard (1000); an .npz is always one")  # fmt: skip
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.pictures < 1 or (options.workers or 0) < 0:
        raise InputError("--pictures must be above zero, and --workers not below")
    bundle = load_bundle(options.bundle)
    shards = find_shards(options.paths, options.pictures, options.task, bundle)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{options.out} cannot be written: {error}") from None
    sweep(options.out)
    waiting = [shard for shard in shards if not tally_of(shard, options.out)]
    print(f"{len(shards):,} shards, of which {len(shards) - len(waiting):,} are done already")
    reader = (str(bundle.path.absolute()), options.task, str(options.out.absolute()), os.getcwd())
    if waiting:
        if options.workers == 0:
            read = map(Reader(*reader), map(asdict, waiting))
        else:
            read = _read_by_ray(waiting, reader, options)
        _follow(read, len(waiting))
    return _finish(options, bundle, shards)


def _read_by_ray(shards: list[Shard], reader: tuple, options) -> Iterator[dict]:
    """Read shards by a pool of workers, each with a network of its own on one core."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it would warn of its own actions
    with quiet():
        import ray
        import ray.data

        host, _, port = (options.address or "").rpartition(":")
        try:
            if host:  # Ray would try for ten minutes to reach what is not there
                socket.create_connection((host, int(port)), timeout=10).close()
            ray.init(address=options.address or "local", include_dashboard=False,
                     log_to_driver=False, logging_level="ERROR",
                     runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}})  # fmt: skip
        except Exception as error:  # Ray raises bare ones, as when a busy machine takes too long
            where = options.address or "this machine"
            raise InputError(f"no Ray cluster answers at {where}: {first_line(error)}") from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    cores = int(ray.cluster_resources()["CPU"])
    most = min(options.workers or cores, len(shards))
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=most, initial_size=most)
    rows = ray.data.from_items(list(map(asdict, shards)), override_num_blocks=len(shards))
    answers = rows.map(Reader, fn_constructor_args=(*reader, 1), compute=pool, num_cpus=1)
    yield from answers.iter_rows()
    ray.shutdown()


def _follow(read: Iterator[dict], count: int) -> None:
    """Wait for all shards, and print the progress now and then."""
    started = said = time.monotonic()
    images = 0
    for done, answer in enumerate(read, start=1):
        images += answer["count"]
        now = time.monotonic()
        if now - said > _SAY_EVERY_SECONDS or done == count:
            said = now
            print(f"{done:,} of {count:,} shards, {images / (now - started):,.0f} images a second",
                  flush=True)  # fmt: skip


def _finish(options, bundle, shards: list[Shard]) -> int:
    """Sum up what all shards' counts say, write it and print it."""
    tallies = [tally_of(shard, options.out) for shard in shards]
    if None in tallies:
        raise InputError("some images changed while they were read: run the same again")
    total = reduce(add, tallies)
    summary = {"task": options.task, "bundle": bundle.name, "key": bundle.metadata["key"],
               "shards": len(shards), "count": total.count, "failed": total.failed}  # fmt: skip
    if options.task == EVALUATE and total.score.confusion.any():
        summary["evaluation"] = total.score.to_json()
    write(options.out / SUMMARY_FILE, [json.dumps(summary, indent=1) + "\n"])
    print(f"{total.count:,} answers are in {options.out}")
    if "evaluation" in summary:
        low, high = summary["evaluation"]["accuracy_interval"]
        print(f"accuracy {summary['evaluation']['accuracy']:.2%} "
              f"(95 % interval {low:.2%} to {high:.2%})")  # fmt: skip
    if total.failed:
        print(f'{total.failed:,} could not be read: see "error" there', file=sys.stderr)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
