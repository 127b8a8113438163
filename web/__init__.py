"""What both web apps share: sessions, CSRF, headers, languages, base pages."""
