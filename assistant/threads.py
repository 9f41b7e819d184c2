"""How the threads of numerical libraries wait for each other."""

from __future__ import annotations

import os


def sleep_while_waiting() -> None:
    """Lets OpenMP's threads sleep while one of them is behind, in place of keeping its core busy: on a machine that has
    other work to do, that one then gets it sooner. Measured on two cores with two other busy processes: a reply in .2 s
    in place of 6 s. Has an effect before a library with OpenMP is loaded; an environment that decides otherwise stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
