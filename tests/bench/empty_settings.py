"""Django with nothing around a view: the limit that `rights_page` is held against."""

SECRET_KEY = "nothing is signed with it"
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.empty_urls"
USE_TZ = True
