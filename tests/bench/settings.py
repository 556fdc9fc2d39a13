"""The portal's own settings; a bench adds pages that exist for comparison alone."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
