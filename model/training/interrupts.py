"""Ctrl-C while a network learns: it takes effect between two batches."""

from __future__ import annotations

import signal
import threading

import keras


class Interrupts(keras.callbacks.Callback):
    """Within `with`, keeps a Ctrl-C until the batch, or the saving, under way is done.

    Raised just anywhere in TensorFlow or HDF5, KeyboardInterrupt has corrupted memory and got lost.
    A second Ctrl-C does not wait. Where it is ignored, or another handler stands, nothing changes.
    """

    _is_kept = False

    def __enter__(self) -> Interrupts:
        is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if is_ours and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._keep)
        return self

    def __exit__(self, error, *_) -> None:
        if signal.getsignal(signal.SIGINT) == self._keep:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if error is None:
            self._raise()

    def on_train_batch_end(self, batch, logs=None):
        self._raise()

    def on_test_batch_end(self, batch, logs=None):
        self._raise()

    def _keep(self, *_) -> None:
        self._is_kept = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _raise(self) -> None:
        if self._is_kept:
            raise KeyboardInterrupt
