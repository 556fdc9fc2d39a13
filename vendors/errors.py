"""What could not be done, in words for the person."""

from portal.base.errors import CannotDo

__all__ = ["CannotDo"]
