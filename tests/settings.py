"""The portal's own settings, with the services of this test run in their places."""

import os

from tests.harness.services import RUN

os.environ.update(RUN.environment())

from portal.settings import *
