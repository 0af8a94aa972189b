"""Command: the stand-in for pulumi-resource-command, local and remote commands."""
