# Writes the content that comes with the request to a file: whole or not at all. Content that is secret is a parameter
# instead, and the file has its access list (SDDL) before it.
param([string] $Path, [long] $Length, [string] $Sha256, [double] $Patience = 30, [string] $Sddl, [securestring] $Secret)

$sharing = 0x80070020, 0x80070021 | ForEach-Object { [int] $_ }
# ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL, and ENOSPC as .NET on Linux gives it.
$diskFull = 0x80070070, 0x80070027, 28 | ForEach-Object { [int] $_ }
$full = Resolve-FullPath $Path
$folder = [IO.Path]::GetDirectoryName($full)
if ([IO.Directory]::Exists($full)) { Stop-Script 'destination_is_folder' @{ Path = $Path } }
if (-not [IO.Directory]::Exists($folder)) { Stop-Script 'folder_missing' @{ Path = $Path } }
# The names depend on the destination alone, so that the next run finds what a killed one left; they begin with a dot and
# end in neither .conf nor .py, so that no program takes them for its own.
$name = [IO.Path]::GetFileName($full).ToLowerInvariant()
$digest = [Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::UTF8.GetBytes($name))
$stem = '.winfra-' + [BitConverter]::ToString($digest, 0, 8).Replace('-', '').ToLowerInvariant()
$new = [IO.Path]::Combine($folder, "$stem.new")
$old = [IO.Path]::Combine($folder, "$stem.old")

function Repair-Replacement {
    # An interrupted ReplaceFile can leave the destination under its backup's name (error 1177).
    if (-not [IO.File]::Exists($old)) { return }
    if ([IO.File]::Exists($full)) { [IO.File]::SetAttributes($old, 'Normal'); [IO.File]::Delete($old) } else { [IO.File]::Move($old, $full) }
}

function Set-AccessList([string] $File) {
    if (-not $Sddl) { return }
    $security = [Security.AccessControl.FileSecurity]::new()
    $security.SetSecurityDescriptorSddlForm($Sddl, [Security.AccessControl.AccessControlSections]::Access)
    [IO.File]::SetAccessControl($File, $security)
}

function Write-NewFile {
    $file = [IO.FileStream]::new($new, [IO.FileMode]::CreateNew, [IO.FileAccess]::Write, [IO.FileShare]::None, 65536)
    $hash = [Security.Cryptography.SHA256]::Create()
    $buffer = [Array]::CreateInstance([byte], 1048576)
    try {
        Set-AccessList $new
        if ($null -ne $Secret) {
            $bytes = $utf8.GetBytes((ConvertFrom-Secret $Secret))
            $file.Write($bytes, 0, $bytes.Length)
            $null = $hash.TransformBlock($bytes, 0, $bytes.Length, $null, 0)
        }
        while (($count = Read-Content $buffer) -gt 0) {
            $file.Write($buffer, 0, $count)
            $null = $hash.TransformBlock($buffer, 0, $count, $null, 0)
        }
        $file.Flush($true)
        $written = $file.Length
    }
    finally { $file.Dispose() }
    $null = $hash.TransformFinalBlock($buffer, 0, 0)
    $found = [BitConverter]::ToString($hash.Hash).Replace('-', '').ToLowerInvariant()
    if ($written -ne $Length -or $found -cne $Sha256) { Stop-Script 'content_damaged' @{ Path = $Path; Expected = $Sha256; Found = $found } }
}

function Move-IntoPlace {
    if (-not [IO.File]::Exists($full)) { [IO.File]::Move($new, $full); return }
    # The new file takes over the list of the one that it replaces.
    Set-AccessList $full
    $attributes = [IO.File]::GetAttributes($full)
    $readOnly = $attributes.HasFlag([IO.FileAttributes]::ReadOnly)
    if ($readOnly) { [IO.File]::SetAttributes($full, $attributes -band -bnot [IO.FileAttributes]::ReadOnly) }
    try { [IO.File]::Replace($new, $full, $old) }
    finally { if ($readOnly -and [IO.File]::Exists($full)) { [IO.File]::SetAttributes($full, $attributes) } }
    [IO.File]::SetAttributes($old, 'Normal')
    [IO.File]::Delete($old)
}

function Stop-Known([Exception] $Cause) {
    # What a user can do something about.
    if ($Cause.HResult -in $diskFull) { Stop-Script 'disk_full' @{ Path = $Path; Length = $Length } }
    if ($Cause -is [UnauthorizedAccessException]) { Stop-Script 'write_denied' @{ Path = $Path; Reason = $Cause.Message } }
}

function Wait-ForUse([scriptblock] $Action) {
    # A scanner or a reader holds a file for moments.
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        try { & $Action; return }
        catch [Management.Automation.MethodInvocationException] {
            $cause = $_.Exception.InnerException
            Stop-Known $cause
            if ($cause.HResult -notin $sharing) { throw }
            if ($watch.Elapsed.TotalSeconds -gt $Patience) { Stop-Script 'destination_in_use' @{ Path = $Path; Seconds = $Patience } }
        }
        Start-Sleep -Milliseconds 250
    }
}

try {
    Wait-ForUse { Repair-Replacement }
    Wait-ForUse { if ([IO.File]::Exists($new)) { [IO.File]::Delete($new) } }
    try { Write-NewFile }
    catch [Management.Automation.MethodInvocationException] {
        Stop-Known $_.Exception.InnerException
        throw
    }
    Wait-ForUse { Move-IntoPlace }
}
finally {
    # What cannot be deleted is left to the next run, and the error that led here is the one to see.
    if ([IO.File]::Exists($new)) { try { [IO.File]::Delete($new) } catch [Management.Automation.MethodInvocationException] { $null = $_ } }
}
@{ Path = $Path; Length = $Length }
