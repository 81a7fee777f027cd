"""Use cases over payments.

The functions take the unit of work and who acts; :class:`core.payments.service.desk.PaymentDesk` opens the
transactions for pages and the API. Whoever moves money locks in one order: the books, the cases by id, the payments
by id.
"""
