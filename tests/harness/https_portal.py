"""The portal as granian serves it, set up for HTTPS behind a proxy, with static files as they lie in the repository (`tests.harness.served`)."""

import pytest  # noqa: F401 - tells the settings that this is a test

from portal.wsgi import application

__all__ = ["application"]
