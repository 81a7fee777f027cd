"""The call floor: collectors, queues, campaigns, menus, supervision."""
