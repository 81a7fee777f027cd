"""What the audit trail speaks of. What has no word is shown by its raw name."""

from collections.abc import Mapping

from core.kernel.i18n import Message, msg
from web.pages.listing import Text

SUBJECTS: Mapping[str, Message] = {
    "campaign": msg("Campaign"),
    "account": msg("Money account"),
    "announcement": msg("Announcement"),
    "assignment_rule": msg("Assignment rule"),
    "audit": msg("Audit trail"),
    "calendar": msg("Hours of work"),
    "call": msg("Call"),
    "callback": msg("Callback"),
    "case": msg("Case"),
    "claim": msg("Claim"),
    "company": msg("Company"),
    "contact_attempt": msg("Attempt to contact"),
    "contact_block": msg("Block"),
    "contact_day": msg("Day of the calendar"),
    "contact_rule": msg("Rule of contact law"),
    "creditor": msg("Creditor"),
    "floor_message": msg("Message to collectors"),
    "import": msg("Import"),
    "interest_group": msg("Interest group"),
    "list": msg("List"),
    "menu": msg("Menu"),
    "menu_sound": msg("Recording for menus"),
    "voicemail": msg("Message of a caller"),
    "mass": msg("Action on many cases"),
    "month": msg("Month"),
    "order": msg("Order"),
    "party": msg("Person"),
    "pause_reason": msg("Pause reason"),
    "payment": msg("Payment"),
    "phone": msg("Phone number"),
    "plan": msg("Instalment plan"),
    "profile": msg("Profile"),
    "promise": msg("Promise to pay"),
    "promise_type": msg("Promise type"),
    "queue": msg("Queue"),
    "rate_table": msg("Rate table"),
    "recording": msg("Recording"),
    "remittance": msg("Statement to a creditor"),
    "report_schedule": msg("Report by mail"),
    "result_code": msg("Result code"),
    "role": msg("Role"),
    "scheme": msg("Settlement scheme"),
    "stage": msg("Stage"),
    "tag": msg("Tag"),
    "task": msg("Task"),
    "token": msg("API token"),
    "unit": msg("Department"),
    "user": msg("User"),
    "work_settings": msg("Settings of worklists"),
}


def word(words: Mapping[str, Message], raw: str) -> Text:
    """The word for a raw name, else the name itself."""
    return words.get(raw, raw)
