# The firewall over the rules in the lab's registry (winfra/lab/firewall.py decides what is refused). On Windows these
# commands are functions too, made from CDXML: the caller's $ErrorActionPreference does not reach them.
Set-StrictMode -Version 3

enum Enabled { True = 1; False = 2 }
enum Action { NotConfigured = 0; Allow = 2; Block = 4 }
enum Direction { Inbound = 1; Outbound = 2 }
enum EdgeTraversal { Block = 0; Allow = 1; DeferToUser = 2; DeferToApp = 3 }
[Flags()] enum FirewallProfile { Any = 0; Domain = 1; Private = 2; Public = 4; NotApplicable = 65535 }

$categories = @{ 5 = 'PermissionDenied'; 87 = 'InvalidArgument'; 183 = 'ResourceExists'; 1753 = 'NotSpecified' }

function Request-Firewall($Cmdlet, [string] $Verb, [string[]] $Words) {
    # The answer; what is refused becomes an error of the command that asks, and there is no result.
    $answer = [WinfraLabSecurity]::Call('Request-Authority', @($Verb, $Words))
    if ($answer.error) {
        $exception = [Microsoft.Management.Infrastructure.CimException]::new($answer.message)
        $Cmdlet.WriteError([Management.Automation.ErrorRecord]::new($exception, $answer.error, $categories[[int] $answer.code], 'MSFT_NetFirewallRule'))
    }
    @{ Succeeded = -not $answer.error; Result = $answer.result }
}

function New-CimObject([string] $Class, [Collections.IDictionary] $Values, [hashtable] $Data) {
    $object = [pscustomobject] $Values
    $object.PSObject.TypeNames.Insert(0, 'Microsoft.Management.Infrastructure.CimInstance')
    $object.PSObject.TypeNames.Insert(0, "Microsoft.Management.Infrastructure.CimInstance#root/standardcimv2/$Class")
    $object
}

function ConvertTo-Rule([hashtable] $Data) {
    New-CimObject 'MSFT_NetFirewallRule' ([ordered] @{
            Name = $Data.name; ID = $Data.name; DisplayName = $Data.display_name; Group = $Data.group
            Enabled = [Enabled] $Data.enabled; Profile = [FirewallProfile] $Data.profile; Direction = [Direction] $Data.direction
            Action = $Data.action; Description = $Data.description; DisplayGroup = $Data.group; InstanceID = $Data.name
            PolicyStoreSource = 'PersistentStore'; PolicyStoreSourceType = 'Local'; PrimaryStatus = 'OK'; Status = 'The rule was parsed successfully from the store. (65536)'
        })
}

function Find-Rule($Cmdlet, [Collections.IDictionary] $Bound) {
    # The rules that a command was told of; one that is named and not there is an error.
    $all = (Request-Firewall $Cmdlet 'firewall_rules').Result
    if ($Bound.Keys -contains 'InputObject') {
        $names = @($Bound['InputObject'] | ForEach-Object { $_.InstanceID })
        return $all | Where-Object { $_.name -in $names }
    }
    $criteria = @{ Name = 'name', 'InstanceID'; DisplayName = 'display_name', 'DisplayName'; Group = 'group', 'RuleGroup'; DisplayGroup = 'group', 'DisplayGroup' }
    $found = $all
    foreach ($parameter in $criteria.Keys) {
        if ($Bound.Keys -notcontains $parameter) { continue }
        $property, $shown = $criteria[$parameter]
        $found = foreach ($pattern in $Bound[$parameter]) {
            $fitting = @($all | Where-Object { $_[$property] -like $pattern })
            if (-not $fitting -and -not [Management.Automation.WildcardPattern]::ContainsWildcardCharacters($pattern)) {
                $message = "No MSFT_NetFirewallRule objects found with property '$shown' equal to '$pattern'.  Verify the value of the property and retry."
                $Cmdlet.WriteError([Management.Automation.ErrorRecord]::new([InvalidOperationException]::new($message), "CmdletizationQuery_NotFound_$shown", 'ObjectNotFound', $pattern))
            }
            $fitting
        }
    }
    foreach ($parameter in 'Enabled', 'Direction', 'Action') {
        if ($Bound.Keys -contains $parameter) { $found = $found | Where-Object { $_[$parameter.ToLowerInvariant()] -in [string[]] $Bound[$parameter] } }
    }
    $found
}

