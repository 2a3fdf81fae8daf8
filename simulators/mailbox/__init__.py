"""A mailbox for the demonstration: takes every mail by SMTP and shows it on a page."""
