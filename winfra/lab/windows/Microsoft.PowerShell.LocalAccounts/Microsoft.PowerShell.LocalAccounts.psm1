# Local users and groups over the lab's state\accounts.json (winfra/lab/sam.py decides what is refused).
# $ErrorActionPreference: that of the caller, which a module does not see by itself.
Set-StrictMode -Version 3

class LocalAccountsException : Exception {
    [Management.Automation.ErrorCategory] $ErrorCategory = 'NotSpecified'
    [object] $Target
    LocalAccountsException([string] $Message) : base($Message) { }
}
class AccessDeniedException : LocalAccountsException { AccessDeniedException([string] $Message) : base($Message) { $this.ErrorCategory = 'PermissionDenied' } }
class InternalException : LocalAccountsException { InternalException([string] $Message) : base($Message) { } }
class Win32InternalException : LocalAccountsException {
    [int] $NativeErrorCode
    Win32InternalException([string] $Message) : base($Message) { $this.NativeErrorCode = $Message -replace '\D' }
}
class InvalidNameException : LocalAccountsException { InvalidNameException([string] $Message) : base($Message) { $this.ErrorCategory = 'InvalidArgument' } }
class InvalidParametersException : LocalAccountsException { InvalidParametersException([string] $Message) : base($Message) { $this.ErrorCategory = 'InvalidArgument' } }
class InvalidPasswordException : LocalAccountsException { InvalidPasswordException([string] $Message) : base($Message) { $this.ErrorCategory = 'InvalidArgument' } }
class NameInUseException : LocalAccountsException { NameInUseException([string] $Message) : base($Message) { $this.ErrorCategory = 'InvalidArgument' } }
class NotFoundException : LocalAccountsException { NotFoundException([string] $Message) : base($Message) { $this.ErrorCategory = 'ObjectNotFound' } }
class GroupNotFoundException : NotFoundException { GroupNotFoundException([string] $Message) : base($Message) { } }
class MemberNotFoundException : NotFoundException { MemberNotFoundException([string] $Message) : base($Message) { } }
class PrincipalNotFoundException : NotFoundException { PrincipalNotFoundException([string] $Message) : base($Message) { } }
class UserNotFoundException : NotFoundException { UserNotFoundException([string] $Message) : base($Message) { } }
class ObjectExistsException : LocalAccountsException { ObjectExistsException([string] $Message) : base($Message) { $this.ErrorCategory = 'ResourceExists' } }
class MemberExistsException : ObjectExistsException { MemberExistsException([string] $Message) : base($Message) { } }
class UserExistsException : ObjectExistsException { UserExistsException([string] $Message) : base($Message) { } }

class LocalPrincipal {
    [string] $Name
    [Security.Principal.SecurityIdentifier] $SID
    [object] $PrincipalSource
    [string] $ObjectClass
    LocalPrincipal() { }
    LocalPrincipal([string] $Name) { $this.Name = $Name }
    [string] ToString() { return $(if ($this.Name) { $this.Name } else { [string] $this.SID }) }
}
class LocalUser : LocalPrincipal {
    [object] $AccountExpires
    [string] $Description
    [bool] $Enabled
    [string] $FullName
    [object] $PasswordChangeableDate
    [object] $PasswordExpires
    [bool] $UserMayChangePassword
    [bool] $PasswordRequired
    [object] $PasswordLastSet
    [object] $LastLogon
    LocalUser() { $this.ObjectClass = 'User' }
    LocalUser([string] $Name) : base($Name) { $this.ObjectClass = 'User' }
}
class LocalGroup : LocalPrincipal {
    [string] $Description
    LocalGroup() { $this.ObjectClass = 'Group' }
    LocalGroup([string] $Name) : base($Name) { $this.ObjectClass = 'Group' }
}

