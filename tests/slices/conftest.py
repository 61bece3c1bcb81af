"""The home with a release of two years that tests of faults start from, too."""

from tests.faults.conftest import good_house

__all__ = ["good_house"]
