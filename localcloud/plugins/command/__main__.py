"""Main: `python -m localcloud.plugins.command ENGINE_ADDRESS`, which the engine runs."""

from localcloud.plugins.wire import leave_out_the_sdk

leave_out_the_sdk()

from localcloud.plugins.command.provider import CommandProvider
from localcloud.plugins.process import serve

if __name__ == "__main__":
    serve(CommandProvider())
