# CIM in the lab: the classes of classes.json over state\system.json (one instance a class) and state\disks.json, those of
# rsop.json over state\policy.json.
Set-StrictMode -Version 3

# Namespace -> the file of its classes.
$files = @{ 'root/cimv2' = 'classes.json'; 'root/rsop/computer' = 'rsop.json' }

function Read-Json([string] $Path) {
    , [System.Text.Json.JsonDocument]::Parse([IO.File]::ReadAllText($Path)).RootElement
}

function New-CimError([string] $Message, [int] $Result, [string] $Category, $Target) {
    $id = 'HRESULT 0x{0:x8}' -f $Result
    $exception = [Microsoft.Management.Infrastructure.CimException]::new("$Message ")
    $record = [System.Management.Automation.ErrorRecord]::new($exception, $id, $Category, $Target)
    # The id of a function ends in its name; that of the compiled cmdlet in its class.
    $field = [System.Management.Automation.ErrorRecord].GetField('_serializedFullyQualifiedErrorId', [Reflection.BindingFlags] 'NonPublic, Instance')
    $field.SetValue($record, "$id,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand")
    $record
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

function Get-CimSource([string] $ClassName) {
    # The instances of a class as the lab's state has them.
    $state = "$env:WINFRA_LAB/state"
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
    $computed = Get-Computed $ClassName $Source
    $element = [System.Text.Json.JsonElement]::new()
    foreach ($entry in $Schema.GetProperty('Properties').EnumerateObject()) {
        $values[$entry.Name] = $null
        if ($Property -and $entry.Name -notin $Property) { continue }
        if ($computed.ContainsKey($entry.Name)) { $values[$entry.Name] = $computed[$entry.Name] }
        elseif ($Source.TryGetProperty($entry.Name, [ref] $element)) { $values[$entry.Name] = ConvertTo-CimValue $element $entry.Value.GetString() }
    }
    $values['PSComputerName'] = $null
    $instance = [pscustomobject] $values
    $instance.PSObject.TypeNames.Insert(0, 'Microsoft.Management.Infrastructure.CimInstance')
    $instance.PSObject.TypeNames.Insert(0, "Microsoft.Management.Infrastructure.CimInstance#$($Namespace.Replace('\', '/'))/$ClassName")
    $instance
}

function Split-Condition([string] $Text) {
    # The words of a WQL condition: strings with their quotes, operators, names, numbers.
    $pattern = '\G\s*(''(?:[^''\\]|\\.)*''|"(?:[^"\\]|\\.)*"|<>|!=|<=|>=|[=<>()]|[\w.-]+)'
    $position = 0
    $words = [System.Collections.Generic.List[string]]::new()
    foreach ($found in [regex]::Matches($Text, $pattern)) {
        $words.Add($found.Groups[1].Value)
        $position = $found.Index + $found.Length
    }
    if ($Text.Substring($position).Trim()) { throw [FormatException] "Invalid query" }
    , $words
}

function Test-Comparison($Instance, [System.Collections.Generic.List[string]] $Words) {
    $first, $operator, $second = $Words[0], $Words[1].ToUpperInvariant(), $Words[2]
    $Words.RemoveRange(0, 3)
    $known = $Instance.PSObject.Properties[$first]
    if ($null -eq $known) { throw [FormatException] 'Invalid query' }
    $value = $known.Value
    if ($operator -eq 'IS') {
        $negated = $second -eq 'NOT'
        if ($negated) { $Words.RemoveAt(0) }
        return ($null -eq $value) -ne $negated
    }
    $wanted = if ($second -match '^[''"]') { [regex]::Replace($second.Substring(1, $second.Length - 2), '\\(.)', '$1') }
    elseif ($second -in 'TRUE', 'FALSE') { $second -eq 'TRUE' }
    else { [decimal]::Parse($second, [Globalization.CultureInfo]::InvariantCulture) }
    # A comparison with NULL never holds.
    if ($null -eq $value) { return $false }
    switch ($operator) {
        '=' { $value -eq $wanted }
        { $_ -in '<>', '!=' } { $value -ne $wanted }
        '<' { $value -lt $wanted }
        '>' { $value -gt $wanted }
        '<=' { $value -le $wanted }
        '>=' { $value -ge $wanted }
        'LIKE' { $value -like ([System.Management.Automation.WildcardPattern]::Escape($wanted) -replace '%', '*' -replace '_', '?') }
        default { throw [FormatException] 'Invalid query' }
    }
}

function Test-Term($Instance, [System.Collections.Generic.List[string]] $Words) {
    if ($Words.Count -and $Words[0] -eq 'NOT') {
        $Words.RemoveAt(0)
        return -not (Test-Term $Instance $Words)
    }
    if ($Words.Count -and $Words[0] -eq '(') {
        $Words.RemoveAt(0)
        $holds = Test-Condition $Instance $Words
        if (-not $Words.Count -or $Words[0] -ne ')') { throw [FormatException] 'Invalid query' }
        $Words.RemoveAt(0)
        return $holds
    }
    if ($Words.Count -lt 3) { throw [FormatException] 'Invalid query' }
    Test-Comparison $Instance $Words
}

function Test-Condition($Instance, [System.Collections.Generic.List[string]] $Words) {
    # AND binds before OR; all of it is read, so that a wrong word is found wherever it stands.
    $any = $false
    $all = Test-Term $Instance $Words
    while ($Words.Count -and $Words[0] -in 'AND', 'OR') {
        $joint = $Words[0]
        $Words.RemoveAt(0)
        $next = Test-Term $Instance $Words
        if ($joint -eq 'OR') { $any = $any -or $all; $all = $next } else { $all = $all -and $next }
    }
    $any -or $all
}

function Get-CimInstance {
    [CmdletBinding(DefaultParameterSetName = 'ClassNameComputerSet')]
    [Alias('gcim')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'ClassNameComputerSet')] [string] $ClassName,
        [Parameter(Mandatory, ParameterSetName = 'QueryComputerSet')] [string] $Query,
        [Parameter(ParameterSetName = 'QueryComputerSet')] [string] $QueryDialect,
        [Parameter(ValueFromPipelineByPropertyName)] [string] $Namespace = 'root/cimv2',
        [Parameter(ParameterSetName = 'ClassNameComputerSet')] [string] $Filter,
        [Parameter(ParameterSetName = 'ClassNameComputerSet')] [Alias('SelectProperties')] [string[]] $Property,
        [Parameter(ParameterSetName = 'ClassNameComputerSet')] [switch] $KeyOnly,
        [Alias('OT')] [uint32] $OperationTimeoutSec
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        $class, $condition, $wanted = $ClassName, $Filter, $Property
        if ($PSCmdlet.ParameterSetName -eq 'QueryComputerSet') {
            $select = [regex]::Match($Query, '(?is)^\s*SELECT\s+(?<p>[\w\s,*]+?)\s+FROM\s+(?<c>\w+)(?:\s+WHERE\s+(?<w>.+))?$')
            if (-not $select.Success) { $PSCmdlet.WriteError((New-CimError 'Invalid query' 0x80041017 'InvalidArgument' $Query)); return }
            $class, $condition = $select.Groups['c'].Value, $select.Groups['w'].Value
            $wanted = if ($select.Groups['p'].Value -ne '*') { $select.Groups['p'].Value -split '\s*,\s*' }
        }
        $place = $Namespace.Replace('\', '/')
        if (-not $files.ContainsKey($place)) {
            $PSCmdlet.WriteError((New-CimError 'Invalid namespace' 0x8004100e 'InvalidArgument' $Namespace))
            return
        }
        if ($place -eq 'root/rsop/computer' -and -not [WinfraLabSecurity]::Call('Request-Authority', @('elevated', @())).result) {
            $PSCmdlet.WriteError((New-CimError 'Access denied' 0x80041003 'PermissionDenied' $Namespace))
            return
        }
        $classes = Read-Json "$PSScriptRoot/$($files[$place])"
        $name = foreach ($entry in $classes.EnumerateObject()) { if ($entry.Name -eq $class) { $entry.Name; break } }
        if (-not $name) {
            $PSCmdlet.WriteError((New-CimError 'Invalid class' 0x80041010 'MetadataError' "$($place.Replace('/', '\')):$class"))
            return
        }
        $schema = $classes.GetProperty($name)
        if ($KeyOnly) { $wanted = @(foreach ($key in $schema.GetProperty('Keys').EnumerateArray()) { $key.GetString() }) }
        try {
            foreach ($source in @(Get-CimSource $name)) {
                if ($condition) {
                    $words = Split-Condition $condition
                    $holds = Test-Condition (New-Instance $name $schema $source $Namespace @()) $words
                    if ($words.Count) { throw [FormatException] 'Invalid query' }
                    if (-not $holds) { continue }
                }
                New-Instance $name $schema $source $Namespace $wanted
            }
        }
        catch [FormatException] { $PSCmdlet.WriteError((New-CimError 'Invalid query' 0x80041017 'InvalidArgument' $condition)) }
    }
}

Export-ModuleMember -Function Get-CimInstance -Alias gcim
