# The types of .NET Framework for accounts: System.Security.Principal.NTAccount and SecurityIdentifier, and
# System.DirectoryServices.DirectoryEntry ([adsi]) with the WinNT: provider. What they know they ask of a process of the
# lab's own (winfra/lab/authority.py), which starts with the first question.
class WinfraLabSecurity {
    static hidden [Diagnostics.Process] $Authority

    static [object] Ask([string] $Verb, [string[]] $Words) {
        if (-not [WinfraLabSecurity]::Authority) {
            $start = [Diagnostics.ProcessStartInfo]::new("$env:WINFRA_LAB/run/authority")
            $start.UseShellExecute = $false
            $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
            [WinfraLabSecurity]::Authority = [Diagnostics.Process]::Start($start)
        }
        $line = $Verb
        foreach ($word in $Words) { $line += ' ' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($word)) }
        $bytes = [Text.Encoding]::ASCII.GetBytes("$line`n")
        $process = [WinfraLabSecurity]::Authority
        $process.StandardInput.BaseStream.Write($bytes, 0, $bytes.Length)
        $process.StandardInput.BaseStream.Flush()
        $answer = $process.StandardOutput.ReadLine()
        if ($null -eq $answer) { throw [InvalidOperationException]::new("The lab's security authority has ended: $($process.StandardError.ReadToEnd())") }
        return [WinfraLabSecurity]::Read([System.Text.Json.JsonDocument]::Parse($answer).RootElement)
    }

    static hidden [object] Read([System.Text.Json.JsonElement] $Element) {
        switch ([string] $Element.ValueKind) {
            'Object' {
                $table = @{}
                foreach ($entry in $Element.EnumerateObject()) { $table[$entry.Name] = [WinfraLabSecurity]::Read($entry.Value) }
                return $table
            }
            'Array' { return [object[]] @(foreach ($item in $Element.EnumerateArray()) { , [WinfraLabSecurity]::Read($item) }) }
            'String' { return $Element.GetString() }
            'Number' { return $Element.GetInt64() }
            'True' { return $true }
            'False' { return $false }
        }
        return $null
    }

    # An error as a .NET method throws it, where the user's script called (as in files.ps1).
    static [void] Fail([string] $Method, [int] $Count, [Exception] $Cause) {
        $message = 'Exception calling "{0}" with "{1}" argument(s): "{2}"' -f $Method, $Count, $Cause.Message
        $exception = [System.Management.Automation.MethodInvocationException]::new($message, $Cause)
        $hidden = [Reflection.BindingFlags] 'NonPublic, Instance'
        [System.Management.Automation.RuntimeException].GetMethod('SetErrorId', $hidden).Invoke($exception, @($Cause.GetType().Name))
        foreach ($frame in [runspace]::DefaultRunspace.Debugger.GetCallStack()) {
            if ($frame.ScriptName -ne $PSCommandPath) {
                $info = [System.Management.Automation.InvocationInfo]::Create($null, $frame.Position)
                [System.Management.Automation.ErrorRecord].GetMethod('SetInvocationInfo', $hidden).Invoke($exception.ErrorRecord, @($info))
                break
            }
        }
        [Runtime.ExceptionServices.ExceptionDispatchInfo]::Capture($exception).Throw()
    }

    # The type is there, but its constructors refuse to work on Linux.
    static [Exception] NotMapped() {
        $exception = [Runtime.CompilerServices.RuntimeHelpers]::GetUninitializedObject([System.Security.Principal.IdentityNotMappedException])
        $hidden = [Reflection.BindingFlags] 'NonPublic, Instance'
        [Exception].GetField('_message', $hidden).SetValue($exception, 'Some or all identity references could not be translated.')
        [Exception].GetField('_HResult', $hidden).SetValue($exception, 0x80131501)
        return $exception
    }

    static [Exception] Com([string] $Message, [long] $Code) {
        return [Runtime.InteropServices.COMException]::new("$Message`r`n", [int] (0x80070000L + $Code - 0x100000000L))
    }
}

class WinfraLabSecurityIdentifier : System.IComparable {
    [string] $Value
    [int] $BinaryLength
    static [int] $MinBinaryLength = 8
    static [int] $MaxBinaryLength = 68

