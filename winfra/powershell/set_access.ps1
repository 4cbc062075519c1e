# Sets the owner (a SID), the whole access list (SDDL), or both.
param([Parameter(Mandatory)] [string] $Path, [string] $Sddl, [string] $Owner)

$full = Resolve-FullPath $Path
if ($Owner) {
    # icacls.exe turns on the privileges that this takes.
    $native = if ($Path.Length -ge 240 -and -not $Path.StartsWith('\\')) { "\\?\$Path" } else { $Path }
    $icacls = Invoke-Native -FilePath 'icacls.exe' -ArgumentList $native, '/setowner', "*$Owner", '/q'
    if ($icacls.ExitCode -ne 0) {
        $reason = ($icacls.ErrorOutput + $icacls.Output).Trim()
        Stop-Script 'access_owner_not_changeable' @{ Path = $Path; Owner = $Owner; Reason = $reason; Code = $icacls.ExitCode }
    }
}
if ($Sddl) {
    $folder = [IO.Directory]::Exists($full)
    $security = if ($folder) { [Security.AccessControl.DirectorySecurity]::new() } else { [Security.AccessControl.FileSecurity]::new() }
    $security.SetSecurityDescriptorSddlForm($Sddl, [Security.AccessControl.AccessControlSections]::Access)
    try { if ($folder) { [IO.Directory]::SetAccessControl($full, $security) } else { [IO.File]::SetAccessControl($full, $security) } }
    catch [UnauthorizedAccessException] {
        Stop-Script 'access_not_changeable' @{ Path = $Path; Reason = $_.Exception.GetBaseException().Message }
    }
}
