"""The machine, the parts in use and why, and the plan for the chosen model, as text that anybody may read."""

from app.session.device import ChosenDevice
from app.session.memory import Planned
from app.session.memory_text import planned_words

NOT_YET = "Nobody has looked for a device yet: that happens when the first picture is made."


def machine_sections(device: ChosenDevice | None, planned: Planned) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Returns titles with their lines, those of ``emulsion doctor``."""
    if device is None:
        return (("Device", (NOT_YET,)),)
    return (
        ("Machine", device.machine),
        ("Device", tuple(device.plan.splitlines())),
        ("Memory", (planned_words(planned),)),
    )


def machine_text(device: ChosenDevice | None, planned: Planned) -> str:
    """Returns the text for the clipboard."""
    sections = machine_sections(device, planned)
    return "".join("\n".join((title, *(f"  {line}" for line in lines), "")) for title, lines in sections)
