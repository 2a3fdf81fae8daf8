"""What every room may use: errors, money, time, transactions, jobs, ids."""
