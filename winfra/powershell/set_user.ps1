# Makes a local account or sets what is given of it; null leaves a thing as it is.
param([string] $User, [securestring] $Password, [object] $Comment, [object] $Expires, [object] $PasswordExpires, [object] $Enabled)

function Invoke-Account([scriptblock] $Action) {
    try { & $Action }
    catch {
        if ($_.FullyQualifiedErrorId -like 'InvalidPassword*') { Stop-Script 'password_policy' @{ User = $User; Reason = $_.Exception.Message } }
        if ($_.FullyQualifiedErrorId -like 'AccessDenied*') { Stop-Script 'account_denied' @{ User = $User; Reason = $_.Exception.Message } }
        throw
    }
}

$pattern = [Management.Automation.WildcardPattern]::Escape($User)
$exists = $true
try { $null = Get-LocalUser -Name $pattern }
catch {
    if ($_.FullyQualifiedErrorId -notlike 'UserNotFound*') { throw }
    $exists = $false
}
if (-not $exists) {
    Invoke-Account { $null = New-LocalUser -Name $User -Password $Password -AccountNeverExpires -Disabled:($Enabled -eq $false) }
    $Enabled = $null
}
elseif ($null -ne $Password) { Invoke-Account { Set-LocalUser -Name $User -Password $Password } }
if ($null -ne $Comment) { Invoke-Account { Set-LocalUser -Name $User -Description ([string] $Comment) } }
if ($Expires -eq 'never') { Invoke-Account { Set-LocalUser -Name $User -AccountNeverExpires } }
if ($null -ne $PasswordExpires) { Invoke-Account { Set-LocalUser -Name $User -PasswordNeverExpires (-not $PasswordExpires) } }
if ($Enabled -eq $true) { Invoke-Account { Enable-LocalUser -Name $User } }
if ($Enabled -eq $false) { Invoke-Account { Disable-LocalUser -Name $User } }
@{ User = $User; Made = -not $exists }
