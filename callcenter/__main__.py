"""``python -m callcenter …``"""

import sys

from callcenter.app.cli import main

sys.exit(main())
