"""Network: how the job reaches what is elsewhere, by HTTP and through a tunnel."""
