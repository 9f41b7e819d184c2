"""Set before any library is imported: no bars of model libraries in what commands print, no model hub, and threads that
sleep while they wait, so that tests beside other work are not slowed down by their own."""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
