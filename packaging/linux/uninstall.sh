#!/bin/sh
# Removes what install.sh has put there, file by file. Pictures, settings and models stay.
set -eu

program=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=$(dirname -- "$(dirname -- "$program")")

if [ ! -f "$program/files.txt" ] || [ ! -d "$program/_internal" ]; then
    echo "uninstall.sh: start the one in the folder where Emulsion is installed" >&2
    exit 1
fi

if [ "$(readlink "$prefix/bin/emulsion" || true)" = "$program/emulsion" ]; then
    rm -f -- "$prefix/bin/emulsion"
fi
cd "$prefix"
# files.txt names every file below the folder of the installation; a subshell, as the list removes itself
list=$(mktemp)
cp lib/emulsion/files.txt "$list"
tr '\n' '\0' <"$list" | xargs -0 rm -f --
rm -f -- "$list" lib/emulsion/files.txt lib/emulsion/uninstall.sh
find lib/emulsion -depth -type d -exec rmdir -- {} + 2>/dev/null || true
# the desktop's table of who opens what: without our entry when there are others, gone when there are none
if ls share/applications/*.desktop >/dev/null 2>&1; then
    if command -v update-desktop-database >/dev/null; then
        update-desktop-database -q share/applications || true
    fi
else
    rm -f -- share/applications/mimeinfo.cache
fi
# folders that are empty now, if nothing else is in them
find share/applications share/icons share/metainfo -depth -type d -exec rmdir -- {} + 2>/dev/null || true
rmdir -- lib bin share 2>/dev/null || true

if [ -e "$program" ]; then
    echo "Emulsion is removed; files that it did not bring remain in $program"
else
    echo "Emulsion is removed"
fi
