"""Case numbers out of a file: a workbook, CSV or plain text, one number a row."""

import asyncio
import csv
import io
from pathlib import Path

from core.importing import workbook
from core.importing.errors import NotAWorkbook, WorkbookTooLarge
