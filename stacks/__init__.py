"""The Pulumi program: Settings in, components in the middle, stack outputs out."""