$exceptions = @{}
$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
foreach ($type in @(
        [AccessDeniedException], [InternalException], [Win32InternalException], [InvalidNameException]
        [InvalidParametersException], [InvalidPasswordException], [NameInUseException], [NotFoundException]
        [GroupNotFoundException], [MemberNotFoundException], [PrincipalNotFoundException], [UserNotFoundException]
        [MemberExistsException], [UserExistsException], [LocalAccountsException]
        [LocalPrincipal], [LocalUser], [LocalGroup]
    )) {
    $accelerators::Add("Microsoft.PowerShell.Commands.$($type.Name)", $type)
    if ($type.Name.EndsWith('Exception')) { $exceptions[$type.Name -replace 'Exception$'] = $type }
}

function Write-Refusal($Cmdlet, [Exception] $Exception, [string] $Id, [string] $Category, $Target, [switch] $Terminating) {
    # The id of a function ends in its name; that of the compiled cmdlet in its class.
    $record = [Management.Automation.ErrorRecord]::new($Exception, $Id, $Category, $Target)
    $field = [Management.Automation.ErrorRecord].GetField('_serializedFullyQualifiedErrorId', [Reflection.BindingFlags] 'NonPublic, Instance')
    $class = $Cmdlet.MyInvocation.MyCommand.Name.Replace('-', '') + 'Command'
    $field.SetValue($record, "$Id,Microsoft.PowerShell.Commands.$class")
    if ($Terminating) { $Cmdlet.ThrowTerminatingError($record) } else { $Cmdlet.WriteError($record) }
}

function Request-Sam($Cmdlet, [string] $Verb, [string[]] $Words) {
    # The answer's result; what is refused becomes an error of the cmdlet that asks, and Succeeded is false.
    $answer = [WinfraLabSecurity]::Call('Request-Authority', @($Verb, $Words))
    if ($answer.error) {
        $exception = $exceptions[$answer.error]::new($answer.message)
        $exception.Target = $answer.target
        Write-Refusal $Cmdlet $exception $answer.error $exception.ErrorCategory $answer.target
    }
    @{ Succeeded = -not $answer.error; Result = $answer.result }
}

function ConvertTo-Date([string] $Text) {
    if ($Text) { [DateTimeOffset]::Parse($Text, [Globalization.CultureInfo]::InvariantCulture).LocalDateTime }
}

function ConvertTo-LocalUser([hashtable] $Data) {
    $user = [LocalUser]::new($Data.name)
    $user.SID = $Data.sid
    $user.PrincipalSource = 'Local'
    $user.AccountExpires = ConvertTo-Date $Data.account_expires
    $user.Description = $Data.comment
    $user.Enabled = $Data.enabled
    $user.FullName = $Data.full_name
    $user.PasswordChangeableDate = ConvertTo-Date $Data.password_changeable
    $user.PasswordExpires = ConvertTo-Date $Data.password_expires
    $user.UserMayChangePassword = $Data.may_change_password
    $user.PasswordRequired = $Data.password_required
    $user.PasswordLastSet = ConvertTo-Date $Data.password_set
    $user.LastLogon = ConvertTo-Date $Data.last_logon
    $user
}

function ConvertTo-LocalGroup([hashtable] $Data) {
    $group = [LocalGroup]::new($Data.name)
    $group.SID = $Data.sid
    $group.PrincipalSource = 'Local'
    $group.Description = $Data.comment
    $group
}

function Find-Object($Cmdlet, [string] $Kind, [string[]] $Name, $Sid, [scriptblock] $Convert) {
    # Users or groups: all, those with these names (a name with wildcards finds what it fits), those with these SIDs.
    if (-not $Name -and -not $Sid) {
        foreach ($data in (Request-Sam $Cmdlet "${Kind}s").Result) { & $Convert $data }
        return
    }
    foreach ($one in @($Name) + @($Sid)) {
        if ($one -is [string] -and [Management.Automation.WildcardPattern]::ContainsWildcardCharacters($one)) {
            foreach ($data in (Request-Sam $Cmdlet "${Kind}s").Result) { if ($data.name -like $one) { & $Convert $data } }
        }
        elseif ($one) {
            $found = Request-Sam $Cmdlet $Kind ([string] $one)
            if ($found.Succeeded) { & $Convert $found.Result }
        }
    }
}

