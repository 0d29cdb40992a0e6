"""The web side: the routes by Flask's test client, the page by a real browser."""