    WinfraLabSecurityIdentifier([string] $SddlForm) {
        if ($null -eq $SddlForm -or $SddlForm -eq '') { [WinfraLabSecurity]::Fail('.ctor', 1, [ArgumentNullException]::new('sddlForm')) }
        $text = $SddlForm
        if ($text -match '^[A-Za-z]{2}$') { $text = [WinfraLabSecurity]::Ask('alias', @($text)).result }
        if ($text -notmatch '^[Ss]-1-\d{1,15}(-\d{1,10}){1,15}$') { $this.Refuse('.ctor', 1, 'sddlForm') }
        $parts = $text.Split('-')
        foreach ($part in $parts[3..($parts.Length - 1)]) { if ([decimal] $part -gt 4294967295) { $this.Refuse('.ctor', 1, 'sddlForm') } }
        $this.Value = 'S-' + ((@(foreach ($part in $parts[1..($parts.Length - 1)]) { [decimal] $part })) -join '-')
        $this.BinaryLength = 8 + 4 * ($parts.Length - 3)
    }

    WinfraLabSecurityIdentifier([byte[]] $BinaryForm, [int] $Offset) {
        if ($null -eq $BinaryForm) { [WinfraLabSecurity]::Fail('.ctor', 2, [ArgumentNullException]::new('binaryForm')) }
        if ($Offset -lt 0) { [WinfraLabSecurity]::Fail('.ctor', 2, [ArgumentOutOfRangeException]::new('offset')) }
        $count = if ($BinaryForm.Length - $Offset -ge 8) { $BinaryForm[$Offset + 1] } else { 255 }
        if ($count -gt 15 -or $BinaryForm.Length - $Offset -lt 8 + 4 * $count -or $BinaryForm[$Offset] -ne 1) { $this.Refuse('.ctor', 2, 'binaryForm') }
        $number = 0L
        for ($at = 2; $at -lt 8; $at++) { $number = $number * 256 + $BinaryForm[$Offset + $at] }
        $text = "S-1-$number"
        for ($part = 0; $part -lt $count; $part++) { $text += "-$([BitConverter]::ToUInt32($BinaryForm, $Offset + 8 + 4 * $part))" }
        $this.Value = $text
        $this.BinaryLength = 8 + 4 * $count
    }

    hidden [void] Refuse([string] $Method, [int] $Count, [string] $Parameter) {
        [WinfraLabSecurity]::Fail($Method, $Count, [ArgumentException]::new("Value was invalid.`r`nParameter name: $Parameter"))
    }

    [void] GetBinaryForm([byte[]] $BinaryForm, [int] $Offset) {
        $parts = $this.Value.Split('-')
        $BinaryForm[$Offset] = 1
        $BinaryForm[$Offset + 1] = $parts.Length - 3
        $number = [long] $parts[2]
        for ($at = 7; $at -gt 1; $at--) { $BinaryForm[$Offset + $at] = $number % 256; $number = [Math]::Floor($number / 256) }
        for ($part = 3; $part -lt $parts.Length; $part++) { [BitConverter]::GetBytes([uint32] $parts[$part]).CopyTo($BinaryForm, $Offset + 4 * $part - 4) }
    }

    [object] Translate([type] $TargetType) {
        if ($TargetType -eq [WinfraLabSecurityIdentifier]) { return $this }
        $found = [WinfraLabSecurity]::Ask('find_sid', @($this.Value)).result
        if (-not $found) { [WinfraLabSecurity]::Fail('Translate', 1, [WinfraLabSecurity]::NotMapped()) }
        return [WinfraLabNTAccount]::new($found.domain, $found.name)
    }

    [bool] IsAccountSid() { return $this.Value -match '^S-1-5-21(-\d+){4}$' }
    [bool] IsValidTargetType([type] $TargetType) { return $TargetType -in [WinfraLabSecurityIdentifier], [WinfraLabNTAccount] }
    [int] CompareTo([object] $Other) { return [string]::CompareOrdinal($this.Value, [string] $Other) }
    [bool] Equals([object] $Other) { return $Other -is [WinfraLabSecurityIdentifier] -and $Other.Value -eq $this.Value }
    [int] GetHashCode() { return $this.Value.GetHashCode() }
    [string] ToString() { return $this.Value }
}

class WinfraLabNTAccount {
    [string] $Value

    WinfraLabNTAccount([string] $Name) {
        if (-not $Name) { [WinfraLabSecurity]::Fail('.ctor', 1, [ArgumentException]::new("The string cannot be empty.`r`nParameter name: name")) }
        if ($Name.Length -gt 512) { [WinfraLabSecurity]::Fail('.ctor', 1, [ArgumentException]::new("The account name is too long.`r`nParameter name: name")) }
        $this.Value = $Name
    }

