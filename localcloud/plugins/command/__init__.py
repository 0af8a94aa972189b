"""Command: the stand-in for pulumi-resource-command, with local and remote commands."""
