"""Sequential: the program with a worker that depends on the controller, the bench's baseline."""

import runpy
import sys
from pathlib import Path

import pulumi

INSTANCE = "gcp:compute/instance:Instance"
ROOT = Path(__file__).resolve().parent.parent.parent
instances: dict[str, pulumi.Resource] = {}


def wait_for_controller(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    """Add a dependency that the program deliberately avoids."""
    if args.type_ != INSTANCE:
        return None
    instances[args.name] = args.resource
    if args.name == "controller":
        return None
    wait = pulumi.ResourceOptions(depends_on=[instances["controller"]])
    return pulumi.ResourceTransformationResult(
        props=args.props, opts=pulumi.ResourceOptions.merge(args.opts, wait)
    )


pulumi.runtime.register_stack_transformation(wait_for_controller)
sys.path.insert(0, str(ROOT))
runpy.run_path(str(ROOT / "__main__.py"))
