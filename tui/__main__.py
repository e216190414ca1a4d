"""`python -m tui` is `gan-tui`."""

import sys

from tui.cli import main

sys.exit(main())
