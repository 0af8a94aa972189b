"""What a DevStack node does about itself, with nothing but Python 3.9's standard library."""
