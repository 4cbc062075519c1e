# The instances of a class: what the lab's state says in the words and types of the class.

function Read-Json([string] $Path) {
    , [System.Text.Json.JsonDocument]::Parse([IO.File]::ReadAllText($Path)).RootElement
}

function ConvertTo-CimValue($Element, [string] $Type) {
    # A value of JSON in the type that the class says.
    if ($Element.ValueKind -eq 'Null') { return $null }
    switch ($Type) {
        'datetime' { [DateTimeOffset]::Parse($Element.GetString(), [Globalization.CultureInfo]::InvariantCulture).LocalDateTime; break }
        'string' { $Element.GetString(); break }
        'bool' { $Element.GetBoolean(); break }
        'string[]' { , [string[]] @(foreach ($item in $Element.EnumerateArray()) { $item.GetString() }); break }
        default { $Element.GetDecimal() -as ([type] $Type) }
    }
}

function Get-CimSource([string] $ClassName, [string] $Condition) {
    # The instances of a class as the lab's state has them; a condition may spare asking for all.
    $state = "$env:WINFRA_LAB/state"
    if ($ClassName -eq 'Win32_Service') { return Get-ServiceSource $Condition }
    if ($ClassName -eq 'Win32_LogicalDisk') { return (Read-Json "$state/disks.json").EnumerateArray() }
    if ($ClassName -like 'RSOP_*') {
        $items = [System.Text.Json.JsonElement]::new()
        $part = if ($ClassName -eq 'RSOP_GPO') { 'gpos' } else { 'rights' }
        if (-not (Read-Json "$state/policy.json").TryGetProperty($part, [ref] $items)) { return @() }
        return $items.EnumerateArray()
    }
    (Read-Json "$state/system.json").GetProperty($ClassName)
}

function Get-Computed([string] $ClassName, $Source) {
    # What changes by itself, or follows from other values.
    $system = Read-Json "$env:WINFRA_LAB/state/system.json"
    $common = @{ Status = 'OK'; CreationClassName = $ClassName }
    if ($ClassName -like 'RSOP_*') { return Get-PolicyValue $ClassName $Source }
    switch ($ClassName) {
        'Win32_OperatingSystem' {
            $boot = [DateTimeOffset]::Parse($system.GetProperty('boot_time').GetString(), [Globalization.CultureInfo]::InvariantCulture)
            $common + @{ LastBootUpTime = $boot.LocalDateTime; LocalDateTime = [DateTime]::Now; Manufacturer = 'Microsoft Corporation' }
        }
        'Win32_ComputerSystem' { $common + @{ DNSHostName = $env:COMPUTERNAME; UserName = $null } }
        'Win32_LogicalDisk' {
            $letter = $Source.GetProperty('DeviceID').GetString()
            $common + @{ Caption = $letter; Name = $letter; SystemName = $env:COMPUTERNAME }
        }
    }
}

function Get-PolicyValue([string] $ClassName, $Source) {
    # The lab's words for what policy says, in those of the class.
    if ($ClassName -eq 'RSOP_GPO') {
        $id = $Source.GetProperty('id').GetString()
        return @{ accessDenied = $false; enabled = $true; filterAllowed = $true; guidName = [regex]::Match($id, '\{[^}]*\}').Value }
    }
    $precedence = [System.Text.Json.JsonElement]::new()
    @{
        AccountList = [string[]] @(foreach ($item in $Source.GetProperty('accounts').EnumerateArray()) { $item.GetString() })
        ErrorCode = [uint32] 0
        GPOID = $Source.GetProperty('gpo').GetString()
        precedence = [uint32] $(if ($Source.TryGetProperty('precedence', [ref] $precedence)) { $precedence.GetInt32() } else { 1 })
        Status = [uint32] 1
        UserRight = $Source.GetProperty('right').GetString()
    }
}

function New-Instance([string] $ClassName, $Schema, $Source, [string] $Namespace, [string[]] $Property) {
    # Properties that were not asked for are there, without a value.
    $values = [ordered] @{}
    $stored = $Source -isnot [hashtable]
    $computed = if ($stored) { Get-Computed $ClassName $Source } else { $Source }
    $element = [System.Text.Json.JsonElement]::new()
    foreach ($entry in $Schema.GetProperty('Properties').EnumerateObject()) {
        $values[$entry.Name] = $null
        if ($Property -and $entry.Name -notin $Property) { continue }
        if ($computed.ContainsKey($entry.Name)) { $values[$entry.Name] = $computed[$entry.Name] }
        elseif ($stored -and $Source.TryGetProperty($entry.Name, [ref] $element)) { $values[$entry.Name] = ConvertTo-CimValue $element $entry.Value.GetString() }
    }
    $values['PSComputerName'] = $null
    $instance = [pscustomobject] $values
    $instance.PSObject.TypeNames.Insert(0, 'Microsoft.Management.Infrastructure.CimInstance')
    $instance.PSObject.Methods.Add($toString)
    $instance.PSObject.TypeNames.Insert(0, "Microsoft.Management.Infrastructure.CimInstance#$($Namespace.Replace('\', '/'))/$ClassName")
    $instance
}

function Get-InstanceText($Instance) {
    $place = Get-InstancePlace $Instance
    $class = (Read-Json "$PSScriptRoot/$($files[$place.Namespace])").GetProperty($place.Class)
    $keys = foreach ($key in $class.GetProperty('Keys').EnumerateArray()) { '{0} = "{1}"' -f $key.GetString(), $Instance.($key.GetString()) }
    $caption = $Instance.PSObject.Properties['Caption']
    $place.Class + $(if ($caption -and $caption.Value) { ': ' + $caption.Value }) + ' (' + ($keys -join ', ') + ')'
}

$toString = [psscriptmethod]::new('ToString', { Get-InstanceText $this })
