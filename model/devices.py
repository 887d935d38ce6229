"""The devices that training spreads over."""

from __future__ import annotations

import tensorflow as tf

from model import InputError


def find_strategy(name: str) -> tf.distribute.Strategy:
    """The strategy by its name: "mirrored", all GPUs of this machine (without any, its CPU).

    Each device holds the network and gets an even part of each batch. Raises InputError for
    "multiworker", which Keras 3 cannot fit with: https://github.com/keras-team/keras/issues/20585.
    """
    if name != "mirrored":
        raise InputError(
            "--strategy multiworker: Keras 3 cannot train over several machines yet; "
            "on one with several GPUs use --strategy mirrored"
        )
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    print(f"training on {len(devices)} × {devices[0].device_type}")
    return tf.distribute.MirroredStrategy([device.name for device in devices])