function ConvertTo-Setting([Collections.IDictionary] $Bound, [string[]] $Left = @()) {
    # What the rule is to have, as JSON.
    $settings = @{}
    foreach ($name in $Bound.Keys) {
        if ($name -in $Left -or $name -in [Management.Automation.Cmdlet]::CommonParameters -or $name -in 'WhatIf', 'Confirm', 'PassThru') { continue }
        $settings[$name] = $Bound[$name]
        if ($Bound[$name] -is [enum]) { $settings[$name] = [string] $Bound[$name] }
    }
    ConvertTo-Json -InputObject $settings -Depth 4 -Compress
}

function Get-NetFirewallRule {
    [CmdletBinding(DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'ByName')] [Alias('ID')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayName')] [string[]] $DisplayName,
        [Parameter(Mandatory, ParameterSetName = 'ByGroup')] [string[]] $Group,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayGroup')] [string[]] $DisplayGroup,
        [Parameter(ParameterSetName = 'ByQuery')] [Enabled[]] $Enabled,
        [Parameter(ParameterSetName = 'ByQuery')] [Direction[]] $Direction,
        [Parameter(ParameterSetName = 'ByQuery')] [Action[]] $Action
    )
    process { foreach ($rule in Find-Rule $PSCmdlet $PSBoundParameters) { ConvertTo-Rule $rule } }
}

function New-NetFirewallRule {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    param(
        [Alias('ID')] [string] $Name,
        [Parameter(Mandatory)] [string] $DisplayName,
        [string] $Description,
        [string] $Group,
        [Enabled] $Enabled,
        [FirewallProfile] $Profile,
        [Direction] $Direction,
        [Action] $Action,
        [EdgeTraversal] $EdgeTraversalPolicy,
        [string[]] $LocalAddress,
        [string[]] $RemoteAddress,
        [string] $Protocol,
        [string[]] $LocalPort,
        [string[]] $RemotePort,
        [string] $Program,
        [string] $Service
    )
    process {
        if (-not $PSCmdlet.ShouldProcess('MSFT_NetFirewallRule', 'New-NetFirewallRule')) { return }
        $made = Request-Firewall $PSCmdlet 'new_firewall_rule' (ConvertTo-Setting $PSBoundParameters)
        if (-not $made.Succeeded) { return }
        foreach ($rule in (Request-Firewall $PSCmdlet 'firewall_rules').Result) { if ($rule.name -eq $made.Result) { ConvertTo-Rule $rule } }
    }
}

function Set-NetFirewallRule {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'ByName')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'ByName')] [Alias('ID')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayName')] [string[]] $DisplayName,
        [Parameter(Mandatory, ParameterSetName = 'ByGroup')] [string[]] $Group,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayGroup')] [string[]] $DisplayGroup,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ByInputObject')] [object[]] $InputObject,
        [string] $NewDisplayName,
        [string] $Description,
        [Enabled] $Enabled,
        [FirewallProfile] $Profile,
        [Direction] $Direction,
        [Action] $Action,
        [EdgeTraversal] $EdgeTraversalPolicy,
        [string[]] $LocalAddress,
        [string[]] $RemoteAddress,
        [string] $Protocol,
        [string[]] $LocalPort,
        [string[]] $RemotePort,
        [string] $Program,
        [string] $Service,
        [switch] $PassThru
    )
    process {
        $criteria = 'Name', 'DisplayName', 'Group', 'DisplayGroup', 'InputObject'
        $wanted = @{}
        foreach ($one in $criteria) { if ($PSBoundParameters.ContainsKey($one)) { $wanted[$one] = $PSBoundParameters[$one] } }
        $settings = ConvertTo-Setting $PSBoundParameters $criteria
        foreach ($rule in @(Find-Rule $PSCmdlet $wanted)) {
            if (-not $PSCmdlet.ShouldProcess($rule.name, 'Set-NetFirewallRule')) { continue }
            $changed = Request-Firewall $PSCmdlet 'set_firewall_rule' $rule.name, $settings
            if ($PassThru -and $changed.Succeeded) { Get-NetFirewallRule -Name $rule.name }
        }
    }
}

function Set-Each($Cmdlet, [Collections.IDictionary] $Bound, [string] $Verb, [string[]] $Words) {
    foreach ($rule in @(Find-Rule $Cmdlet $Bound)) {
        if ($Cmdlet.ShouldProcess($rule.name, $Cmdlet.MyInvocation.MyCommand.Name)) { $null = Request-Firewall $Cmdlet $Verb (@($rule.name) + $Words) }
    }
}

function Remove-NetFirewallRule {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'ByName')] [Alias('ID')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayName')] [string[]] $DisplayName,
        [Parameter(Mandatory, ParameterSetName = 'ByGroup')] [string[]] $Group,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayGroup')] [string[]] $DisplayGroup,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ByInputObject')] [object[]] $InputObject
    )
    process { Set-Each $PSCmdlet $PSBoundParameters 'remove_firewall_rule' @() }
}

