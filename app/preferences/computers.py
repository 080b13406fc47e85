"""Computers: others that make pictures for this one, reached by the system's own ssh, and clusters of Ray."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from app.messages.errors import message
from app.preferences.page import Page
from app.preferences.sending import SendingLine, sendable
from app.session.background import BackgroundTasks
from app.session.own_program import cluster_engine
from app.session.settings_store import SettingsStore
from app.widgets.building import STRETCH, hbox, named, push_button, stretched, text_label, vbox
from app.widgets.field import set_tone
from core.errors import EmulsionError
from core.language.words import plural, tr
from core.models.folders import FixedPlaces
from core.models.model import Model
from core.remote.away import INSTALL
from core.settings.computers import COMMAND, Computer, is_address, is_command

if TYPE_CHECKING:  # imports what starts processes
    from core.remote.messages import ClusterFound, Ready

ABOUT = tr(
    "Emulsion starts itself there by “ssh”, with your own keys: it must be installed there in the same version, "
    "and “ssh {example}” must work in a terminal without a password. Nothing else listens on the network."
)
ABOUT_CLUSTERS = tr(
    "A Ray cluster is added as {auto}, if this computer belongs to it, or as {address}, by its first node. "
    "It needs {command}."
)
AUTO, FIRST_NODE = "ray:auto", "ray:HOST:PORT"
EXAMPLE = "me@studio-pc"
OPEN = tr(
    "Nobody needs a token there: whoever reaches this cluster can run any program on its nodes; README says how "
    "to change that."
)
_MOST_NAMES = 4


class ComputersPage(Page):
    """Takes computers by name, tests each, and removes it.

    Signals:
        changed: other computers are known, or other devices of one.
        used_changed: the address of one that makes pictures: it is started in another way, or is gone.
        models_told: one has told of other models than before, or is gone with its own.
    """

    changed = Signal()
    used_changed = Signal(str)
    models_told = Signal()

    def __init__(
        self, settings_store: SettingsStore, background: BackgroundTasks, models: Callable[[], Sequence[Model]]
    ) -> None:
        """``models`` returns those of this computer, which can be sent."""
        super().__init__(tr("Computers"), "computersPage")
        self._settings_store = settings_store
        self._background, self._models = background, models
        self._tasks = background.queue(self, "computers")
        self.add_hint(ABOUT.format(example=EXAMPLE))
        self.add_hint(ABOUT_CLUSTERS.format(auto=AUTO, address=FIRST_NODE, command=INSTALL))
        self._name = named(QLineEdit(), "computerNameEdit")
        self._name.setPlaceholderText(EXAMPLE)
        self._name.returnPressed.connect(self._add)
        self.add_row(tr("&Name"), self._name)
        self._command = named(QLineEdit(COMMAND), "computerCommandEdit")
        self._command.returnPressed.connect(self._add)
        self.add_row(tr("&Command there"), self._command)
        self._problem = self.add_hint("")
        self._problem.hide()
        add = push_button(tr("&Add and test"), self._add, name="addComputerButton")
        self.column.addLayout(hbox(add, STRETCH))
        self.add_section(tr("Known"))
        self._none = self.add_hint(tr("None yet."))
        self._rows: dict[str, ComputerRow] = {}
        self._list: QVBoxLayout = vbox(spacing=12)
        self.column.addLayout(self._list)
        self.end()
        self._fill()

    @Slot()
    def _add(self) -> None:
        address, command = self._name.text().strip(), self._command.text().strip()
        problem = ""
        if not is_address(address):
            problem = tr("Expected the name of a computer, such as {example}.", example=EXAMPLE)
        elif not is_command(command):
            problem = tr("Expected a command of one line, such as {command}.", command=COMMAND)
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        set_tone(self._problem, "error" if problem else "")
        if problem:
            return
        others = (one for one in self._settings_store.settings.computers if one.address != address)
        self._settings_store.change(computers=(*others, Computer(address, command)))
        self._name.clear()
        self._fill()
        self.changed.emit()
        if any(place.address == address for place in self._settings_store.settings.more_places):
            self.used_changed.emit(address)
        self._test(address)

    def _fill(self) -> None:
        computers = self._settings_store.settings.computers
        for address in set(self._rows) - {computer.address for computer in computers}:
            row = self._rows.pop(address)
            row.sending.stop()
            row.deleteLater()
        for computer in computers:
            if computer.address in self._rows:
                continue
            sending = SendingLine(computer.address, self._background, self._settings_store.folders.cache)
            row = self._rows[computer.address] = ComputerRow(computer, sending)
            sending.sent.connect(self._test)
            self._offer(computer)
            row.test_asked.connect(self._test)
            row.removal_asked.connect(self._remove)
            self._list.addWidget(row)
        self._none.setVisible(not computers)

    def _offer(self, computer: Computer) -> None:
        """Offers to send models, as soon as those that are there are known."""
        there = self._settings_store.told_models.told.get(computer.address)
        lacking = sendable(self._models(), there) if there is not None else ()
        self._rows[computer.address].sending.offer(computer, lacking)

    def _computer(self, address: str) -> Computer | None:
        return next((one for one in self._settings_store.settings.computers if one.address == address), None)

    @Slot(str)
    def _test(self, address: str) -> None:
        if (computer := self._computer(address)) is not None:
            self._rows[address].tell(tr("Connecting…"), is_busy=True)
            refuse = partial(self._refuse, address)
            self._tasks.submit(partial(_tested, computer), partial(self._on_tested, address), refuse)

    def _on_tested(self, address: str, ready: Ready) -> None:
        if (computer := self._computer(address)) is None:
            return
        if ready.cluster is None and self._settings_store.told_models.take(address, ready.models):
            self.models_told.emit()
        tested = replace(computer, devices=_devices(ready))
        if tested != computer:
            computers = self._settings_store.settings.computers
            self._settings_store.change(
                computers=tuple(tested if one.address == address else one for one in computers)
            )
            self.changed.emit()
        self._offer(tested)
        self._rows[address].tell(
            _found(tested, [model.name for model in ready.models])
            if (found := ready.cluster) is None
            else _told(found)
        )

    def _refuse(self, address: str, error: EmulsionError) -> None:
        if address in self._rows:
            self._rows[address].tell(str(message(error)), is_problem=True)

    @Slot(str)
    def _remove(self, address: str) -> None:
        settings = self._settings_store.settings
        places = tuple(place for place in settings.more_places if place.address != address)
        computers = tuple(one for one in settings.computers if one.address != address)
        self._settings_store.change(computers=computers, more_places=places)
        self._fill()
        self.changed.emit()
        self.models_told.emit()
        if places != settings.more_places:
            self.used_changed.emit(address)


class ComputerRow(QWidget):
    """A computer with its state, and the line that sends it models.

    Signals:
        test_asked, removal_asked: its address.
    """

    test_asked = Signal(str)
    removal_asked = Signal(str)

    def __init__(self, computer: Computer, sending: SendingLine) -> None:
        super().__init__()
        self._address, self.sending = computer.address, sending
        title = text_label(computer.address, role="title", is_plain=True)
        self._test = push_button(tr("Test"), self._ask_test, name=f"test-{computer.address}")
        self._test.setAccessibleName(tr("Test {name}", name=computer.address))
        remove = push_button(tr("Remove"), self._ask_removal, name=f"remove-{computer.address}")
        remove.setAccessibleName(tr("Remove {name}", name=computer.address))
        known = ", ".join(name for _, name in computer.devices)
        self._words: QLabel = text_label(
            known or tr("Not tested yet."), name=f"state-{computer.address}", is_plain=True, wraps=True
        )
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        vbox(hbox(stretched(title), self._test, remove), self._words, sending, on=self, spacing=4)

    def tell(self, words: str, *, is_busy: bool = False, is_problem: bool = False) -> None:
        """Shows the state."""
        self._test.setEnabled(not is_busy)
        self._words.setText(words)
        set_tone(self._words, "error" if is_problem else "")

    @Slot()
    def _ask_test(self) -> None:
        self.test_asked.emit(self._address)

    @Slot()
    def _ask_removal(self) -> None:
        self.removal_asked.emit(self._address)


def _tested(computer: Computer) -> Ready:
    """Makes an engine there, and ends it. Raises ComputerAway, ClusterUnusable and WireBroken."""
    from core.remote.far_engine import SshEngine  # starts processes: only for this
    from core.remote.messages import MakeEngine

    if computer.cluster:
        engine = cluster_engine(computer, MakeEngine(), FixedPlaces)
    else:
        engine = SshEngine(computer, MakeEngine())
    try:
        return engine.ready
    finally:
        engine.close()


def _devices(ready: Ready) -> tuple[tuple[str, str], ...]:
    """Returns the key and the name of each device there: of a cluster each engine that has room."""
    if (cluster := ready.cluster) is None:
        return ready.gpus or ((ready.kind, ready.name or ready.kind),)
    kind = "CPU" if cluster.cores else "GPU"
    return tuple((str(number), f"{kind} {number}") for number in range(1, cluster.engines + 1))


def _told(cluster: ClusterFound) -> str:
    size = plural("1 engine", "{count} engines", cluster.engines)
    each = plural("1 core each", "{count} cores each", cluster.cores) if cluster.cores else tr("a GPU each")
    sentence = tr(
        "Ready, with Python {python}, Ray {ray} and this version of Emulsion on all nodes. {size}, {each}: "
        "{nodes}. Choose them under Device, “Make pictures here as well”.",
        python=cluster.python,
        ray=cluster.ray,
        size=size[:1].upper() + size[1:],
        each=each,
        nodes=", ".join(f"{name} ({count})" for name, count in cluster.nodes),
    )
    return sentence if cluster.has_tokens else f"{sentence} {OPEN}"


def _found(computer: Computer, models: Sequence[str]) -> str:
    devices = ", ".join(name for _, name in computer.devices)
    count = plural("1 model", "{count} models", len(models))
    names = ", ".join(models[:_MOST_NAMES]) + ("…" if len(models) > _MOST_NAMES else "")
    return tr(
        "Ready, in the same version. Device: {devices}. {count}: {names}. Choose it under Device, “Make pictures "
        "here as well”.",
        devices=devices,
        count=count,
        names=names,
    )
