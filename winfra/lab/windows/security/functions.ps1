# What is behind the classes of security.ps1. What they know they ask of a process of the lab's own
# (winfra/lab/authority.py), which starts with the first question and ends with this process.
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$hidden = [Reflection.BindingFlags] 'NonPublic, Instance'
$badPath = 0x80005000
$texts = @{
    5 = 'Access is denied.'
    53 = 'The network path was not found.'
    86 = 'The specified network password is not correct.'
    1332 = 'No mapping between account names and security IDs was done.'
    1371 = 'Cannot perform this operation on built-in accounts.'
    1377 = 'The specified account name is not a member of the group.'
    1378 = 'The specified account name is already a member of the group.'
    1387 = 'A member could not be added to or removed from the local group because the member does not exist.'
    1388 = 'A new member could not be added to a local group because the member has the wrong account type.'
    2220 = 'The group name could not be found.'
    2221 = 'The user name could not be found.'
    2245 = 'The password does not meet the password policy requirements. Check the minimum password length, password complexity and password history requirements.'
}
$authority = $null

function Request-Authority([string] $Verb, [string[]] $Words) {
    # The answer as a hashtable: result, error, message, code, target.
    if (-not $script:authority) {
        $start = [Diagnostics.ProcessStartInfo]::new("$env:WINFRA_LAB/run/authority")
        $start.UseShellExecute = $false
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $script:authority = [Diagnostics.Process]::Start($start)
    }
    $line = $Verb
    foreach ($word in $Words) { $line += ' ' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($word)) }
    $bytes = [Text.Encoding]::ASCII.GetBytes("$line`n")
    $script:authority.StandardInput.BaseStream.Write($bytes, 0, $bytes.Length)
    $script:authority.StandardInput.BaseStream.Flush()
    $answer = $script:authority.StandardOutput.ReadLine()
    if ($null -eq $answer) { throw [InvalidOperationException]::new("The lab's security authority has ended: $($script:authority.StandardError.ReadToEnd())") }
    ConvertFrom-Element ([System.Text.Json.JsonDocument]::Parse($answer).RootElement)
}

function ConvertFrom-Element([System.Text.Json.JsonElement] $Element) {
    switch ([string] $Element.ValueKind) {
        'Object' {
            $table = @{}
            foreach ($entry in $Element.EnumerateObject()) { $table[$entry.Name] = ConvertFrom-Element $entry.Value }
            $table
        }
        'Array' { , [object[]] @(foreach ($item in $Element.EnumerateArray()) { ConvertFrom-Element $item }) }
        'String' { $Element.GetString() }
        'Number' { $Element.GetInt64() }
        'True' { $true }
        'False' { $false }
    }
}

function Stop-Method([string] $Method, [int] $Count, [Exception] $Cause) {
    # An error as a .NET method throws it, where the user's script called (as in files.ps1).
    $message = 'Exception calling "{0}" with "{1}" argument(s): "{2}"' -f $Method, $Count, $Cause.Message
    $exception = [System.Management.Automation.MethodInvocationException]::new($message, $Cause)
    [System.Management.Automation.RuntimeException].GetMethod('SetErrorId', $hidden).Invoke($exception, @($Cause.GetType().Name))
    $own = [IO.Path]::GetFullPath("$PSScriptRoot/..")
    foreach ($frame in [runspace]::DefaultRunspace.Debugger.GetCallStack()) {
        if (-not ([string] $frame.ScriptName).StartsWith($own)) {
            $info = [System.Management.Automation.InvocationInfo]::Create($null, $frame.Position)
            [System.Management.Automation.ErrorRecord].GetMethod('SetInvocationInfo', $hidden).Invoke($exception.ErrorRecord, @($info))
            break
        }
    }
    # Not `throw`, which would end the script: an error of a method ends its statement only.
    [Runtime.ExceptionServices.ExceptionDispatchInfo]::Capture($exception).Throw()
}

function Stop-Invalid([int] $Count, [string] $Parameter) {
    Stop-Method '.ctor' $Count ([ArgumentException]::new("Value was invalid.`r`nParameter name: $Parameter"))
}

function Stop-Unmapped {
    # The type is there, but its constructors refuse to work on Linux.
    $exception = [Runtime.CompilerServices.RuntimeHelpers]::GetUninitializedObject([System.Security.Principal.IdentityNotMappedException])
    [Exception].GetField('_message', $hidden).SetValue($exception, 'Some or all identity references could not be translated.')
    [Exception].GetField('_HResult', $hidden).SetValue($exception, [int] 0x80131501)
    Stop-Method 'Translate' 1 $exception
}

