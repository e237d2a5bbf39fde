"""Sends parts to a vendor: in each person's order, with retries, and never twice what the vendor has taken."""