function Enable-NetFirewallRule {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'ByName')] [Alias('ID')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayName')] [string[]] $DisplayName,
        [Parameter(Mandatory, ParameterSetName = 'ByGroup')] [string[]] $Group,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayGroup')] [string[]] $DisplayGroup,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ByInputObject')] [object[]] $InputObject
    )
    process { Set-Each $PSCmdlet $PSBoundParameters 'set_firewall_rule' '{"Enabled": "True"}' }
}

function Disable-NetFirewallRule {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'ByName')] [Alias('ID')] [string[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayName')] [string[]] $DisplayName,
        [Parameter(Mandatory, ParameterSetName = 'ByGroup')] [string[]] $Group,
        [Parameter(Mandatory, ParameterSetName = 'ByDisplayGroup')] [string[]] $DisplayGroup,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ByInputObject')] [object[]] $InputObject
    )
    process { Set-Each $PSCmdlet $PSBoundParameters 'set_firewall_rule' '{"Enabled": "False"}' }
}

function Get-Filter($Cmdlet, $Rule, [string] $Class, [scriptblock] $Values) {
    # What belongs to one rule, or to all of them.
    foreach ($data in (Request-Firewall $Cmdlet 'firewall_rules').Result) {
        if ($null -ne $Rule -and $data.name -ne $Rule.InstanceID) { continue }
        New-CimObject $Class (& $Values $data)
    }
}

function Get-OneOrAll([object[]] $Items) { if ($Items.Length -eq 1) { $Items[0] } else { , $Items } }

function Get-NetFirewallPortFilter {
    [CmdletBinding(DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ByAssociatedNetFirewallRule')] [object] $AssociatedNetFirewallRule
    )
    process {
        Get-Filter $PSCmdlet $AssociatedNetFirewallRule 'MSFT_NetProtocolPortFilter' {
            [ordered] @{ Protocol = $args[0].protocol; LocalPort = Get-OneOrAll $args[0].local_port; RemotePort = Get-OneOrAll $args[0].remote_port; IcmpType = 'Any'; InstanceID = $args[0].name }
        }
    }
}

function Get-NetFirewallAddressFilter {
    [CmdletBinding(DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ByAssociatedNetFirewallRule')] [object] $AssociatedNetFirewallRule
    )
    process {
        Get-Filter $PSCmdlet $AssociatedNetFirewallRule 'MSFT_NetAddressFilter' {
            [ordered] @{ LocalAddress = Get-OneOrAll $args[0].local_address; RemoteAddress = Get-OneOrAll $args[0].remote_address; InstanceID = $args[0].name }
        }
    }
}

function Get-NetFirewallApplicationFilter {
    [CmdletBinding(DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ByAssociatedNetFirewallRule')] [object] $AssociatedNetFirewallRule
    )
    process { Get-Filter $PSCmdlet $AssociatedNetFirewallRule 'MSFT_NetApplicationFilter' { [ordered] @{ Program = $args[0].program; Package = $null; InstanceID = $args[0].name } } }
}

function Get-NetFirewallServiceFilter {
    [CmdletBinding(DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ByAssociatedNetFirewallRule')] [object] $AssociatedNetFirewallRule
    )
    process { Get-Filter $PSCmdlet $AssociatedNetFirewallRule 'MSFT_NetServiceFilter' { [ordered] @{ Service = $args[0].service; InstanceID = $args[0].name } } }
}

function Get-NetFirewallProfile {
    [CmdletBinding(DefaultParameterSetName = 'GetAll')]
    param(
        [Parameter(ParameterSetName = 'GetAll')] [switch] $All,
        [Parameter(Position = 0, ParameterSetName = 'ByName')] [Alias('Profile')] [string[]] $Name
    )
    process {
        foreach ($data in (Request-Firewall $PSCmdlet 'firewall_profiles').Result) {
            if ($Name -and -not ($Name | Where-Object { $data.name -like $_ })) { continue }
            New-CimObject 'MSFT_NetFirewallProfile' ([ordered] @{
                    Name = $data.name; Profile = $data.name; Enabled = [Enabled] [string] $data.enabled; InstanceID = $data.name
                    AllowInboundRules = $(if ($data.blocks_all) { 'False' } else { 'NotConfigured' }); AllowLocalFirewallRules = 'NotConfigured'
                })
        }
    }
}

Export-ModuleMember -Function *-NetFirewallRule, *-NetFirewall*Filter, Get-NetFirewallProfile
