# A local account, or null.
param([string] $User)

try { $found = Get-LocalUser -Name ([Management.Automation.WildcardPattern]::Escape($User)) }
catch {
    if ($_.FullyQualifiedErrorId -like 'UserNotFound*') { return $null }
    throw
}
$entry = [DirectoryServices.DirectoryEntry]::new("WinNT://$env:COMPUTERNAME/$User,user")
# ADS_USER_FLAG_ENUM: 0x10 locked out, 0x10000 the password does not expire.
$flags = [int] $entry.Properties['UserFlags'].Value
@{
    Sid = $found.SID.Value
    Name = $found.Name
    Comment = [string] $found.Description
    Enabled = [bool] $found.Enabled
    Expires = if ($found.AccountExpires) { $found.AccountExpires.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", [Globalization.CultureInfo]::InvariantCulture) } else { $null }
    PasswordExpires = -not ($flags -band 0x10000)
    Locked = [bool] ($flags -band 0x10)
}
