# Get-Acl and Set-Acl for files and folders.
Set-StrictMode -Version 3

function New-AclError([Exception] $Exception, [string] $Id, [string] $Category, $Target, [string] $Cmdlet) {
    while ($Exception -is [System.Management.Automation.MethodInvocationException] -and $Exception.InnerException) { $Exception = $Exception.InnerException }
    $record = [System.Management.Automation.ErrorRecord]::new($Exception, $Id, $Category, $Target)
    # The id of a function ends in its name; that of the compiled cmdlet in its class.
    $field = [System.Management.Automation.ErrorRecord].GetField('_serializedFullyQualifiedErrorId', [Reflection.BindingFlags] 'NonPublic, Instance')
    $field.SetValue($record, "$Id,Microsoft.PowerShell.Commands.${Cmdlet}Command")
    $record
}

function New-Refusal([Exception] $Exception, $Target, [string] $Cmdlet) {
    while ($Exception -is [System.Management.Automation.MethodInvocationException] -and $Exception.InnerException) { $Exception = $Exception.InnerException }
    $category = if ($Exception -is [UnauthorizedAccessException]) { 'PermissionDenied' } else { 'NotSpecified' }
    New-AclError $Exception $Exception.GetType().FullName $category $Target $Cmdlet
}

function Resolve-Item($Cmdlet, [string[]] $Path, [string[]] $LiteralPath, [string] $Name) {
    # The real paths that are meant, with the path as the provider writes it; an error for each that is not there.
    $state = $Cmdlet.SessionState.Path
    $plain = @($LiteralPath | Where-Object { $_ }).Count -gt 0
    foreach ($one in $(if ($plain) { $LiteralPath } else { $Path })) {
        try {
            if ($plain) { $found = @($state.GetUnresolvedProviderPathFromPSPath($one)) }
            else { $found = @($state.GetResolvedPSPathFromPSPath($one) | ForEach-Object { $_.ProviderPath }) }
        }
        catch [System.Management.Automation.DriveNotFoundException], [System.Management.Automation.ItemNotFoundException] { $found = @() }
        $found = @($found | Where-Object { [IO.File]::Exists($_) -or [IO.Directory]::Exists($_) })
        if ($found) { $found; continue }
        $missing = [System.Management.Automation.ItemNotFoundException]::new("Cannot find path '$one' because it does not exist.")
        $Cmdlet.WriteError((New-AclError $missing "${Name}_PathNotFound_Exception" 'ObjectNotFound' $one ($Name.Replace('Acl_', 'Acl'))))
    }
}

function New-Security([string] $File) {
    if ([IO.Directory]::Exists($File)) { [Security.AccessControl.DirectorySecurity]::new() } else { [Security.AccessControl.FileSecurity]::new() }
}

function Add-View($Security, [string] $Path) {
    # The properties that PowerShell adds to a security descriptor.
    $view = $Security.psobject.Properties
    $view.Add([psnoteproperty]::new('Path', "Microsoft.PowerShell.Core\FileSystem::$Path"))
    $view.Add([psscriptproperty]::new('Owner', { try { $this.GetOwner([Security.Principal.NTAccount]).Value } catch { "O:$($this.Parts.Owner)" } }))
    $view.Add([psscriptproperty]::new('Group', { try { $this.GetGroup([Security.Principal.NTAccount]).Value } catch { "G:$($this.Parts.Group)" } }))
    $view.Add([psscriptproperty]::new('Access', { , @([WinfraLabSecurity]::Call('Get-AccessRule', @($this))) }))
    $view.Add([psscriptproperty]::new('Sddl', { $this.GetSecurityDescriptorSddlForm('All') }))
    $view.Add([psscriptproperty]::new('AreAccessRulesProtected', { $this.Parts.Access.StartsWith('D:P') }))
    $Security
}

function Get-Acl {
    [CmdletBinding(DefaultParameterSetName = 'ByPath')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName, ParameterSetName = 'ByPath')] [ValidateNotNullOrEmpty()] [string[]] $Path = '.',
        [Parameter(Mandatory, ValueFromPipelineByPropertyName, ParameterSetName = 'ByLiteralPath')] [Alias('PSPath')] [string[]] $LiteralPath
    )
    process {
        foreach ($file in Resolve-Item $PSCmdlet $Path $LiteralPath 'GetAcl') {
            try {
                Add-View ([WinfraLabSecurity]::Call('Get-AccessControl', @($file, (New-Security $file), 1))) $file
            }
            catch { $PSCmdlet.WriteError((New-Refusal $_.Exception $file 'GetAcl')) }
        }
    }
}

function Set-Acl {
    [CmdletBinding(DefaultParameterSetName = 'ByPath', SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'ByPath')] [string[]] $Path,
        [Parameter(Mandatory, ValueFromPipelineByPropertyName, ParameterSetName = 'ByLiteralPath')] [Alias('PSPath')] [string[]] $LiteralPath,
        [Parameter(Mandatory, Position = 1, ValueFromPipeline)] [object] $AclObject,
        [switch] $Passthru
    )
    process {
        foreach ($file in Resolve-Item $PSCmdlet $Path $LiteralPath 'SetAcl') {
            if (-not $PSCmdlet.ShouldProcess($file)) { continue }
            try {
                # All sections, the owner included, whether they were changed or not.
                $security = New-Security $file
                $security.SetSecurityDescriptorSddlForm($AclObject.GetSecurityDescriptorSddlForm('All'))
                [WinfraLabSecurity]::Call('Set-AccessControl', @($file, $security))
                if ($Passthru) { $AclObject }
            }
            catch { $PSCmdlet.WriteError((New-Refusal $_.Exception $file 'SetAcl')) }
        }
    }
}

Export-ModuleMember -Function Get-Acl, Set-Acl
