"""Raspberry Pi 5: the power chip's own converters, `vcgencmd pmic_read_adc`.

It prints one line per rail and quantity, NAME_A current(i)=x A and NAME_V volt(i)=x V; the power of
a rail is their product. EXT5V has no current, so USB devices and HATs fed from 5 V are not seen.
A call starts a process; 10 per second do not disturb the load, 50 do.
"""

from __future__ import annotations

import re
import shlex

from edgec.deploy.transport import Transport
from edgec.measure.reader import EnergyReader, Sample, Sensor
from edgec.measure.state import tool_path

_LINE = re.compile(r"^\s*(\w+)_([AV])\s+(?:(?:current|volt)\(\d+\))?=?([0-9.]+)[AV]\s*$")


class Rpi5Pmic(EnergyReader):
    """Raspberry Pi 5 PMIC: sum of volts times amperes over the rails that have both."""

    name = "rpi5_pmic"

    def find(self, transport: Transport, root: str) -> Sensor | str:
        """Looks for vcgencmd and tries it once."""
        command = f"{shlex.quote(tool_path(root, 'vcgencmd'))} pmic_read_adc"
        done = transport.run(["sh", "-c", command], timeout_s=10)
        text = done.stdout.decode(errors="replace")
        if done.exit_code != 0 or self.parse(text) is None:
            detail = (done.stderr.decode(errors="replace").strip() or text.strip())[:120]
            return (f"vcgencmd pmic_read_adc gives no rails ({detail or 'no output'}); it needs a "
                    "Raspberry Pi 5 and a user in the group video")
        return Sensor(self.name, "vcgencmd pmic_read_adc", "rails of the PMIC, without 5 V loads",
                      command, interval_s=0.1)

    def parse(self, text: str) -> Sample | None:
        """Watts over all rails that have a current and a voltage."""
        amperes: dict[str, float] = {}
        volts: dict[str, float] = {}
        for line in text.splitlines():
            if match := _LINE.match(line):
                rail, quantity, value = match.groups()
                (amperes if quantity == "A" else volts)[rail] = float(value)
        rails = amperes.keys() & volts.keys()
        return Sample(watts=sum(amperes[r] * volts[r] for r in rails)) if rails else None


PLUGIN = Rpi5Pmic()
