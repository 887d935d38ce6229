"""The command `train`: train a network and keep it as a bundle."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from model.commands.options import add_strict
from model.errors import Batch, InputError

_SETTINGS = ("epochs", "batch_size", "learning_rate", "validation_split", "seed")


def add_train(commands) -> None:
    command = commands.add_parser("train", help="train a network and keep it as a bundle")
    # fmt: off
    option = command.add_argument
    option("--arch", default="cnn", metavar="NAME",
           help="linear, mlp100, mlp128, cnn_small or cnn (the default)")
    option("--dataset", default="mnist", metavar="NAME",
           help="mnist (the default), digits (the small set of scikit-learn), unipen or pendigits")
    option("--data", type=Path, metavar="PATH",
           help="your own .npz, IDX files or folder with one sub-folder a digit")
    option("--pen", nargs="*", metavar="NAME",
           help="sets of pen tracks that cnn learns from as well: unipen, pendigits (default, with "
           "MNIST: both); no name for none")
    option("--corrections", type=Path, metavar="DIR",
           help="learn from what visitors of the demo corrected as well")
    option("--epochs", type=int, metavar="N",
           help="times that it sees all training images (default: the network's own)")
    option("--batch-size", type=int, metavar="N",
           help="images a step (default: the network's own)")
    option("--learning-rate", type=float, metavar="RATE",
           help="learning rate; where it changes, its peak (default: the network's own)")
    option("--validation-split", type=float, metavar="SHARE",
           help="share of the training images held out (default: 0.1)")
    option("--seed", type=int, metavar="N",
           help="another one gives other random weights and order (default: 1)")
    option("--name", metavar="NAME",
           help="the bundle's name in the cache (default: from network and settings)")
    option("--out", type=Path, metavar="DIR",
           help="keep the bundle there (default: in the cache)")
    option("--resume", action="store_true",
           help="go on after the last whole epoch of an interrupted run")
    add_strict(command)
    option("--strategy", choices=("mirrored", "multiworker"),
           help="mirrored: on all GPUs of this machine; "
           "multiworker: on the machines that $TF_CONFIG names")
    # fmt: on
    command.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    from model.data.corrections import load_corrections
    from model.data.dataset import load_dataset
    from model.data.pen_sets import load_pen
    from model.files.streams import quiet
    from model.training.config import TrainingConfig
    from model.training.curves import CURVES_FILE
    from model.training.run import train_bundle

    if not find_spec("keras"):  # said before anything is read or downloaded
        raise ModuleNotFoundError(name="keras")
    strategy = None
    if options.strategy:
        with quiet():
            from model.training.devices import find_strategy
        strategy = find_strategy(options.strategy)
    settings = {name: getattr(options, name) for name in _SETTINGS}
    config = TrainingConfig.default(options.arch, **settings)
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
    if not made:
        print("done: the first machine has it")
        return batch.exit_code()
    print(f"bundle '{made.name}' is in {made.path}")
    print(f"learning curves: {made.path / CURVES_FILE}")
    return batch.exit_code()


def _pen_names(options: argparse.Namespace) -> tuple[str, ...]:
    """The sets of pen tracks to learn from: by default both, where `cnn` learns MNIST."""
    if options.pen and options.arch != "cnn":
        raise InputError("--pen is for --arch cnn: the other networks learn images as they are")
    if options.pen is not None:
        return tuple(options.pen)
    is_shipped_recipe = options.arch == "cnn" and not options.data and options.dataset == "mnist"
    return ("unipen", "pendigits") if is_shipped_recipe else ()
