"""The portal without its shelf of public pages: each is rendered for each reader."""

from portal.settings import *

MIDDLEWARE = [name for name in MIDDLEWARE if name != "portal.base.middleware.PublicPages"]
