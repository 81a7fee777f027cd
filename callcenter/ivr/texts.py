"""The sentences of menus that come with the program; sums and days in them are read out in the caller's language."""

from core.kernel.i18n import msg

BIRTH = msg(
    "Enter your date of birth as eight digits: two for the day, two for the month, four for the year. Then press hash."
)
CASE = msg("Enter the digits of your case number. Then press hash.")
NO_MATCH = msg("These data do not match ours.")
UNKNOWN = msg("We could not make sure who you are.")
NO_DATE = msg("This is no date.")
NO_SUM = msg("This is no sum.")
AGAIN = msg("Nothing known was pressed.")
NO_HOUR = msg("This is no hour.")
NO_NUMBER = msg("This is no telephone number.")
DAY = msg("Enter the day by which you will pay as four digits: two for the day, two for the month. Then press hash.")
THANKS = msg("Thank you. Your promise is on record.")
NOT_TAKEN = msg("Your promise could not be taken.")
NUMBER = msg("Enter the number at which to call you back. Then press hash.")
WHEN = msg("To be called back as soon as possible, press 1. To choose the hour, press 2.")
HOUR = msg("Enter the hour at which to call you as two digits, from 00 to 23. Then press hash.")
NO_CALLBACK = msg("Your wish could not be noted.")
