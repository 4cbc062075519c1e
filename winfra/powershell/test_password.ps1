# Whether a password is an account's, by one attempt to log on, never one that could lock the account.
param([string] $User, [securestring] $Password)

$path = "WinNT://$env:COMPUTERNAME/$User,user"
$entry = [DirectoryServices.DirectoryEntry]::new($path)
$flags = [int] $entry.Properties['UserFlags'].Value
# ADS_USER_FLAG_ENUM: 0x2 disabled, 0x10 locked out: neither can be asked.
if ($flags -band 0x2) { return @{ State = 'disabled' } }
if ($flags -band 0x10) { return @{ State = 'locked' } }
$allowed = [int] $entry.Properties['MaxBadPasswordsAllowed'].Value
$failed = [int] $entry.Properties['BadPasswordAttempts'].Value
if ($allowed -gt 0 -and $failed + 1 -ge $allowed) { return @{ State = 'untestable' } }

$bound = [DirectoryServices.DirectoryEntry]::new($path, "$env:COMPUTERNAME\$User", (ConvertFrom-Secret $Password))
try {
    $bound.RefreshCache()
    return @{ State = 'matches' }
}
catch [Management.Automation.MethodInvocationException] {
    $code = $_.Exception.InnerException.HResult -band 0xFFFF
}
# The connection under the account's name stands in the way of the next one (error 1219).
finally { $bound.Dispose() }
# "System error codes": a right password that may not log on this way (1327, 1328, 1329, 1385) or has expired (1330), one
# that must be changed (1907), a wrong one (1326); others tell nothing, such as a connection under another name (1219).
$state = switch ($code) {
    { $_ -in 1327, 1328, 1329, 1330, 1385 } { 'matches' }
    1326 { 'differs' }
    1907 { 'must_change' }
    default { 'untestable' }
}
@{ State = $state }
