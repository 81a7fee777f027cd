"""The ground floor: database, unit of work, bus, jobs, clock, ids, money, phones, texts and errors."""
