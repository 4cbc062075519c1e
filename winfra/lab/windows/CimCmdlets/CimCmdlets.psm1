# CIM in the lab: the classes of classes.json over state\system.json (one instance a class), state\disks.json and the
# control manager (services.ps1), those of rsop.json over state\policy.json.
Set-StrictMode -Version 3
. "$PSScriptRoot/../errors.ps1"
. "$PSScriptRoot/instances.ps1"
. "$PSScriptRoot/wql.ps1"
. "$PSScriptRoot/services.ps1"

$space = 'Microsoft.Management.Infrastructure.CimCmdlets'

# Namespace -> the file of its classes.
$files = @{ 'root/cimv2' = 'classes.json'; 'root/rsop/computer' = 'rsop.json' }

function Write-CimError($Cmdlet, [string] $Message, [int] $Result, [string] $Category, $Target) {
    $exception = [Microsoft.Management.Infrastructure.CimException]::new("$Message ")
    Write-CommandError $Cmdlet $exception ('HRESULT 0x{0:x8}' -f $Result) $Category $Target $space
}

function Stop-Argument($Cmdlet, [string] $Message) {
    Write-CommandError $Cmdlet ([ArgumentException]::new($Message)) 'System.ArgumentException' 'NotSpecified' $null $space -Terminating
}

function Find-Class($Cmdlet, [string] $Namespace, [string] $Class) {
    # A class with its name as it is written; an error where there is none.
    $place = $Namespace.Replace('\', '/')
    if (-not $files.ContainsKey($place)) {
        Write-CimError $Cmdlet 'Invalid namespace' 0x8004100e 'InvalidArgument' $Namespace
        return
    }
    if ($place -eq 'root/rsop/computer' -and -not [WinfraLabSecurity]::Call('Request-Authority', @('elevated', @())).result) {
        Write-CimError $Cmdlet 'Access denied' 0x80041003 'PermissionDenied' $Namespace
        return
    }
    foreach ($entry in (Read-Json "$PSScriptRoot/$($files[$place])").EnumerateObject()) {
        if ($entry.Name -eq $Class) { return @{ Name = $entry.Name; Schema = $entry.Value; Namespace = $Namespace } }
    }
    Write-CimError $Cmdlet 'Invalid class' 0x80041010 'MetadataError' "$($place.Replace('/', '\')):$Class"
}

function Find-Instance($Cmdlet, [hashtable] $Class, [string] $Condition, [string[]] $Property) {
    try {
        foreach ($source in @(Get-CimSource $Class.Name $Condition)) {
            if ($Condition) {
                $words = Split-Condition $Condition
                $holds = Test-Condition (New-Instance $Class.Name $Class.Schema $source $Class.Namespace @()) $words
                if ($words.Count) { throw [FormatException] 'Invalid query' }
                if (-not $holds) { continue }
            }
            New-Instance $Class.Name $Class.Schema $source $Class.Namespace $Property
        }
    }
    catch [FormatException] { Write-CimError $Cmdlet 'Invalid query' 0x80041017 'InvalidArgument' $Condition }
    catch [UnauthorizedAccessException] { Write-CimError $Cmdlet 'Access denied' 0x80041003 'PermissionDenied' "$($Class.Namespace):$($Class.Name)" }
}

function Split-Query($Cmdlet, [string] $Query) {
    # SELECT … FROM … WHERE …
    $select = [regex]::Match($Query, '(?is)^\s*SELECT\s+(?<p>[\w\s,*]+?)\s+FROM\s+(?<c>\w+)(?:\s+WHERE\s+(?<w>.+))?$')
    if (-not $select.Success) {
        Write-CimError $Cmdlet 'Invalid query' 0x80041017 'InvalidArgument' $Query
        return
    }
    $properties = if ($select.Groups['p'].Value -ne '*') { $select.Groups['p'].Value -split '\s*,\s*' }
    @{ Class = $select.Groups['c'].Value; Condition = $select.Groups['w'].Value; Properties = $properties }
}

function Get-InstancePlace($Instance) {
    # Namespace and class of an instance, by the name of its type.
    $null, $path = $Instance.PSObject.TypeNames[0].Split('#', 2)
    $parts = $path.Split('/')
    @{ Namespace = $parts[0..($parts.Length - 2)] -join '/'; Class = $parts[-1] }
}

function Get-KeyCondition([hashtable] $Class, $Instance) {
    $terms = foreach ($key in $Class.Schema.GetProperty('Keys').EnumerateArray()) {
        $value = $Instance.$($key.GetString())
        if ($value -is [string]) { $value = "'" + $value.Replace('\', '\\').Replace("'", "\'") + "'" }
        "$($key.GetString())=$value"
    }
    $terms -join ' AND '
}

function Get-CimInstance {
    [CmdletBinding(DefaultParameterSetName = 'ClassNameComputerSet')]
    [Alias('gcim')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'ClassNameComputerSet')] [string] $ClassName,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ParameterSetName = 'CimInstanceComputerSet')] [Alias('CimInstance')] [PSTypeName('Microsoft.Management.Infrastructure.CimInstance')] [psobject] $InputObject,
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
        if ($InputObject) {
            $place = Get-InstancePlace $InputObject
            $class = Find-Class $PSCmdlet $place.Namespace $place.Class
            $found = Find-Instance $PSCmdlet $class (Get-KeyCondition $class $InputObject)
            if ($found) { $found } else { Write-CimError $PSCmdlet 'Not found' 0x80041002 'ObjectNotFound' $InputObject }
            return
        }
        $parts = @{ Class = $ClassName; Condition = $Filter; Properties = $Property }
        if ($Query) { $parts = Split-Query $PSCmdlet $Query }
        if (-not $parts) { return }
        $class = Find-Class $PSCmdlet $Namespace $parts.Class
        if (-not $class) { return }
        if ($KeyOnly) { $parts.Properties = @(foreach ($key in $class.Schema.GetProperty('Keys').EnumerateArray()) { $key.GetString() }) }
        Find-Instance $PSCmdlet $class $parts.Condition $parts.Properties
    }
}

