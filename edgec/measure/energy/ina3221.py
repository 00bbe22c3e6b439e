"""Jetson: the INA3221 power monitor on the module, read from sysfs.

Two layouts: JetPack 5 and later (hwmon: in<n>_label, in<n>_input in mV, curr<n>_input in mA) and
JetPack 4 (iio: rail_name_<n>, in_power<n>_input in mW). hwmon numbers change over reboots, so the
chip is found by its name. The rail that feeds the whole module is used when there is one.
"""

from __future__ import annotations

import shlex

from edgec.deploy.transport import Transport
from edgec.measure.reader import EnergyReader, Sample, Sensor

WHOLE_MODULE = ("VDD_IN", "POM_5V_IN")
NOT_A_RAIL = ("NC", "sum of shunt voltages")

_FIND = """
top={top}
for d in "$top"/sys/bus/i2c/devices/*/hwmon/hwmon*; do
  [ "$(cat "$d/name" 2>/dev/null)" = ina3221 ] || continue
  for n in 1 2 3; do
    [ -r "$d/curr${{n}}_input" ] && echo "hwmon $n $d $(cat "$d/in${{n}}_label" 2>/dev/null)"
  done
done
for d in "$top"/sys/bus/i2c/drivers/ina3221x/*/iio:device*; do
  for n in 0 1 2; do
    [ -r "$d/in_power${{n}}_input" ] && echo "iio $n $d $(cat "$d/rail_name_$n" 2>/dev/null)"
  done
done
exit 0
"""


class Ina3221(EnergyReader):
    """Jetson INA3221: power of the module's input rail, or the sum of the rails without one."""

    name = "ina3221"

    def find(self, transport: Transport, root: str) -> Sensor | str:
        """Looks through both sysfs layouts."""
        script = _FIND.format(top=shlex.quote(root.rstrip("/")))
        done = transport.run(["sh", "-c", script], timeout_s=10)
        rails = [line.split(" ", 3) for line in done.stdout.decode(errors="replace").splitlines()]
        rails = [r for r in rails if len(r) == 4 and r[3] and r[3] not in NOT_A_RAIL]
        if not rails:
            return "no INA3221 in /sys/bus/i2c (a Jetson module has one; older kernels need root)"
        whole = [r for r in rails if r[3] in WHOLE_MODULE][:1]
        chosen = whole or rails
        names = " + ".join(r[3] for r in chosen)
        return Sensor(self.name, f"INA3221 {names}", "whole module" if whole else f"rails {names}",
                      "; ".join(_snippet(kind, n, folder) for kind, n, folder, _ in chosen),
                      interval_s=0.05)

    def parse(self, text: str) -> Sample | None:
        """Watts: each line is `mV mA`, or `mW` alone."""
        watts = 0.0
        lines = [line.split() for line in text.splitlines() if line.strip()]
        for fields in lines:
            if not all(f.lstrip("-").isdigit() for f in fields) or len(fields) > 2:
                return None
            watts += (int(fields[0]) / 1000.0 if len(fields) == 1
                      else int(fields[0]) * int(fields[1]) / 1e6)
        return Sample(watts=watts) if lines else None


def _snippet(kind: str, n: str, folder: str) -> str:
    if kind == "iio":
        return f"cat {shlex.quote(f'{folder}/in_power{n}_input')}"
    volts, current = (shlex.quote(f"{folder}/{q}{n}_input") for q in ("in", "curr"))
    return f"echo $(cat {volts}) $(cat {current})"


PLUGIN = Ina3221()
