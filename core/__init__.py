"""What every desk of the agency shares; knows no telephone and no HTTP."""