function Get-LocalUser {
    [CmdletBinding(DefaultParameterSetName = 'Default')]
    [Alias('glu')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [ValidateNotNull()] [string[]] $Name,
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNull()] [Security.Principal.SecurityIdentifier[]] $SID
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process { Find-Object $PSCmdlet 'user' $Name $SID { ConvertTo-LocalUser $args[0] } }
}

function Get-LocalGroup {
    [CmdletBinding(DefaultParameterSetName = 'Default')]
    [Alias('glg')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [ValidateNotNull()] [string[]] $Name,
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNull()] [Security.Principal.SecurityIdentifier[]] $SID
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process { Find-Object $PSCmdlet 'group' $Name $SID { ConvertTo-LocalGroup $args[0] } }
}

function ConvertFrom-Password([securestring] $Password) { [Net.NetworkCredential]::new('', $Password).Password }

function Get-Setting($Bound) {
    # What New-LocalUser and Set-LocalUser were told, as names and values for the account's record.
    $flags = @{
        PasswordNeverExpires = 'password_expires', 'false', 'true'; UserMayNotChangePassword = 'may_change_password', 'false', 'true'
        UserMayChangePassword = 'may_change_password', 'true', 'false'; Disabled = 'enabled', 'false', 'true'
    }
    foreach ($name in $Bound.Keys) {
        if ($name -eq 'Description') { 'comment', $Bound[$name] }
        elseif ($name -eq 'FullName') { 'full_name', $Bound[$name] }
        elseif ($name -eq 'AccountExpires') { 'account_expires', $Bound[$name].ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss+00:00') }
        elseif ($name -eq 'AccountNeverExpires') { if ($Bound[$name]) { 'account_expires', '' } }
        elseif ($flags.ContainsKey($name)) { $flags[$name][0], $flags[$name][$(if ($Bound[$name]) { 1 } else { 2 })] }
    }
}

function Stop-BothExpiries($Cmdlet) {
    $message = 'Parameter AccountExpires and parameter AccountNeverExpires may not be used together.'
    Write-Refusal $Cmdlet ([InvalidParametersException]::new($message)) 'InvalidParameters' 'InvalidArgument' $null -Terminating
}

function New-LocalUser {
    [CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Password')]
    [Alias('nlu')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)] [ValidateNotNullOrEmpty()] [ValidateLength(1, 20)] [string] $Name,
        [Parameter(Mandatory, ValueFromPipelineByPropertyName, ParameterSetName = 'Password')] [ValidateNotNull()] [securestring] $Password,
        [Parameter(Mandatory, ValueFromPipelineByPropertyName, ParameterSetName = 'NoPassword')] [switch] $NoPassword,
        [Parameter(ValueFromPipelineByPropertyName, ParameterSetName = 'Password')] [switch] $PasswordNeverExpires,
        [Parameter(ValueFromPipelineByPropertyName)] [datetime] $AccountExpires,
        [Parameter(ValueFromPipelineByPropertyName)] [switch] $AccountNeverExpires,
        [Parameter(ValueFromPipelineByPropertyName)] [ValidateNotNull()] [ValidateLength(0, 48)] [string] $Description,
        [Parameter(ValueFromPipelineByPropertyName)] [switch] $Disabled,
        [Parameter(ValueFromPipelineByPropertyName)] [ValidateNotNull()] [string] $FullName,
        [Parameter(ValueFromPipelineByPropertyName)] [switch] $UserMayNotChangePassword
    )
    begin {
        $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference')
        if ($PSBoundParameters.ContainsKey('AccountExpires') -and $AccountNeverExpires) { Stop-BothExpiries $PSCmdlet }
    }
    process {
        if (-not $PSCmdlet.ShouldProcess($Name, 'Create new local user')) { return }
        $given = if ($NoPassword) { '', '' } else { 'yes', (ConvertFrom-Password $Password) }
        $made = Request-Sam $PSCmdlet 'new_user' (@($Name) + $given + @(Get-Setting $PSBoundParameters))
        if ($made.Succeeded) { ConvertTo-LocalUser $made.Result }
    }
}

