"""The portal's own settings; a bench adds pages that exist for comparison alone."""

from portal.settings import *

ROOT_URLCONF = "tests.bench.urls"
