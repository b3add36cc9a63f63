"""Processes that end with the one that started them, so that nobody writes on behind a killed one's back."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_parent = 0


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent ends, however it ends; elsewhere nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def let_forks_die_with_parent() -> None:
    """From now on every process forked from this one, and from those in turn, ends with its parent."""
    os.register_at_fork(before=_remember_parent, after_in_child=_follow_parent)


def _remember_parent() -> None:
    global _parent
    _parent = os.getpid()


def _follow_parent() -> None:
    die_with_parent()
    if os.getppid() != _parent:  # it ended before it could be followed
        os._exit(1)