function Get-Target($InputObject, $Name, $Sid) {
    # Each as the parameters name it: what is asked for, and what -WhatIf calls it.
    foreach ($one in @($InputObject)) { if ($null -ne $one) { [string] $(if ($one.SID) { $one.SID } else { $one.Name }) } }
    foreach ($one in @($Name) + @($Sid)) { if ($null -ne $one -and [string] $one) { [string] $one } }
}

function Set-LocalUser {
    [CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Name')]
    [Alias('slu')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Name')] [ValidateNotNullOrEmpty()] [string] $Name,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'InputObject')] [ValidateNotNull()] [LocalUser] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNull()] [Security.Principal.SecurityIdentifier] $SID,
        [datetime] $AccountExpires,
        [switch] $AccountNeverExpires,
        [ValidateNotNull()] [ValidateLength(0, 48)] [string] $Description,
        [ValidateNotNull()] [string] $FullName,
        [ValidateNotNull()] [securestring] $Password,
        [bool] $PasswordNeverExpires,
        [bool] $UserMayChangePassword
    )
    begin {
        $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference')
        if ($PSBoundParameters.ContainsKey('AccountExpires') -and $AccountNeverExpires) { Stop-BothExpiries $PSCmdlet }
    }
    process {
        $target = Get-Target $InputObject $Name $SID
        if (-not (Request-Sam $PSCmdlet 'user' $target).Succeeded) { return }
        if (-not $PSCmdlet.ShouldProcess($target, 'Modify local user')) { return }
        $given = if ($PSBoundParameters.ContainsKey('Password')) { 'yes', (ConvertFrom-Password $Password) } else { '', '' }
        $null = Request-Sam $PSCmdlet 'set_user' (@($target) + $given + @(Get-Setting $PSBoundParameters))
    }
}

function Remove-LocalUser {
    [CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'InputObject')]
    [Alias('rlu')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [LocalUser[]] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Name')] [ValidateNotNullOrEmpty()] [string[]] $Name,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNullOrEmpty()] [Security.Principal.SecurityIdentifier[]] $SID
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        foreach ($target in Get-Target $InputObject $Name $SID) {
            if (-not (Request-Sam $PSCmdlet 'user' $target).Succeeded) { continue }
            if ($PSCmdlet.ShouldProcess($target, 'Remove local user')) { $null = Request-Sam $PSCmdlet 'remove_user' $target }
        }
    }
}

function Set-Enabled($Cmdlet, [string[]] $Targets, [bool] $Enabled, [string] $Action) {
    foreach ($target in $Targets) {
        if (-not (Request-Sam $Cmdlet 'user' $target).Succeeded) { continue }
        if ($Cmdlet.ShouldProcess($target, $Action)) { $null = Request-Sam $Cmdlet 'set_user' $target, '', '', 'enabled', ([string] $Enabled).ToLowerInvariant() }
    }
}

function Enable-LocalUser {
    [CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'InputObject')]
    [Alias('elu')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [LocalUser[]] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Name')] [ValidateNotNullOrEmpty()] [string[]] $Name,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNullOrEmpty()] [Security.Principal.SecurityIdentifier[]] $SID
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process { Set-Enabled $PSCmdlet (Get-Target $InputObject $Name $SID) $true 'Enable local user' }
}

function Disable-LocalUser {
    [CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'InputObject')]
    [Alias('dlu')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'InputObject')] [ValidateNotNullOrEmpty()] [LocalUser[]] $InputObject,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Name')] [ValidateNotNullOrEmpty()] [string[]] $Name,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNullOrEmpty()] [Security.Principal.SecurityIdentifier[]] $SID
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process { Set-Enabled $PSCmdlet (Get-Target $InputObject $Name $SID) $false 'Disable local user' }
}

function ConvertTo-LocalPrincipal([hashtable] $Data) {
    $principal = [LocalPrincipal]::new($(if ($Data.domain) { "$($Data.domain)\$($Data.name)" } else { $Data.name }))
    $principal.SID = $Data.sid
    $principal.PrincipalSource = if ($Data.source) { $Data.source } else { 'Unknown' }
    $principal.ObjectClass = switch ($Data.kind) { 'user' { 'User' } { $_ -in 'alias', 'group', 'well-known' } { 'Group' } default { 'Other' } }
    $principal
}

