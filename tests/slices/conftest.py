"""The home with a release of two years that tests of faults start from, too."""

from tests.faults.conftest import good_house
from tests.faults.conftest import house as house_of_two

__all__ = ["good_house", "house_of_two"]
