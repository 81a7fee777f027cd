"""Use cases over creditors, orders, cases, the people on them and their promises.

Every one takes the unit of work, who acts and, last, the present; it checks the right, writes, audits and tells the
time line in the one transaction of ``work``.
"""
