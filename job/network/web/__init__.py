"""Web: HTTP requests, through the environment's proxies and with a total time limit."""
