"""Engine: the real Pulumi CLI and language host, for machines that cannot download them.

Both are built once from the Go modules that go.mod and go.sum pin, and cached. No Go module has
Pulumi's provider plugins, so localcloud's stand-ins are installed, into a PULUMI_HOME of their own.
A suitable `pulumi` on PATH is preferred to all that; then the real plugins are used.

    from localcloud.engine.engine import ensure
    environment = {**os.environ, **ensure(os.environ).environment}
"""
