"""A stand-in for ECPay's AIO V5 checkout: same addresses, same fields, same check value, own process."""
