"""Ctrl-C during training takes effect between two batches."""

from __future__ import annotations

import signal
import threading

import keras


class Interrupts(keras.callbacks.Callback):
    """Within `with`, delays a Ctrl-C until the current batch or checkpoint is finished.

    A KeyboardInterrupt raised inside TensorFlow or HDF5 can corrupt memory or get lost. A second
    Ctrl-C takes effect at once. Where SIGINT is ignored or has another handler, nothing changes.
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
