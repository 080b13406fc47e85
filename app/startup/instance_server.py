"""The open window's side of `app.startup.single_instance`: hears later starts, and comes to the front for them."""

import logging
import os

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QWidget

from app.startup.single_instance import LONGEST_REQUEST, InstanceMessage

log = logging.getLogger(__name__)


class InstanceServer(QObject):
    """Raises the window for later starts. To be made only while this process has the lock.

    Signals:
        picture_asked: `Path` of a picture to be shown.
    """

    picture_asked = Signal(object)

    def __init__(self, address: str, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._welcome)
        QLocalServer.removeServer(address)  # left behind by a process that was killed
        if not self._server.listen(address):
            log.warning("later starts cannot be heard: %s", self._server.errorString())

    def close(self) -> None:
        self._server.close()

    @Slot()
    def _welcome(self) -> None:
        while self._server.hasPendingConnections():
            visitor = self._server.nextPendingConnection()
            visitor.disconnected.connect(visitor.deleteLater)
            visitor.readyRead.connect(self._hear)
            if visitor.bytesAvailable():
                self._take(visitor)

    @Slot()
    def _hear(self) -> None:
        visitor = self.sender()
        if isinstance(visitor, QLocalSocket):
            self._take(visitor)

    def _take(self, visitor: QLocalSocket) -> None:
        window = self._window
        if not window.isVisible():  # closed: the visitor tries again, and gets the lock
            visitor.abort()
        elif visitor.canReadLine():
            try:
                instance_message = InstanceMessage.from_line(bytes(visitor.readLine().data()))
            except (ValueError, RecursionError):
                visitor.abort()
                return
            self._raise(window, instance_message)
            visitor.write(b"ok\n")
            visitor.disconnectFromServer()
        elif visitor.bytesAvailable() > LONGEST_REQUEST:
            visitor.abort()

    def _raise(self, window: QWidget, instance_message: InstanceMessage) -> None:
        log.info(
            "another start brings this window to the front%s",
            "" if instance_message.picture is None else ", with a picture",
        )
        if instance_message.activation:
            os.environ["XDG_ACTIVATION_TOKEN"] = (
                instance_message.activation
            )  # Qt looks there when it activates a window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()
        QApplication.alert(window)
        if instance_message.picture is not None:
            self.picture_asked.emit(instance_message.picture)