function New-ComError([long] $Code, [string] $Text) {
    # A system error code as HRESULT_FROM_WIN32 makes it.
    if (-not $Text) { $Text = $texts[[int] $Code] }
    [Runtime.InteropServices.COMException]::new("$Text`r`n", [int] (0x80070000L + $Code - 0x100000000L))
}

function New-AdsError([int] $Result, [string] $Text) {
    [Runtime.InteropServices.COMException]::new($(if ($Text) { $Text } else { 'Unknown error (0x{0:x8})' -f $Result }), $Result)
}

function ConvertFrom-SidText([string] $Text) {
    if (-not $Text) { Stop-Method '.ctor' 1 ([ArgumentNullException]::new('sddlForm')) }
    if ($Text -match '^[A-Za-z]{2}$') { $Text = [string] (Request-Authority 'alias' $Text).result }
    if ($Text -notmatch '^[Ss]-1-\d{1,15}(-\d{1,10}){1,15}$') { Stop-Invalid 1 'sddlForm' }
    $numbers = @(foreach ($part in $Text.Substring(2).Split('-')) { [decimal] $part })
    for ($at = 1; $at -lt $numbers.Length; $at++) {
        if ($numbers[$at] -gt $(if ($at -eq 1) { 281474976710655 } else { [uint32]::MaxValue })) { Stop-Invalid 1 'sddlForm' }
    }
    'S-' + ($numbers -join '-')
}

function ConvertFrom-SidBytes([byte[]] $Bytes, [int] $Offset) {
    if ($null -eq $Bytes) { Stop-Method '.ctor' 2 ([ArgumentNullException]::new('binaryForm')) }
    if ($Offset -lt 0) { Stop-Method '.ctor' 2 ([ArgumentOutOfRangeException]::new('offset')) }
    $count = if ($Bytes.Length - $Offset -ge 8) { $Bytes[$Offset + 1] } else { 255 }
    if ($count -gt 15 -or $Bytes.Length - $Offset -lt 8 + 4 * $count -or $Bytes[$Offset] -ne 1) { Stop-Invalid 2 'binaryForm' }
    $number = 0L
    foreach ($byte in $Bytes[($Offset + 2)..($Offset + 7)]) { $number = $number * 256 + $byte }
    $text = "S-1-$number"
    for ($part = 0; $part -lt $count; $part++) { $text += '-' + [BitConverter]::ToUInt32($Bytes, $Offset + 8 + 4 * $part) }
    $text
}

function ConvertTo-SidBytes([string] $Text) {
    $parts = $Text.Split('-')
    $bytes = [byte[]]::new(4 * ($parts.Length - 1))
    $bytes[0], $bytes[1] = 1, ($parts.Length - 3)
    $number = [long] $parts[2]
    for ($at = 7; $at -gt 1; $at--) { $bytes[$at] = $number -band 255; $number = $number -shr 8 }
    for ($part = 3; $part -lt $parts.Length; $part++) { [BitConverter]::GetBytes([uint32] $parts[$part]).CopyTo($bytes, 4 * $part - 4) }
    , $bytes
}

function Convert-Sid($Sid, [type] $TargetType) {
    if ($TargetType -eq [Security.Principal.SecurityIdentifier]) { return $Sid }
    if ($TargetType -ne [Security.Principal.NTAccount]) { Stop-Method 'Translate' 1 ([ArgumentException]::new("IdentityReference type is not supported.`r`nParameter name: targetType")) }
    $found = (Request-Authority 'find_sid' $Sid.Value).result
    if (-not $found) { Stop-Unmapped }
    [Security.Principal.NTAccount]::new($found.domain, $found.name)
}

function New-AccountName([string] $Domain, [string] $Name, [int] $Count) {
    $parameter = if ($Count -eq 1) { 'name' } else { 'accountName' }
    if (-not $Name) { Stop-Method '.ctor' $Count ([ArgumentException]::new("The string cannot be empty.`r`nParameter name: $parameter")) }
    if ($Name.Length -gt 512) { Stop-Method '.ctor' $Count ([ArgumentException]::new("The account name is too long.`r`nParameter name: $parameter")) }
    if ($Domain) { "$Domain\$Name" } else { $Name }
}

