"""What the staff pages and the public pages share: sessions, CSRF, headers, limits, languages, base pages."""
