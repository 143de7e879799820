"""Settings for the gates that look at migrations: the product's own, and the linter that reads them."""

from cosource.config.settings import *  # noqa: F403 - settings extend settings this way
from cosource.config.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "django_migration_linter"]
