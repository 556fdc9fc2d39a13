"""What other audit trails for Django notice and what they do not, tried out: `python -m tests.peers ADDRESS` in an environment of the peers' own.

    python3.12 -m venv peers && peers/bin/pip install -r tests/peers/requirements.txt
    createdb peers && peers/bin/python -m tests.peers postgresql:///peers

Nothing of the portal is imported, and nothing here runs in its test suite. docs/comparison.md tells what came out.
"""
