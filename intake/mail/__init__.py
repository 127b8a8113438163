"""Readings by e-mail: mailboxes are watched by IMAP IDLE, each mail is handled once."""