    WinfraLabNTAccount([string] $DomainName, [string] $AccountName) {
        if (-not $AccountName) { [WinfraLabSecurity]::Fail('.ctor', 2, [ArgumentException]::new("The string cannot be empty.`r`nParameter name: accountName")) }
        $this.Value = if ($DomainName) { "$DomainName\$AccountName" } else { $AccountName }
    }

    [object] Translate([type] $TargetType) {
        if ($TargetType -eq [WinfraLabNTAccount]) { return $this }
        $found = [WinfraLabSecurity]::Ask('find_name', @($this.Value)).result
        if (-not $found) { [WinfraLabSecurity]::Fail('Translate', 1, [WinfraLabSecurity]::NotMapped()) }
        return [WinfraLabSecurityIdentifier]::new($found.sid)
    }

    [bool] IsValidTargetType([type] $TargetType) { return $TargetType -in [WinfraLabSecurityIdentifier], [WinfraLabNTAccount] }
    [bool] Equals([object] $Other) { return $Other -is [WinfraLabNTAccount] -and $Other.Value -eq $this.Value }
    [int] GetHashCode() { return $this.Value.ToUpperInvariant().GetHashCode() }
    [string] ToString() { return $this.Value }
}

class WinfraLabDirectoryEntry {
    [string] $Path
    [string] $Username
    [object] $Properties
    hidden [object] $Password
    hidden [bool] $Connected

    WinfraLabDirectoryEntry([string] $Path) { $this.Begin($Path, '', $null) }
    WinfraLabDirectoryEntry([string] $Path, [string] $Username, [string] $Password) { $this.Begin($Path, $Username, $Password) }
    WinfraLabDirectoryEntry([object] $AdsObject) {
        if ($AdsObject.PSTypeNames -notcontains 'WinfraLab.AdsObject') { [WinfraLabSecurity]::Fail('.ctor', 1, [ArgumentException]::new('The value provided for adsObject does not implement IADs.')) }
        $this.Begin($AdsObject.AdsPath, '', $null)
        $this.Properties.psbase.Found = @{ objectSid = $AdsObject.Sid; Name = $AdsObject.Name }
    }

    hidden [void] Begin([string] $Path, [string] $Username, [object] $Password) {
        $this.Path, $this.Username, $this.Password = $Path, $Username, $Password
        # .psbase: what follows the point names a key otherwise.
        $this.Properties = [WinfraLabDirectoryProperties]::new($this)
    }

    # WinNT://[DOMAIN/]COMPUTER/NAME,CLASS: its name and class.
    hidden [string[]] Target() {
        if ($this.Path -notmatch '^WinNT://(?<p>[^,]*)(,(?<c>\w+))?$') { throw [Runtime.InteropServices.COMException]::new('Unknown error (0x80005000)', 0x80005000) }
        $class = if ($Matches.ContainsKey('c')) { $Matches['c'].ToLowerInvariant() } else { '' }
        $parts = $Matches['p'].Split('/')
        $computer = if ($parts.Length -eq 1 -and $parts[0] -like 'S-1-*') { '.' } elseif ($parts.Length -gt 2) { $parts[$parts.Length - 2] } else { $parts[0] }
        if ($computer -notin '.', 'localhost', $env:COMPUTERNAME) { throw [WinfraLabSecurity]::Com('The network path was not found.', 53) }
        if ($parts.Length -eq 1 -and $computer -ne '.' -or $parts[0] -eq '.' -and $parts.Length -eq 1) { return @('', 'computer') }
        return @($parts[$parts.Length - 1], $class)
    }

    hidden [void] Connect() {
        if (-not $this.Username -or $this.Connected) { return }
        $code = [WinfraLabSecurity]::Ask('connect', @($this.Username, [string] $this.Password)).result
        if ($code) { throw [WinfraLabSecurity]::Com([WinfraLabSecurity]::Ask('text', @([string] $code)).result, $code) }
        $this.Connected = $true
    }

