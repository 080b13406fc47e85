"""Device: what was found and why, and what the user wants instead."""

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QCheckBox

from app.messages.errors import Message
from app.preferences.page import INDENT_PX, Page
from app.preferences.places import PlacesSection
from app.session.device import NO_DEVICE, device_sentence
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.building import named, push_button, text_label
from core.language.words import tr
from core.models.acceleration import Acceleration
from core.models.memory_plan import MemoryInUse
from core.runs.operations import ReportMemory

DEVICES = {
    None: tr("Automatic"),
    "cuda": tr("NVIDIA or AMD GPU (CUDA)"),
    "mps": tr("Apple GPU (MPS)"),
    "xpu": tr("Intel GPU (XPU)"),
    "cpu": tr("Processor (CPU)"),
}
DTYPES = {
    None: tr("Automatic"),
    "float32": tr("float32: exact, twice the memory"),
    "bfloat16": tr("bfloat16: half the memory"),
    "float16": tr("float16: half the memory, GPUs only"),
}
ACCELERATIONS = {
    Acceleration.automatic: tr("Automatic: same picture, less time"),
    Acceleration.off: tr("None"),
    Acceleration.compiled: tr("Compile networks: a minute for each size, other last bits"),
}
PROCESS = (
    tr("In a process of its &own"),
    tr("A failing driver then ends a run, not this window; the run can be continued."),
)
TASK = "look for devices"
"""Devices are looked for when the engine is made, whatever it is asked; its maker tells the session."""


class LookingPage(Page):
    """Has the worker look for devices when asked: importing what knows them takes seconds."""

    def __init__(self, title: str, object_name: str, session: Session) -> None:
        super().__init__(title, object_name)
        self._session = session

    def add_words(self, name: str) -> None:
        self._words = text_label(name=name, is_plain=True, wraps=True)
        self.column.addWidget(self._words)

    def add_look_button(self, name: str) -> None:
        self._look = push_button(tr("Look now"), self._look_now, name=name)
        self.column.addWidget(self._look, 0, Qt.AlignmentFlag.AlignLeft)

    @Slot()
    def _look_now(self) -> None:
        self._look.setEnabled(False)
        self._words.setText(tr("Looking…"))
        self._session.engine_tasks.submit(TASK, ReportMemory(), self._finish, self._refuse)

    def _finish(self, _memory: MemoryInUse) -> None:
        self._show()

    def _refuse(self, message: Message) -> None:
        self._look.setEnabled(True)
        self._words.setText(str(message))

    def _show(self) -> None:
        """Shows what was found."""


class DevicePage(LookingPage):
    """Shows the device that was found, and takes another choice."""

    def __init__(self, settings_store: SettingsStore, session: Session) -> None:
        super().__init__(tr("Device"), "devicePage", session)
        self._settings_store = settings_store
        self._device = self.add_combo(tr("&Compute on"), "deviceCombo", DEVICES, settings_store.settings.device)
        self._dtype = self.add_combo(tr("P&recision"), "dtypeCombo", DTYPES, settings_store.settings.dtype)
        self._acceleration = self.add_combo(
            tr("&Acceleration"), "accelerationCombo", ACCELERATIONS, settings_store.settings.acceleration
        )
        self._device.activated.connect(self._choose_device)
        for combo in (self._dtype, self._acceleration):
            combo.activated.connect(self._choose)
        self._process = named(QCheckBox(PROCESS[0]), "ownProcessBox")
        self._process.setAccessibleDescription(PROCESS[1])
        self._process.setChecked(settings_store.settings.has_own_process)
        self._process.toggled.connect(self._choose_process)
        self.column.addWidget(self._process)
        self.add_hint(PROCESS[1], INDENT_PX)
        self.add_hint(tr("Applies to your next picture. If it isn't available you will be told."))
        self.add_section(tr("Make pictures here as well"))
        self._places = PlacesSection(settings_store)
        self._places.chosen.connect(session.pool.update_places)
        self._places.divided.connect(session.pool.restart)
        self.column.addWidget(self._places)
        self.add_section(tr("Found"))
        self.add_words("deviceWords")
        self._found = self.add_hint("")
        self._found.setObjectName("devicesFound")
        self.add_look_button("lookForDevicesButton")
        self.end()
        session.device.changed.connect(self._show)
        self._show()

    @Slot()
    def offer_computers(self) -> None:
        """Offers the devices of other computers."""
        self._places.offer_computers()

    @Slot()
    def _choose_device(self) -> None:
        self._settings_store.change(device=self._device.currentData())
        with QSignalBlocker(self._process):  # the choice of this device
            self._process.setChecked(self._settings_store.settings.has_own_process)
        self._places.offer(())
        self._session.pool.restart()  # it may come to, or leave, the processor that others share

    @Slot()
    def _choose(self) -> None:
        self._settings_store.change(dtype=self._dtype.currentData(), acceleration=self._acceleration.currentData())
        self._session.pool.restart()

    @Slot(bool)
    def _choose_process(self, is_own: bool) -> None:
        settings = self._settings_store.settings
        others = tuple(key for key in settings.own_processes if key != (settings.device or ""))
        self._settings_store.change(own_processes=(*others, *((settings.device or "",) if is_own else ())))
        self._session.pool.update_places()

    @Slot()
    def _show(self) -> None:
        device = self._session.device.chosen
        self._look.setVisible(device is None)
        if device is None:
            self._words.setText(NO_DEVICE)
            self._found.hide()
        else:
            self._words.setText(device_sentence(device))
            self._found.setText("\n".join(device.plan.splitlines()[1:]))
            self._found.show()
            self._list_gpus(device.gpus)
            self._places.offer(device.gpus)

    def _list_gpus(self, gpus: tuple[tuple[str, str], ...]) -> None:
        """Offers each by its name; before, only the kinds are known."""
        for key, name in gpus:
            place = self._device.findData(key)
            if place < 0:
                self._device.addItem("", key)
                place = self._device.count() - 1
            self._device.setItemText(place, f"{name} ({key})" if name != key else key)
