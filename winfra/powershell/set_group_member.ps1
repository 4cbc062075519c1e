# Adds an account to a local group or takes it out; an orphan goes by its SID as well.
param([string] $Group, [string] $Member, [bool] $Present)

$sid = ConvertTo-Sid $Member
if (-not $sid) { Stop-Script 'unknown_account' @{ Account = $Member } }
$name = if ($Group -like 'S-1-*') { ConvertFrom-Sid $Group } else { $Group }
$name = $name.Substring($name.LastIndexOf('\') + 1)
$method = if ($Present) { 'Add' } else { 'Remove' }
try { $null = ([adsi] "WinNT://$env:COMPUTERNAME/$name,group").psbase.Invoke($method, "WinNT://$sid") }
catch [Management.Automation.MethodInvocationException] {
    $cause = $_.Exception.GetBaseException()
    # ERROR_MEMBER_IN_ALIAS, ERROR_MEMBER_NOT_IN_ALIAS: it is as asked.
    if (($cause.HResult -band 0xFFFF) -notin 1378, 1377) {
        Stop-Script 'membership_refused' @{ Member = $Member; Group = $name; Reason = $cause.Message.Trim() }
    }
}
@{ Group = $name; Sid = $sid }
