; The installer for Windows: for one user, without administrator rights, into one fixed folder.
; packaging/windows/installer.py compiles it with VERSION, BUNDLE, ICON, OUTPUT, LICENCE and the list FILES defined.

Unicode true
ManifestDPIAware true
ManifestSupportedOS all
RequestExecutionLevel user
SetCompressor /SOLID lzma
SetCompressorDictSize 32

!include "MUI2.nsh"
!include "FileFunc.nsh"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Emulsion"
!define PROGRAM "Software\Classes\Applications\emulsion.exe"

Name "Emulsion"
OutFile "${OUTPUT}"
; Not to be chosen: what is removed later is certainly ours.
InstallDir "$LOCALAPPDATA\Programs\Emulsion"
BrandingText "Emulsion ${VERSION}"

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Emulsion"
VIAddVersionKey "FileDescription" "Installs Emulsion"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "Apache-2.0, the authors of Emulsion"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\emulsion.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start Emulsion"

!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

; A file of a program that runs cannot be opened for writing.
!macro EndWhenRunning Prefix
  Function ${Prefix}EndWhenRunning
    again:
    IfFileExists "$INSTDIR\emulsion.exe" 0 done
    ClearErrors
    FileOpen $0 "$INSTDIR\emulsion.exe" a
    IfErrors 0 closed
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "Emulsion is running. Close it, then try again." \
      /SD IDCANCEL IDRETRY again
    Abort
    closed:
    FileClose $0
    done:
  FunctionEnd
!macroend
!insertmacro EndWhenRunning ""
!insertmacro EndWhenRunning "un."

Section "Emulsion"
  Call EndWhenRunning
  ; An earlier version goes first, with its own list of files.
  IfFileExists "$INSTDIR\uninstall.exe" 0 +2
    ExecWait '"$INSTDIR\uninstall.exe" /S _?=$INSTDIR'

  SetOutPath "$INSTDIR"
  File /r "${BUNDLE}\*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Emulsion.lnk" "$INSTDIR\emulsion.exe"

  ; "Open with" for pictures; what opens them by default stays as it is.
  WriteRegStr HKCU "${PROGRAM}" "FriendlyAppName" "Emulsion"
  WriteRegStr HKCU "${PROGRAM}\shell\open\command" "" '"$INSTDIR\emulsion.exe" "%1"'
  WriteRegStr HKCU "${PROGRAM}\SupportedTypes" ".png" ""
  WriteRegStr HKCU "${PROGRAM}\SupportedTypes" ".jpg" ""
  WriteRegStr HKCU "${PROGRAM}\SupportedTypes" ".jpeg" ""
  WriteRegStr HKCU "${PROGRAM}\SupportedTypes" ".webp" ""

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Emulsion"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\emulsion.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The authors of Emulsion"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
SectionEnd

; Pictures, settings and models stay.
Section "Uninstall"
  Call un.EndWhenRunning
  !include "${FILES}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Emulsion.lnk"
  DeleteRegKey HKCU "${PROGRAM}"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
