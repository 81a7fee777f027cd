"""Pure decisions over money: how a payment is split, in which month it is booked, what makes two payments one."""
