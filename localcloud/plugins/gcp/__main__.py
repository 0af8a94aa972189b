"""Main: `python -m localcloud.plugins.gcp ENGINE_ADDRESS`, which the engine runs."""

from localcloud.plugins.wire import leave_out_the_sdk

leave_out_the_sdk()

from localcloud.plugins.gcp.provider import GcpProvider
from localcloud.plugins.process import serve

if __name__ == "__main__":
    serve(GcpProvider())
