"""What attacks on the import share with the import's own tests."""

from tests.governance.records.roster.conftest import load as load
