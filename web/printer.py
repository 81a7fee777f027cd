"""Writes a page of HTML as PDF: HTML on the standard input, PDF on the standard output.

``python -m web.printer`` is a process of its own, so that laying out hundreds of pages holds up nobody, with limits on
memory and processor time. Nothing is ever fetched: a page to print brings everything with it.
"""

import resource
import sys
from pathlib import Path
from typing import Any, NoReturn

MEMORY_LIMIT = 1_500_000_000
CPU_SECONDS = 60
_LOOK = Path(__file__).with_name("print.css")
#: The libraries that lay out text are not on this machine.
EXIT_NO_LIBRARY = 3


def main() -> None:
    """Print one page."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    try:
        from weasyprint import CSS, HTML, URLFetcher
    except OSError as error:  # the wheel is there, pango is not
        sys.stderr.write(str(error))
        sys.exit(EXIT_NO_LIBRARY)

    class Nothing(URLFetcher):  # type: ignore[misc]
        """Refuses every address."""

        def fetch(self, url: str, headers: Any = None) -> NoReturn:
            raise PermissionError(url)

    page = sys.stdin.buffer.read().decode()
    look = CSS(filename=_LOOK)
    document = HTML(string=page, url_fetcher=Nothing(fail_on_errors=False)).write_pdf(stylesheets=[look])
    sys.stdout.buffer.write(document)


if __name__ == "__main__":
    main()