function Convert-AccountName($Account, [type] $TargetType) {
    if ($TargetType -eq [Security.Principal.NTAccount]) { return $Account }
    if ($TargetType -ne [Security.Principal.SecurityIdentifier]) { Stop-Method 'Translate' 1 ([ArgumentException]::new("IdentityReference type is not supported.`r`nParameter name: targetType")) }
    $found = (Request-Authority 'find_name' $Account.Value).result
    if (-not $found) { Stop-Unmapped }
    [Security.Principal.SecurityIdentifier]::new($found.sid)
}

function Initialize-Entry($Entry, [string] $Path, [string] $Username, $Password) {
    $Entry.Path, $Entry.Username, $Entry.Password = $Path, $Username, $Password
    $Entry.Properties = [WinfraLabDirectoryProperties]::new()
    $Entry.Properties.psbase.Entry = $Entry
}

function Initialize-Member($Entry, $AdsObject) {
    # One of what Invoke('Members') gives.
    if ($AdsObject.PSTypeNames -notcontains 'WinfraLab.AdsObject') { Stop-Method '.ctor' 1 ([ArgumentException]::new('The value provided for adsObject does not implement IADs.')) }
    Initialize-Entry $Entry $AdsObject.AdsPath
    $Entry.Properties.psbase.Found = @{ Name = $AdsObject.Name; objectSid = $AdsObject.Sid }
}

function Split-AdsPath([string] $Path) {
    # WinNT://[DOMAIN/]COMPUTER/NAME,CLASS: its name and class.
    if ($Path -cnotmatch '^WinNT://(?<place>[^,]+)(,(?<class>\w+))?$') { throw (New-AdsError $badPath) }
    $class = if ($Matches.ContainsKey('class')) { $Matches['class'].ToLowerInvariant() } else { '' }
    $parts = $Matches['place'].Split('/')
    $isComputer = $class -eq 'computer' -or $parts.Length -eq 1 -and $parts[0] -notlike 'S-1-*'
    $computer = if ($isComputer) { $parts[-1] } elseif ($parts.Length -eq 1) { '.' } else { $parts[-2] }
    if ($computer -notin '.', 'localhost', $env:COMPUTERNAME) { throw (New-ComError 53) }
    if ($isComputer) { '', 'computer' } else { $parts[-1], $class }
}

function Connect-Entry($Entry) {
    # With a name and a password the provider first makes a connection to the computer as that account.
    if (-not $Entry.Username -or $Entry.Connected) { return }
    $code = (Request-Authority 'connect' $Entry.Username, ([string] $Entry.Password)).result
    if ($code) { throw (New-ComError $code (Request-Authority 'text' ([string] $code)).result) }
    $Entry.Connected = $true
}

function Find-Entry($Entry) {
    # What the entry stands for, of any class where the path says none.
    $name, $class = Split-AdsPath $Entry.Path
    Connect-Entry $Entry
    if ($class -eq 'computer') { return @{ Class = 'computer'; Name = $env:COMPUTERNAME } }
    if ($class -notin '', 'user', 'group') { throw (New-AdsError 0x80005004) }
    $answer = $null
    foreach ($one in 'user', 'group') {
        if ($class -notin '', $one) { continue }
        $answer = Request-Authority $one $name
        if (-not $answer.error) { return @{ Class = $one; Name = $answer.result.name; Data = $answer.result } }
    }
    throw (New-ComError $answer.code)
}

function Read-Entry($Entry) {
    try { $Entry.Properties.psbase.Found = Get-EntryValue (Find-Entry $Entry) }
    catch { Stop-Method 'RefreshCache' 0 $_.Exception.GetBaseException() }
}

function Read-Properties($Entry) {
    # The first property that is asked for binds the entry.
    try { $Entry.Properties.psbase.Found = Get-EntryValue (Find-Entry $Entry) }
    catch { Stop-Method 'get_Item' 1 $_.Exception.GetBaseException() }
}

