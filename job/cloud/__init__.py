"""Cloud: a stack on Google Cloud, from its project and settings to the last resource removed."""
