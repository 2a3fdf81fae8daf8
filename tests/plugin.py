"""Runs before Django's settings are read: names the demo profile and brings a database.

`DATABASE_URL` names another server; workers of pytest-xdist share the controller's.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack

os.environ.setdefault("TCLOUD_PROFILE", "demo")
if "TCLOUD_DATA" not in os.environ:
    os.environ["TCLOUD_DATA"] = tempfile.mkdtemp(prefix="tcloud-tests-")
    atexit.register(shutil.rmtree, os.environ["TCLOUD_DATA"], ignore_errors=True)
if "PYTEST_XDIST_WORKER" in os.environ:
    # A folder each: one worker must not take back what the other has just had revoked.
    os.environ["TCLOUD_DATA"] += f"/{os.environ['PYTEST_XDIST_WORKER']}"

if "DATABASE_URL" not in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
    from tcloud.cli.postgres import temporary_cluster

    stack = ExitStack()
    os.environ["DATABASE_URL"] = stack.enter_context(temporary_cluster())
    atexit.register(stack.close)
