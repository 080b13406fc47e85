#!/bin/sh
# Installs Emulsion for the user who runs it, in ~/.local; nothing has to be downloaded.
# For everybody: sudo PREFIX=/usr/local ./install.sh
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=${PREFIX:-${HOME:?HOME is not set: say where to install by PREFIX=/a/folder}/.local}
mkdir -p -- "$prefix"
prefix=$(CDPATH='' cd -- "$prefix" && pwd)
program=$prefix/lib/emulsion

if [ -x "$program/uninstall.sh" ]; then
    "$program/uninstall.sh"
elif [ -e "$program" ]; then
    echo "install.sh: $program is there already, and is no Emulsion that this script installed" >&2
    exit 1
fi

mkdir -p -- "$prefix/lib" "$prefix/bin" "$prefix/share"
cp -R -- "$here/emulsion" "$program"
cp -- "$here/uninstall.sh" "$here/files.txt" "$program/"
chmod +x "$program/uninstall.sh"
cp -R -- "$here/share/." "$prefix/share/"
ln -sf -- "$program/emulsion" "$prefix/bin/emulsion"

# Menus need not know ~/.local/bin, so the entry names the whole path, quoted as the desktop entry specification says:
# \ " ` $ are escaped inside quotes, every \ is doubled once more by the file, and % stands for itself when doubled.
quoted=$(printf '%s' "$program/emulsion" | sed -e 's/[\\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')
# the same text once more, as it has to stand in the replacement of sed
safe=$(printf '%s' "$quoted" | sed -e 's/[\\&|]/\\&/g')
entry=$prefix/share/applications/emulsion.desktop
sed -e "s|^Exec=.*|Exec=\"$safe\" %f|" -e '/^TryExec=/d' "$here/share/applications/emulsion.desktop" >"$entry"

if command -v update-desktop-database >/dev/null; then
    update-desktop-database -q "$prefix/share/applications" || true
fi

echo "Emulsion is installed: look for it in the menu, or start $prefix/bin/emulsion"
echo "To remove it: $program/uninstall.sh"
