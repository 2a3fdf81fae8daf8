"""Attempts to collect the self-pay, and what the gateways say of them."""