    # What the entry is, by its class where the path says one.
    hidden [object] Bind() {
        $target = $this.Target()
        $this.Connect()
        if ($target[1] -eq 'computer') { return @{ Class = 'Computer'; Name = $env:COMPUTERNAME } }
        $answer = $null
        foreach ($class in 'user', 'group') {
            if ($target[1] -in '', $class) {
                $answer = [WinfraLabSecurity]::Ask($class, @($target[0]))
                if (-not $answer.error) { return @{ Class = $class; Name = $answer.result.name; Data = $answer.result } }
            }
        }
        if ($answer) { throw [WinfraLabSecurity]::Com($(if ($target[1] -eq 'user') { 'The user name could not be found.' } else { 'The group name could not be found.' }), $answer.code) }
        throw [Runtime.InteropServices.COMException]::new('Unknown error (0x80005004)', 0x80005004)
    }

    [void] RefreshCache() {
        try { $this.Properties.psbase.Found = $this.Values($this.Bind()) }
        catch { [WinfraLabSecurity]::Fail('RefreshCache', 0, $_.Exception) }
    }

    hidden [hashtable] Values([hashtable] $Bound) {
        if ($Bound.Class -eq 'Computer') { return @{ Name = $Bound.Name; OperatingSystem = 'Windows NT'; OperatingSystemVersion = '10.0' } }
        $data = $Bound.Data
        $sid = [WinfraLabSecurityIdentifier]::new($data.sid)
        $bytes = [byte[]]::new($sid.BinaryLength)
        $sid.GetBinaryForm($bytes, 0)
        $values = @{ Name = $data.name; objectSid = $bytes; Description = $data.comment }
        if ($Bound.Class -eq 'group') { return $values + @{ groupType = 4 } }
        $flags = 0x201
        if (-not $data.enabled) { $flags = $flags -bor 0x2 }
        if ($data.is_locked) { $flags = $flags -bor 0x10 }
        if (-not $data.password_required) { $flags = $flags -bor 0x20 }
        if (-not $data.may_change_password) { $flags = $flags -bor 0x40 }
        if ($data.password_never_expires) { $flags = $flags -bor 0x10000 }
        return $values + @{
            FullName = $data.full_name; UserFlags = $flags; BadPasswordAttempts = [int] $data.bad_passwords
            MaxBadPasswordsAllowed = [int] $data.lockout_threshold; AutoUnlockInterval = [int] (60 * $data.lockout_minutes)
            LockoutObservationInterval = [int] (60 * $data.lockout_window_minutes); MinPasswordLength = [int] $data.minimum_length
            MinPasswordAge = [int] (86400 * $data.minimum_age_days); MaxPasswordAge = [int] (86400 * $data.maximum_age_days)
            PasswordHistoryLength = [int] $data.history; PasswordExpired = [int] (-not $data.password_set)
        }
    }

    [object] Invoke([string] $Method) { return $this.Call($Method, @()) }
    [object] Invoke([string] $Method, [object] $First) { return $this.Call($Method, @($First)) }
    [object] Invoke([string] $Method, [object] $First, [object] $Second) { return $this.Call($Method, @($First, $Second)) }

    hidden [object] Call([string] $Method, [object[]] $Given) {
        $result = $null
        try { $result = $this.Carry($this.Bind(), $Method, $Given) }
        catch {
            # .psbase.Invoke wraps what is thrown here, as it wraps the TargetInvocationException of DirectoryEntry.
            $cause = $_.Exception.GetBaseException()
            [Runtime.ExceptionServices.ExceptionDispatchInfo]::Capture([System.Management.Automation.MethodInvocationException]::new($cause.Message, $cause)).Throw()
        }
        return $result
    }

    hidden [object] Carry([hashtable] $Bound, [string] $Method, [object[]] $Given) {
        $name = $Bound.Name
        switch ("$($Bound.Class) $Method") {
            'group Members' { return $this.Members($name) }
            'group Add' { $this.Need([WinfraLabSecurity]::Ask('add_member', @($name, $this.Member($Given[0])))) }
            'group Remove' { $this.Need([WinfraLabSecurity]::Ask('remove_member', @($name, $this.Member($Given[0])))) }
            'group IsMember' {
                $member = $this.Member($Given[0])
                return @([WinfraLabSecurity]::Ask('members', @($name)).result | & { process { $_.sid, $_.name } }) -contains $member
            }
            'user SetPassword' { $this.Need([WinfraLabSecurity]::Ask('set_user', @($name, 'yes', $Given[0]))) }
            'user ChangePassword' { $this.Need([WinfraLabSecurity]::Ask('change_password', @($name, $Given[0], $Given[1]))) }
            default { throw [Runtime.InteropServices.COMException]::new('Unknown name. (Exception from HRESULT: 0x80020006 (DISP_E_UNKNOWNNAME))', 0x80020006) }
        }
        return $null
    }

