"""Messages to people: outbox, mails and in-app notices."""
