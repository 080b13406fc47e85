#!/bin/sh
# Makes a disk image of dist/Emulsion.app. With an identity it is signed, with a keychain profile notarised too:
#   SIGN_AS="Developer ID Application: ..." NOTARY_PROFILE=emulsion packaging/macos/make_dmg.sh dist/Emulsion.app dist
# Without, the app keeps the ad-hoc signature of the build, and people have to allow it in the system's settings.
set -eu

app=${1:?usage: make_dmg.sh APP FOLDER}
target=${2:?usage: make_dmg.sh APP FOLDER}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
version=$(/usr/libexec/PlistBuddy -c 'Print :CFBundleShortVersionString' "$app/Contents/Info.plist")
image=$target/Emulsion-$version-macos-arm64.dmg
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# ditto keeps the links and extended attributes that the signature covers
ditto "$app" "$work/image/Emulsion.app"

if [ -n "${SIGN_AS:-}" ]; then
    # every library first, the app as a whole last; --deep is not meant for this
    find "$work/image/Emulsion.app/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 |
        xargs -0 codesign --force --timestamp --options runtime --sign "$SIGN_AS"
    codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" \
        --sign "$SIGN_AS" "$work/image/Emulsion.app"
fi
codesign --verify --deep --strict "$work/image/Emulsion.app"

ln -s /Applications "$work/image/Applications"
rm -f -- "$image"
hdiutil create -volname Emulsion -srcfolder "$work/image" -fs HFS+ -format ULMO "$image"

if [ -n "${SIGN_AS:-}" ] && [ -n "${NOTARY_PROFILE:-}" ]; then
    codesign --force --timestamp --sign "$SIGN_AS" "$image"
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
echo "$image"
