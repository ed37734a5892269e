"""Lets `python -m bandeja` do what the command `bandeja` does."""

import sys

from bandeja.cli import main

sys.exit(main())
