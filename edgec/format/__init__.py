"""The .edgec file and the bundle directory: written and read, every field checked."""

from edgec.format.bundle import Answered, Bundle, BundleContents, Port, read_bundle, write_bundle
from edgec.format.plan_file import NodeRecord, PlanFile, TensorRecord
from edgec.format.reader import read
from edgec.format.writer import write

__all__ = ["Answered", "Bundle", "BundleContents", "NodeRecord", "PlanFile", "Port",
           "TensorRecord", "read", "read_bundle", "write", "write_bundle"]