function Get-EntryValue([hashtable] $Found) {
    # The computer's own entry has no password policy; each user's has it.
    if ($Found.Class -eq 'computer') { return @{ Name = $Found.Name; OperatingSystem = 'Windows NT'; OperatingSystemVersion = '10.0' } }
    $data = $Found.Data
    $values = @{ Name = $data.name; objectSid = ConvertTo-SidBytes $data.sid; Description = $data.comment }
    if ($Found.Class -eq 'group') { return $values + @{ groupType = 4 } }
    $values + @{
        FullName = $data.full_name; UserFlags = Get-UserFlag $data; PasswordExpired = [int] $data.password_expired
        BadPasswordAttempts = [int] $data.bad_passwords; MaxBadPasswordsAllowed = [int] $data.lockout_threshold
        AutoUnlockInterval = [int] $(if ($data.lockout_minutes) { 60 * $data.lockout_minutes } else { -1 })
        LockoutObservationInterval = [int] (60 * $data.lockout_window_minutes); MinPasswordLength = [int] $data.minimum_length
        MinPasswordAge = [int] (86400 * $data.minimum_age_days); MaxPasswordAge = [int] $(if ($data.maximum_age_days) { 86400 * $data.maximum_age_days } else { -1 })
        PasswordHistoryLength = [int] $data.history
    }
}

function Get-UserFlag([hashtable] $Data) {
    # ADS_USER_FLAG_ENUM
    $flags = 0x201
    if (-not $Data.enabled) { $flags = $flags -bor 0x2 }
    if ($Data.is_locked) { $flags = $flags -bor 0x10 }
    if (-not $Data.password_required) { $flags = $flags -bor 0x20 }
    if (-not $Data.may_change_password) { $flags = $flags -bor 0x40 }
    if ($Data.password_never_expires) { $flags = $flags -bor 0x10000 }
    $flags
}

function Invoke-Entry($Entry, [string] $Method, [object[]] $Given) {
    try { Invoke-EntryMethod (Find-Entry $Entry) $Method $Given }
    catch {
        # .psbase.Invoke wraps this once more, as it wraps the TargetInvocationException of DirectoryEntry.
        $cause = $_.Exception.GetBaseException()
        [Runtime.ExceptionServices.ExceptionDispatchInfo]::Capture([System.Management.Automation.MethodInvocationException]::new($cause.Message, $cause)).Throw()
    }
}

function Invoke-EntryMethod([hashtable] $Found, [string] $Method, [object[]] $Given) {
    $name = $Found.Name
    switch ("$($Found.Class) $Method") {
        'group Members' { return , (Get-AdsMember $name) }
        'group Add' { Confirm-Answer (Request-Authority 'add_member' $name, (Resolve-AdsMember $Given[0])); break }
        'group Remove' { Confirm-Answer (Request-Authority 'remove_member' $name, (Resolve-AdsMember $Given[0])); break }
        'user SetPassword' { Confirm-Answer (Request-Authority 'set_user' $name, 'yes', $Given[0]); break }
        'user ChangePassword' { Confirm-Answer (Request-Authority 'change_password' $name, $Given[0], $Given[1]); break }
        default { throw (New-AdsError 0x80020006 'Unknown name. (Exception from HRESULT: 0x80020006 (DISP_E_UNKNOWNNAME))') }
    }
}

function Resolve-AdsMember([string] $Path) {
    # WinNT://S-1-5-..., WinNT://COMPUTER/NAME, WinNT://DOMAIN/NAME: a SID or a name that resolves.
    if ($Path -cnotmatch '^WinNT://(?<place>[^,]+)(,\w+)?$') { throw (New-AdsError $badPath) }
    $parts = $Matches['place'].Split('/')
    if ($parts.Length -eq 1 -or $parts[-2] -in '.', 'localhost') { return $parts[-1] }
    $parts[-2] + '\' + $parts[-1]
}

function Get-AdsMember([string] $Group) {
    $answer = Request-Authority 'members' $Group
    Confirm-Answer $answer
    , [object[]] @(foreach ($member in $answer.result) {
            $place = @(foreach ($part in $member.workgroup, $member.domain, $member.name) { if ($part) { $part } })
            [pscustomobject] @{
                PSTypeName = 'WinfraLab.AdsObject'
                AdsPath = 'WinNT://' + $(if ($member.name) { $place -join '/' } else { $member.sid })
                Name = $(if ($member.name) { $member.name } else { $member.sid })
                Sid = ConvertTo-SidBytes $member.sid
            }
        })
}

function Confirm-Answer([hashtable] $Answer) {
    if (-not $Answer.error) { return }
    # ERROR_PASSWORD_RESTRICTION is NERR_PasswordTooShort here.
    throw (New-ComError $(if ($Answer.code -eq 1325) { 2245 } else { $Answer.code }))
}

function Close-Entry($Entry) {
    if ($Entry.Connected) { $null = Request-Authority 'disconnect' }
    $Entry.Connected = $false
}

. "$PSScriptRoot/access.ps1"