function Get-LocalGroupMember {
    [CmdletBinding(DefaultParameterSetName = 'Default')]
    [Alias('glgm')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Default')] [ValidateNotNullOrEmpty()] [string] $Name,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'Group')] [ValidateNotNull()] [LocalGroup] $Group,
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNull()] [Security.Principal.SecurityIdentifier] $SID,
        [Parameter(Position = 1)] [ValidateNotNullOrEmpty()] [string] $Member
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process {
        $found = Request-Sam $PSCmdlet 'members' (Get-Target $Group $Name $SID)
        if (-not $found.Succeeded) { return }
        foreach ($one in $found.Result) {
            # A SID that names nobody ends the whole list (PowerShell issue 2996).
            if (-not $one.name -and $one.is_local) {
                Write-Refusal $PSCmdlet ([InvalidOperationException]::new('Failed to compare two elements in the array.')) 'An unspecified error occurred.' 'NotSpecified' $null
                return
            }
            if (-not $one.name) {
                Write-Refusal $PSCmdlet ([Win32InternalException]::new('An unspecified error occurred: error code = 1789')) 'Win32Internal' 'NotSpecified' $null
                return
            }
        }
        $members = @(foreach ($one in $found.Result) { ConvertTo-LocalPrincipal $one })
        if ($Member) {
            $members = @($members | & { process { if ($_.Name -like $Member -or $_.Name.Split('\')[-1] -like $Member -or $_.SID.Value -eq $Member) { $_ } } })
            if (-not $members -and -not [Management.Automation.WildcardPattern]::ContainsWildcardCharacters($Member)) {
                Write-Refusal $PSCmdlet ([PrincipalNotFoundException]::new("Principal $Member was not found.")) 'PrincipalNotFound' 'ObjectNotFound' $Member
            }
        }
        [Linq.Enumerable]::OrderBy([object[]] $members, [Func[object, string]] { $args[0].Name }, [StringComparer]::OrdinalIgnoreCase)
    }
}

function Set-Member($Cmdlet, [string] $Verb, [string] $Group, $Member, [string] $Action) {
    $found = Request-Sam $Cmdlet 'group' $Group
    if (-not $found.Succeeded) { return }
    foreach ($one in $Member) {
        $name = [string] $(if ($one.SID) { $one.SID } else { $one.Name })
        if ($Cmdlet.ShouldProcess($found.Result.name, "$Action $one")) { $null = Request-Sam $Cmdlet $Verb $Group, $name }
    }
}

function Add-LocalGroupMember {
    [CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Default')]
    [Alias('algm')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Default')] [ValidateNotNullOrEmpty()] [string] $Name,
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Group')] [ValidateNotNull()] [LocalGroup] $Group,
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNull()] [Security.Principal.SecurityIdentifier] $SID,
        [Parameter(Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)] [ValidateNotNullOrEmpty()] [LocalPrincipal[]] $Member
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process { Set-Member $PSCmdlet 'add_member' (Get-Target $Group $Name $SID) $Member 'Add member' }
}

function Remove-LocalGroupMember {
    [CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Default')]
    [Alias('rlgm')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Default')] [ValidateNotNullOrEmpty()] [string] $Name,
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Group')] [ValidateNotNull()] [LocalGroup] $Group,
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'SecurityIdentifier')] [ValidateNotNull()] [Security.Principal.SecurityIdentifier] $SID,
        [Parameter(Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)] [ValidateNotNullOrEmpty()] [LocalPrincipal[]] $Member
    )
    begin { $ErrorActionPreference = $PSCmdlet.GetVariableValue('ErrorActionPreference') }
    process { Set-Member $PSCmdlet 'remove_member' (Get-Target $Group $Name $SID) $Member 'Remove member' }
}

Export-ModuleMember -Function *-LocalUser, *-LocalGroup, *-LocalGroupMember -Alias *