function Invoke-CimMethod {
    [CmdletBinding(DefaultParameterSetName = 'ClassNameComputerSet', SupportsShouldProcess)]
    [Alias('icim')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'ClassNameComputerSet')] [Alias('Class')] [string] $ClassName,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ParameterSetName = 'CimInstanceComputerSet')] [Alias('CimInstance')] [PSTypeName('Microsoft.Management.Infrastructure.CimInstance')] [psobject] $InputObject,
        [Parameter(Mandatory, ParameterSetName = 'QueryComputerSet')] [string] $Query,
        [Parameter(ParameterSetName = 'QueryComputerSet')] [string] $QueryDialect,
        [Parameter(Position = 1, ValueFromPipelineByPropertyName)] [Collections.IDictionary] $Arguments,
        [Parameter(Mandatory, Position = 2)] [Alias('Name')] [string] $MethodName,
        [Parameter(ValueFromPipelineByPropertyName)] [string] $Namespace = 'root/cimv2',
        [Alias('OT')] [uint32] $OperationTimeoutSec
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        $place = @{ Namespace = $Namespace; Class = $ClassName }
        if ($InputObject) { $place = Get-InstancePlace $InputObject }
        $parts = if ($Query) { Split-Query $PSCmdlet $Query }
        if ($Query -and -not $parts) { return }
        if ($parts) { $place.Class = $parts.Class }
        $class = Find-Class $PSCmdlet $place.Namespace $place.Class
        if (-not $class) { return }
        $instances = if ($InputObject) { $InputObject } elseif ($parts) { Find-Instance $PSCmdlet $class $parts.Condition } else { $class.Name }
        foreach ($instance in $instances) {
            if (-not $PSCmdlet.ShouldProcess([string] $instance, "Invoke-CimMethod: $MethodName")) { continue }
            Invoke-Method $PSCmdlet $class $instance $MethodName $Arguments
        }
    }
}

function Invoke-Method($Cmdlet, [hashtable] $Class, $Instance, [string] $Name, $Arguments) {
    # One call; the target is an instance, or the name of the class.
    $declared = Find-Method $Class $Name
    if (-not $declared -or ($Instance -is [string] -and -not $declared.Static)) {
        Write-CimError $Cmdlet 'Invalid method' 0x8004102e 'InvalidOperation' $Instance
        return
    }
    $given = ConvertTo-Argument $Cmdlet $Class $Instance $Name $declared $Arguments
    if ($null -eq $given) { return }
    $result = Invoke-ServiceMethod $Name $(if ($Instance -isnot [string]) { $Instance.Name }) $given
    if ($result -lt 0) {
        Write-CimError $Cmdlet 'Not found' 0x80041002 'ObjectNotFound' $Instance
        return
    }
    $answer = [pscustomobject] @{ ReturnValue = [uint32] $result; PSComputerName = $null }
    $answer.PSObject.TypeNames.Insert(0, 'Microsoft.Management.Infrastructure.CimMethodResult')
    $answer
}

function ConvertTo-Argument($Cmdlet, [hashtable] $Class, $Instance, [string] $Method, [hashtable] $Declared, $Arguments) {
    # The arguments in the types of the method; nothing, and an error, where one is not the method's.
    $given = @{}
    foreach ($key in $(if ($Arguments) { @($Arguments.Keys) })) {
        $value = $Arguments[$key]
        if ($value -is [psobject]) { $value = $value.PSObject.BaseObject }
        $parameter = foreach ($one in $Declared.In.EnumerateObject()) { if ($one.Name -eq $key) { $one; break } }
        if (-not $parameter) {
            if ($Instance -isnot [string]) { Stop-Argument $Cmdlet "Can not find Parameter '$key' in method '$Method' of class '$($Class.Name)'." }
            Write-CimError $Cmdlet 'Invalid Method Parameter(s)' 0x8004102f 'InvalidArgument' $Instance
            return
        }
        $type = [type] $parameter.Value.GetString()
        # Without an instance the type of the value is sent, which has to be the parameter's.
        $fits = $null -eq $value -or $value -is $type -or ($type.IsArray -and $value -is [array])
        if (-not $fits -and $Instance -is [string] -and $type -ne [string]) {
            Write-CimError $Cmdlet "Type mismatch for parameter ""$($parameter.Name)""" 0x80041005 'InvalidType' $Instance
            return
        }
        $given[$parameter.Name] = if ($null -ne $value) { , ($value -as $type) }
    }
    $given
}

function Find-Method([hashtable] $Class, [string] $Name) {
    $methods = [System.Text.Json.JsonElement]::new()
    if (-not $Class.Schema.TryGetProperty('Methods', [ref] $methods)) { return }
    foreach ($one in $methods.EnumerateObject()) {
        if ($one.Name -eq $Name) { return @{ Static = $one.Name -eq 'Create'; In = $one.Value } }
    }
}

Export-ModuleMember -Function Get-CimInstance, Invoke-CimMethod -Alias gcim, icim