    # WinNT://S-1-5-…, WinNT://COMPUTER/NAME or WinNT://DOMAIN/NAME: the account as its SID or DOMAIN\NAME.
    hidden [string] Member([string] $Given) {
        if ($Given -notmatch '^WinNT://(?<p>[^,]+)(,\w+)?$') { throw [Runtime.InteropServices.COMException]::new('Unknown error (0x80005000)', 0x80005000) }
        $parts = $Matches['p'].Split('/')
        if ($parts.Length -eq 1) { return $parts[0] }
        $domain = $parts[$parts.Length - 2]
        if ($domain -in '.', 'localhost') { return $parts[$parts.Length - 1] }
        return $domain + '\' + $parts[$parts.Length - 1]
    }

    hidden [object] Members([string] $Name) {
        return [object[]] @(foreach ($member in [WinfraLabSecurity]::Ask('members', @($Name)).result) {
            $sid = [WinfraLabSecurityIdentifier]::new($member.sid)
            $bytes = [byte[]]::new($sid.BinaryLength)
            $sid.GetBinaryForm($bytes, 0)
            $place = @($member.workgroup, $member.domain, $member.name | & { process { if ($_) { $_ } } })
            [pscustomobject] @{
                PSTypeName = 'WinfraLab.AdsObject'; Sid = $bytes
                AdsPath = 'WinNT://' + $(if ($member.name) { $place -join '/' } else { $member.sid })
                Name = $(if ($member.name) { $member.name } else { $member.sid })
            }
        })
    }

    hidden [void] Need([object] $Answer) {
        if (-not $Answer.error) { return }
        $text = @{
            5 = 'Access is denied.'
            86 = 'The specified network password is not correct.'
            1325 = 'The password does not meet the password policy requirements. Check the minimum password length, password complexity and password history requirements.'
            1332 = 'No mapping between account names and security IDs was done.'
            1371 = 'Cannot perform this operation on built-in accounts.'
            1377 = 'The specified account name is not a member of the group.'
            1378 = 'The specified account name is already a member of the group.'
            1387 = 'A member could not be added to or removed from the local group because the member does not exist.'
            1388 = 'A new member could not be added to a local group because the member has the wrong account type.'
        }[[int] $Answer.code]
        $code = if ($Answer.code -eq 1325) { 2245 } else { $Answer.code }
        throw [WinfraLabSecurity]::Com($text, $code)
    }

    [void] Close() { $this.Dispose() }
    [void] Dispose() {
        if ($this.Connected) { $null = [WinfraLabSecurity]::Ask('disconnect', @()) }
        $this.Connected = $false
    }
    [string] ToString() { return 'System.DirectoryServices.DirectoryEntry' }
}

class WinfraLabDirectoryValues : System.Collections.ArrayList { [object] $Value }

class WinfraLabDirectoryProperties : System.Collections.Hashtable {
    hidden [WinfraLabDirectoryEntry] $Entry
    hidden [hashtable] $Found

    WinfraLabDirectoryProperties([WinfraLabDirectoryEntry] $Entry) { $this.psbase.Entry = $Entry }

    # A property that is not there is an empty collection; the entry is bound when it is first asked for something.
    [object] get_Item([object] $Key) {
        if ($null -eq $this.psbase.Found) {
            try { $this.psbase.Found = $this.psbase.Entry.Values($this.psbase.Entry.Bind()) }
            catch { [WinfraLabSecurity]::Fail('get_Item', 1, $_.Exception) }
        }
        $value = $this.psbase.Found[$Key]
        $values = [WinfraLabDirectoryValues]::new()
        if ($null -ne $value) { $null = $values.Add($value) }
        $values.Value = $value
        return $values
    }
}

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
foreach ($prefix in '', 'System.') {
    $accelerators::Add("${prefix}Security.Principal.NTAccount", [WinfraLabNTAccount])
    $accelerators::Add("${prefix}Security.Principal.SecurityIdentifier", [WinfraLabSecurityIdentifier])
    $accelerators::Add("${prefix}DirectoryServices.DirectoryEntry", [WinfraLabDirectoryEntry])
}
$accelerators::Add('adsi', [WinfraLabDirectoryEntry])
$accelerators::Add('WinfraLabSecurity', [WinfraLabSecurity])
