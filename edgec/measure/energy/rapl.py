"""x86: the processor's running average power limit counters in /sys/class/powercap.

energy_uj counts microjoules of the package and wraps at max_energy_range_uj. Since the PLATYPUS
attack (CVE-2020-8694) kernels let only root read it.
"""

from __future__ import annotations

import shlex

from edgec.deploy.transport import Transport
from edgec.measure.reader import EnergyReader, Sample, Sensor

_FIND = """
top={top}
for d in "$top"/sys/class/powercap/intel-rapl:*; do
  case "$(cat "$d/name" 2>/dev/null)" in package-*)
    if [ -r "$d/energy_uj" ]; then echo "ok $(cat "$d/max_energy_range_uj") $d"
    else echo "denied 0 $d"; fi;;
  esac
done
exit 0
"""


class Rapl(EnergyReader):
    """Intel and AMD RAPL: the energy counter of the first processor package."""

    name = "rapl"

    def find(self, transport: Transport, root: str) -> Sensor | str:
        """Looks for a readable package counter."""
        done = transport.run(["sh", "-c", _FIND.format(top=shlex.quote(root.rstrip("/")))],
                             timeout_s=10)
        lines = [x.split(" ", 2) for x in done.stdout.decode(errors="replace").splitlines()]
        readable = [x for x in lines if len(x) == 3 and x[0] == "ok" and x[1].isdigit()]
        if readable:
            _, wrap, folder = readable[0]
            return Sensor(self.name, f"RAPL {folder.rsplit('/', 1)[-1]}", "processor package",
                          f"cat {shlex.quote(folder + '/energy_uj')}", interval_s=0.05,
                          wraps_at_joules=int(wrap) / 1e6)
        if lines:
            return "RAPL is there but only root may read energy_uj"
        return "no RAPL in /sys/class/powercap (virtual machines have none)"

    def parse(self, text: str) -> Sample | None:
        """Joules since the counter's start."""
        return Sample(joules=int(text) / 1e6) if text.strip().isdigit() else None


PLUGIN = Rapl()
