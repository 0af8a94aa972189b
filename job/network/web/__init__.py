"""Web: HTTP as the job speaks it, by the proxies of the environment and within a limit."""
