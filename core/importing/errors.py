"""What can be wrong with a registry as a whole."""

from core.kernel.errors import Conflict, Invalid
from core.kernel.i18n import mark


class NotAWorkbook(Invalid):
    """The file is no Excel workbook, or a broken one."""

    code = "not_a_workbook"
    text = mark("This file cannot be read as an Excel workbook. Open it in Excel and save it as .xlsx.")


class WorkbookTooLarge(Invalid):
    """The workbook would unpack to more than a registry can be."""

    code = "workbook_too_large"
    text = mark("This workbook is too large or unpacks to far more than it seems. Split the registry into parts.")


class NoHeadings(Invalid):
    """No row looks like headings."""

    code = "no_headings"
    text = mark("No row of headings was found in the first 30 rows of any visible sheet.")


class FileKnown(Conflict):
    """The very same file was imported before."""

    code = "file_known"
    text = mark("This very file was already imported on {on}. If that import failed, continue it instead.")


class MappingIncomplete(Invalid):
    """Columns that a case cannot do without are not chosen."""

    code = "mapping_incomplete"
    text = mark("Choose the columns for: {targets}.")


class BatchBusy(Conflict):
    """The import is at another step than the action needs."""

    code = "batch_busy"
    text = mark("The import is at another step now. Look at the page again.")


class NoNumbers(Invalid):
    """The file holds no numbers of cases."""

    code = "no_numbers"
    text = mark("No case numbers were found in this file. Put one number in each row, in one column.")
